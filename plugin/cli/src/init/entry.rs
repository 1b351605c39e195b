//! An entry of a starter policy, as it is written.
//!
//! It never chooses a rule: `draft` does.

use serde::Serialize;
use serde_json::Value;

/// The rules of one tool.
#[derive(Debug, Default, Serialize)]
pub(super) struct Entry {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) action: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    /// The schema that the server advertises, without its prose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) schema: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) require: Vec<Group>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) deny_if: Vec<Group>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) require_approval: Option<RequireApproval>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rate_limit: Option<RateLimit>,
}

/// A person approves each call.
#[derive(Debug, Serialize)]
pub(super) struct RequireApproval {
    pub(super) message: &'static str,
}

/// Calls in a window of seconds.
#[derive(Debug, Serialize)]
pub(super) struct RateLimit {
    pub(super) max: u32,
    pub(super) window: u32,
    /// Never `session`: a client can open any number of sessions.
    pub(super) scope: &'static str,
}

/// A group of one condition.
#[derive(Debug, Serialize)]
pub(super) struct Group {
    pub(super) conditions: [Condition; 1],
    pub(super) on_deny: String,
}

/// A condition on an argument.
#[derive(Debug, Serialize)]
pub(super) struct Condition {
    pub(super) path: String,
    pub(super) op: &'static str,
    pub(super) value: Value,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) if_present: bool,
}
