//! The result of an import, as text and as JSON.
//!
//! It never holds a policy that may not be written.

use super::messages::{Level, Message};
use crate::layout;
use crate::report::{CommandResult, ExitStatus, Report, to_json};
use crate::style::{BAD, DIM, WARNING};
use serde::Serialize;
use serde_json::Value as Json;

/// An imported policy, and how it differs from the original.
#[derive(Debug, Serialize)]
pub struct ImportReport {
    /// Every call is decided alike.
    complete: bool,
    lines: Vec<Message>,
    /// `None` where no policy may be written.
    policy: Option<Json>,
    /// The document's name.
    #[serde(skip)]
    document: String,
    #[serde(skip)]
    worst: Level,
}

impl ImportReport {
    pub(super) fn new(
        document: &str,
        lines: Vec<Message>,
        worst: Level,
        policy: Option<Json>,
    ) -> Self {
        Self {
            complete: worst == Level::Note,
            lines,
            policy,
            document: document.into(),
            worst,
        }
    }

    /// The text of the policy's file; `None` where no policy may be written.
    #[must_use]
    pub fn policy(&self) -> Option<String> {
        self.policy.as_ref().map(layout::document)
    }

    fn line(&self, message: &Message) -> String {
        let style = match message.level {
            Level::Note => DIM,
            Level::Stricter => WARNING,
            Level::Cannot => BAD,
        };
        let at = match message.at.as_str() {
            "" => String::new(),
            at => format!("{at}: "),
        };
        let Message {
            level,
            line,
            column,
            message,
            ..
        } = message;
        let name = &self.document;
        format!("{name}:{line}:{column}: {style}{level}{style:#}: {at}{message}\n")
    }

    fn conclusion(&self) -> &'static str {
        match (self.policy.is_some(), self.worst) {
            (true, Level::Note) => "",
            (true, _) => "written; it may refuse more than Intercept does, and never less\n",
            (false, Level::Stricter) => {
                "not written; without --exact, a policy is written that may refuse more than Intercept does\n"
            }
            (false, _) => "not written\n",
        }
    }
}

impl Report for ImportReport {
    fn status(&self) -> ExitStatus {
        ExitStatus::from_clean(self.policy.is_some())
    }

    /// The differences, and whether the policy may be written. [`policy`](Self::policy) is the policy itself.
    fn text(&self) -> String {
        let lines = self.lines.iter().map(|message| self.line(message));
        lines.collect::<String>() + self.conclusion()
    }

    fn json(&self) -> CommandResult<String> {
        to_json(self)
    }
}
