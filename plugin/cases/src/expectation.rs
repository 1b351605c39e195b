//! The expectation of a case for one request, and the outcome of a case on a host.
//!
//! It compares nothing; the tests' table and the command line tool do.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The outcome of a request for the client and the operator.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expectation {
    /// The server received exactly the bytes that were sent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub forward: bool,
    /// HTTP status of the plugin's own answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// `WWW-Authenticate` of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
    /// `result` (a tool result with `isError`), `error` (JSON-RPC), `input_required` (the client waits for an approval) or
    /// `page` (of approvals).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// The id of the answer, as JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// JSON-RPC error code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    /// The message for the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// `resultType` of the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_type: Option<String>,
    /// The details of the decision that the client receives, except `requestId`, which every answer must have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Value>,
    /// The rule that the log names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Rules in shadow mode that would have refused, as the log names them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shadow: Vec<String>,
    /// The values of arguments that the log holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Value>,
    /// The arguments whose values the log withholds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments_withheld: Option<Value>,
    /// The facts about the caller that the log holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facts: Option<Value>,
    /// The facts that the log withholds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facts_withheld: Option<Value>,
    /// The opened arguments and facts that the request does not have, as the log names them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub absent: Option<Value>,
    /// The server received the request without the members by which its client waited for an approval.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub rounds_removed: bool,
    /// The `authorization` header does not reach the server.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub credential_removed: bool,
    /// The server's response at the client: `"same"`, or the differences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<Value>,
}

impl Expectation {
    /// The outcome in the form that a case contains it.
    pub fn expectation(&self) -> Value {
        let forward = Self {
            forward: true,
            ..Self::default()
        };
        if *self == forward {
            "forward".into()
        } else {
            serde_json::to_value(self).unwrap_or_default()
        }
    }
}

/// The outcome of a case on a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// One entry for each step.
    Observed(Vec<Expectation>),
    /// The policy was refused with these lines.
    Refused(Vec<String>),
    /// The host cannot play the case, for this reason.
    Cannot(String),
    /// Something happened that no case can expect.
    Failed(String),
}

impl Outcome {
    /// The outcome of the steps: the error of the first one that has an error, or all observations.
    pub fn of(steps: impl Iterator<Item = Result<Expectation, String>>) -> Self {
        let number = |(index, step): (usize, Result<Expectation, String>)| {
            step.map_err(|error| format!("step {}: {error}", index.saturating_add(1)))
        };
        steps
            .enumerate()
            .map(number)
            .collect::<Result<_, _>>()
            .map_or_else(Self::Failed, Self::Observed)
    }
}
