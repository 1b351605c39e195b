//! The result of pinning, entry by entry.
//!
//! It never holds a definition, only its digest.

use crate::report::{CommandResult, ExitStatus, Report, to_json};
use crate::sanitize::printable;
use crate::style::{BAD, DIM, GOOD};
use serde::Serialize;

/// The pin of an entry before and after.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Outcome {
    /// The entry, as a JSON Pointer.
    pub(super) at: String,
    /// The policy of `policies` that the entry is in; `None` for the rules at the top.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) policy: Option<String>,
    pub(super) tool: String,
    /// The pin in the policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) was: Option<String>,
    /// The pin of the definition that the server lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) now: Option<String>,
    /// Why the definition has no pin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) problem: Option<&'static str>,
}

/// The result of pinning or of checking pins.
#[derive(Debug)]
pub struct PinReport {
    pub(super) outcomes: Vec<Outcome>,
    pub(super) check: bool,
    pub(super) changed: Option<String>,
}

impl Outcome {
    pub(super) fn is_same(&self) -> bool {
        self.was.is_some() && self.was == self.now
    }

    /// No entry needs attention.
    pub(super) fn is_clean(&self, check: bool) -> bool {
        let unpinned = self.was.is_none();
        match self.problem {
            Some(_) => unpinned && check,
            None => !check || unpinned || self.is_same(),
        }
    }

    /// A line of the report, with its line break; empty for an unchanged entry.
    fn line(&self, check: bool) -> String {
        let of = self.policy.as_deref().map(printable);
        let of = of.map_or_else(String::new, |policy| format!(" of the policy {policy}"));
        let tool = printable(&self.tool) + &of;
        match (self.problem, &self.was, &self.now) {
            (Some(problem), ..) => format!("{BAD}not pinned{BAD:#} {tool}: {problem}\n"),
            (None, _, Some(now)) if self.is_same() => {
                format!("{DIM}unchanged{DIM:#} {tool} {now}\n")
            }
            (None, Some(was), Some(now)) => {
                format!("{BAD}changed{BAD:#} {tool} {now}, was {was}\n")
            }
            (None, None, Some(_)) if check => format!("{DIM}no pin{DIM:#} {tool}\n"),
            (None, None, Some(now)) => format!("{GOOD}pinned{GOOD:#} {tool} {now}\n"),
            (None, _, None) => String::new(),
        }
    }
}

impl PinReport {
    /// The policy's text with the new pins; `None` where no pin changed, or where pins are only checked.
    #[must_use]
    pub fn changed(&self) -> Option<&str> {
        self.changed.as_deref()
    }
}

impl Report for PinReport {
    fn status(&self) -> ExitStatus {
        let mut outcomes = self.outcomes.iter();
        ExitStatus::from_clean(outcomes.all(|outcome| outcome.is_clean(self.check)))
    }

    fn text(&self) -> String {
        let lines = self.outcomes.iter().map(|outcome| outcome.line(self.check));
        lines.collect()
    }

    fn json(&self) -> CommandResult<String> {
        to_json(&self.outcomes)
    }
}
