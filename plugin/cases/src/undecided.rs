//! A service of approvals at which no person has decided: turns each question into its answer.
//!
//! It keeps nothing: every call is asked for anew.

use mcp_policy::host::{ServiceAnswer, SignedMessage};
use serde_json::{Value, json};

/// The answer to a question; `None` for one that such a service is not asked.
pub(crate) fn undecided(question: &SignedMessage) -> Option<ServiceAnswer> {
    let asked: Value = serde_json::from_str(&question.body).ok()?;
    let digest = asked.pointer("/calls/0/digest")?;
    let approval = json!({
        "id": "0".repeat(32),
        "digest": digest,
        "standing": "pending",
        "url": "https://service.example/approval",
        "new": true,
    });
    let answer = json!({ "question": asked.get("question"), "approvals": [approval] });
    Some(ServiceAnswer {
        status: 200,
        body: answer.to_string().into_bytes(),
    })
}
