//! A recorded call, and a policy's decision about it.
//!
//! A fact that was not recorded is never filled in.

use mcp_policy::host::Millis;
use serde::Serialize;
use serde_json::Value as Json;

/// A call that was made.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// The number of its line, from 1.
    pub(super) line: usize,
    pub(super) at: Option<Millis>,
    pub(super) caller: Option<String>,
    pub(super) server: Option<String>,
    pub(super) method: String,
    /// The tool, the prompt or the URI of the call.
    pub(super) name: Option<String>,
    /// The message, with `null` for an unknown argument.
    pub(super) message: Json,
    /// The names of arguments whose values were not recorded.
    pub(super) unknown: Vec<String>,
}

/// The decision of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Verdict {
    pub(super) allowed: bool,
    /// The rule that refuses, as a JSON Pointer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rule: Option<String>,
}

impl Verdict {
    pub(super) fn refused_by(rule: impl Into<String>) -> Self {
        Self {
            allowed: false,
            rule: Some(rule.into()),
        }
    }
}
