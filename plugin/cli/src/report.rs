//! The result of a command: a report, as text or as JSON, with an exit status; or the reason why it could not run.
//!
//! It never prints and never ends a process: the program around the library does.

use serde::Serialize;
use std::fmt;

/// The findings of a command, for people and for programs.
pub trait Report {
    /// Whether the command found something to act on.
    fn status(&self) -> ExitStatus;

    /// Text for a terminal. Colours are ANSI escape sequences, which the caller strips where no terminal shows them.
    fn text(&self) -> String;

    /// One JSON document, with a line break at its end.
    ///
    /// # Errors
    /// When a value of the report cannot be written as JSON.
    fn json(&self) -> CommandResult<String>;
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitStatus {
    /// Nothing is left to act on.
    Clean,
    /// The command found something.
    Findings,
    /// The command could not run.
    Failed,
}

/// Why a command could not run: a sentence for the user, which names the file or the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandError(String);

/// A value, or the reason why a command could not run.
pub type CommandResult<T> = Result<T, CommandError>;

impl ExitStatus {
    /// [`Clean`](Self::Clean) if `clean`, else [`Findings`](Self::Findings).
    #[must_use]
    pub fn from_clean(clean: bool) -> Self {
        if clean { Self::Clean } else { Self::Findings }
    }

    /// The exit code of a process: 0, 1 or 2.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Failed => 2,
        }
    }
}

impl CommandError {
    /// An error with this sentence.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// An error about the file or the server of this name.
    pub fn about(name: impl fmt::Display, message: impl fmt::Display) -> Self {
        Self(format!("{name}: {message}"))
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CommandError {}

/// A value as indented JSON, with a line break at its end.
///
/// # Errors
/// When a map of the value has keys that are not strings.
pub fn to_json(value: &impl Serialize) -> CommandResult<String> {
    let text = serde_json::to_string_pretty(value);
    text.map(|text| text + "\n")
        .map_err(|error| CommandError::new(error.to_string()))
}
