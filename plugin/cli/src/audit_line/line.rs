//! Turns the JSON of one line of the audit log, version 1, into its members.
//!
//! It never invents a member. `policies/audit.schema.json` describes them.

use super::values::LineValues;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// A line of the audit log.
#[derive(Clone, Debug, Deserialize)]
pub struct AuditLine {
    pub(crate) event: Event,
    /// In UTC (RFC 3339); empty where the host's clock had no such time.
    pub(crate) time: String,
    pub(crate) request_id: Option<String>,
    pub(crate) trace_id: Option<String>,
    pub(crate) server: Option<String>,
    /// The caller; `None` for one that the policy does not admit.
    pub(crate) grant: Option<String>,
    pub(crate) client: Option<String>,
    pub(crate) method: Option<String>,
    pub(crate) tool: Option<String>,
    pub(crate) prompt: Option<String>,
    pub(crate) uri: Option<String>,
    #[serde(default)]
    pub(crate) argument_keys: Vec<String>,
    #[serde(skip)]
    pub(crate) values: LineValues,
    pub(crate) decision: Decision,
    pub(crate) reason: Option<String>,
    pub(crate) rule: Option<String>,
    pub(crate) message: Option<String>,
    #[serde(default)]
    pub(crate) shadow: Vec<Shadow>,
    #[serde(default)]
    pub(crate) counters: Vec<Counter>,
    pub(crate) status: Option<u16>,
    pub(crate) answer: Option<String>,
    pub(crate) latency_ms: Option<u64>,
    #[serde(default)]
    pub(crate) redacted: Vec<Redaction>,
    /// All other members, also those of later versions.
    #[serde(flatten)]
    pub(crate) rest: Map<String, Json>,
}

/// The subject of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Event {
    Decision,
    Response,
    Refund,
    Answer,
    /// A visit of the page of approvals.
    Approval,
    /// One that this version does not know.
    #[serde(other)]
    Later,
}

/// Whether a request, or a response, was let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Decision {
    Allow,
    Deny,
}

/// A refusal that was not enforced.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Shadow {
    pub(crate) reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rule: Option<String>,
}

/// A limit, after an admitted call was counted.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Counter {
    pub(crate) rule: String,
    pub(crate) used: f64,
    pub(crate) max: f64,
}

/// Texts of one kind that were redacted in a result.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Redaction {
    pub(crate) kind: String,
    pub(crate) rule: String,
    pub(crate) times: u64,
}

impl AuditLine {
    /// The tool, the prompt or the URI that the request names.
    pub(crate) fn name(&self) -> Option<&String> {
        let names = [&self.tool, &self.prompt, &self.uri];
        names.into_iter().find_map(Option::as_ref)
    }

    /// The hash of the policy that decided.
    pub(crate) fn policy(&self) -> Option<&str> {
        self.rest.get("policy")?.as_str()
    }

    /// Whether the request has arguments, even without any name.
    pub(crate) fn has_arguments(&self) -> bool {
        self.rest.contains_key("arguments_hash") || !self.argument_keys.is_empty()
    }
}
