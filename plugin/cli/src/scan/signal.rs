//! One thing to know about a tool, and its kind.
//!
//! It never depends on how the thing was found: `signals` and the files that it uses find it.

use serde::Serialize;

/// The subject of a signal. The order is that of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// The description is written for a model, or hides something.
    Poisoned,
    /// The name can be confused with another one.
    LookAlike,
    /// The server's annotations contradict the class.
    Contradiction,
    /// The output may contain secrets.
    Secrets,
    Path,
    Url,
    Sql,
    Command,
    Code,
    Credentials,
    Environment,
    FreeForm,
    Recipient,
    ManyParameters,
    /// The description directs the model to or from other calls.
    Steering,
}

impl Kind {
    /// The tool may deceive its reader.
    pub(crate) fn alarms(self) -> bool {
        matches!(self, Self::Poisoned | Self::LookAlike)
    }
}

/// One thing to know about a tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Signal {
    pub(crate) kind: Kind,
    /// A sentence without a full stop.
    pub(crate) says: String,
}
