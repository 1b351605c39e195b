//! What a caller has under a policy, as text and as JSON.
//!
//! It decides nothing: `play` does.

use crate::applied::Applied;
use crate::sanitize::printable;
use crate::style::{BAD, DIM, GOOD, WARNING};
use mcp_policy_cases::CallerFacts;
use serde::Serialize;
use std::fmt::Write as _;

/// Who calls tools, and at which server.
#[derive(Clone, Debug, Default)]
pub struct Party {
    /// The caller.
    pub caller: CallerFacts,
    /// The server, which a policy with `servers` needs.
    pub server: Option<String>,
}

/// The tools of a caller.
#[derive(Debug, Default, Serialize)]
pub(crate) struct CallerAccess {
    #[serde(flatten)]
    pub(super) applied: Applied,
    pub(super) tools: Vec<ToolAccess>,
}

/// One tool.
#[derive(Debug, Serialize)]
pub(super) struct ToolAccess {
    pub(super) name: String,
    pub(super) access: Access,
    /// The rule that refuses, or the first one that depends on the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rule: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) limits: Vec<Limit>,
}

/// Which calls of a tool pass, apart from limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Access {
    Allowed,
    /// A person approves each call.
    Approval,
    /// On the arguments, the time or another fact of the call.
    Depends,
    Refused,
}

/// A limit that counts calls of the tool.
#[derive(Debug, Serialize)]
pub(super) struct Limit {
    /// A JSON Pointer.
    pub(super) rule: String,
    /// As the policy has it: `10/minute`.
    pub(super) says: String,
}

impl CallerAccess {
    pub(crate) fn text(&self) -> String {
        let mut text = self.applied.text();
        self.tools.iter().for_each(|tool| tool.write(&mut text));
        text
    }
}

impl ToolAccess {
    fn write(&self, text: &mut String) {
        let (word, style) = match self.access {
            Access::Allowed => ("allowed", GOOD),
            Access::Approval => ("approval", WARNING),
            Access::Depends => ("depends", WARNING),
            Access::Refused => ("refused", BAD),
        };
        let rule = self.rule.as_deref().map(printable);
        let rule = rule.map(|rule| format!(" {DIM}({rule}){DIM:#}"));
        let name = printable(&self.name);
        let rule = rule.unwrap_or_default();
        let _ = writeln!(text, "  {style}{word:<12}{style:#} {name}{rule}");
        for Limit { rule, says } in &self.limits {
            let (rule, says) = (printable(rule), printable(says));
            let _ = writeln!(text, "      {says} {DIM}({rule}){DIM:#}");
        }
    }
}
