//! Turns a caller and the kill switches into a refusal of everything that the caller sends, if there is one.
//!
//! It never reads a message.

use super::principal::Principal;
use crate::model::Policy;
use crate::words::{Reason, Refusal, Rule};

pub(super) fn known(caller: &Principal) -> Result<(), Refusal> {
    let Principal::Denied(denied) = caller else {
        return Ok(());
    };
    Err(Refusal {
        reason: Reason::Identity,
        rule: Some(denied.rule()),
        message: denied.to_string(),
    })
}

pub(super) fn frozen(policy: &Policy, caller: &Principal) -> Option<Refusal> {
    let (rule, what) = if policy.frozen {
        (Rule::new("frozen"), "all requests")
    } else if let Principal::Grant {
        name, frozen: true, ..
    } = caller
    {
        (
            Rule::new("grants").key(name).member("frozen"),
            "your access",
        )
    } else {
        return None;
    };
    let message = format!(
        "The gateway's operator has stopped {what} for now. Do not retry; ask the operator."
    );
    Some(Refusal {
        reason: Reason::Frozen,
        rule: Some(rule),
        message,
    })
}
