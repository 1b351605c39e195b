//! Where commands print, and how they end: colours only on a terminal, JSON for programs, three exit codes.
//!
//! It never panics when the reader goes away early, as `head` does.

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use std::fmt::Display;
use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;

/// Things that are well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Things that are wrong.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// Things to think about.
pub(crate) const DOUBTFUL: Style = AnsiColor::Yellow.on_default().bold();
/// Things that are said beside.
pub(crate) const FAINT: Style = Style::new().dimmed();

/// Where a command prints.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    /// The reader is a program.
    pub(crate) json: bool,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All is well.
    Clean,
    /// It found something.
    Findings,
    /// It could not be carried out.
    Failed,
}

/// Why a command could not be carried out: a sentence.
#[derive(Debug)]
pub(crate) struct Trouble(pub(crate) String);

/// What came of a command.
pub(crate) type Ended = Result<Ending, Trouble>;

impl Screen {
    /// Prints text, as it is.
    pub(crate) fn print(self, text: impl Display) -> Result<(), Trouble> {
        match write!(anstream::stdout().lock(), "{text}") {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Trouble(format!("standard output: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// Says something beside what is printed.
    pub(crate) fn warn(text: &str) -> Result<(), Trouble> {
        let said = write!(anstream::stderr().lock(), "{text}");
        said.map_err(|error| Trouble(format!("standard error: {error}")))
    }

    /// Prints a value for a program.
    pub(crate) fn print_json(self, value: &impl Serialize) -> Result<(), Trouble> {
        let text = serde_json::to_string_pretty(value);
        let text = text.map_err(|error| Trouble(error.to_string()))?;
        self.print(text + "\n")
    }
}

/// A text of somebody else's, without what moves a terminal's cursor.
pub(crate) fn plain(text: &str) -> String {
    text.replace(char::is_control, "\u{FFFD}")
}

impl Ending {
    pub(crate) fn of(clean: bool) -> Self {
        if clean { Self::Clean } else { Self::Findings }
    }

    pub(crate) fn failed(trouble: Trouble) -> Self {
        // Nothing is left to be done where not even this can be said.
        let _ = writeln!(anstream::stderr(), "{BAD}error{BAD:#}: {}", trouble.0);
        Self::Failed
    }
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(match ending {
            Ending::Clean => 0,
            Ending::Findings => 1,
            Ending::Failed => 2,
        })
    }
}
