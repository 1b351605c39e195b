//! The refusals of calls that need a person's approval, each with the next step of the model.
//!
//! They repeat a person's reason, and never an argument.

use super::approval_step::Wanted;
use super::pending::{Refused, by_rule};
use crate::answer::Detail;
use crate::model::ApprovalRule;
use crate::words::approval::{Approval, ApprovalAnswer, Standing};
use crate::words::json::{Bounds, Document, Surrogates, Value};
use crate::words::text::clip;
use crate::words::{ASK, Reason, Refusal, Rule};
use std::sync::Arc;

/// Two calls of one approval: the other one was first.
pub(super) const USED_BY_ANOTHER: &str = "This approval has just passed another call. Call again without `requestState` to ask for a new one.";

pub(super) fn of(reason: Reason, rule: Option<Rule>, message: &str) -> Refused {
    let refusal = Refusal {
        reason,
        rule,
        message: message.into(),
    };
    by_rule(refusal, Detail::default())
}

pub(super) fn refused(answer: &ApprovalAnswer, rule: Option<Rule>) -> Refused {
    let message = match answer {
        ApprovalAnswer::NotDone
        | ApprovalAnswer::Over(_, Standing::Approved | Standing::Pending) => {
            return by_rule(over_already(rule), Detail::default());
        }
        ApprovalAnswer::Over(_, standing) => outcome(*standing),
        ApprovalAnswer::TooMany => {
            "Too many of your calls wait for a person's approval. Wait until some are decided, then call again."
        }
        ApprovalAnswer::Full => "Too many calls wait for a person's approval. Call again later.",
        ApprovalAnswer::Found(_) | ApprovalAnswer::Done | ApprovalAnswer::Unavailable => {
            return by_rule(unavailable(rule), Detail::default());
        }
    };
    of(Reason::ApprovalRequired, rule, message)
}

/// What became of an approval that a caller waits for.
fn outcome(standing: Standing) -> &'static str {
    match standing {
        Standing::Expired => {
            "No person decided in time. Ask the user, and call again without `requestState` to ask for a new approval."
        }
        Standing::Refused => "A person refused this call. Do not retry; ask the user.",
        Standing::Cancelled => {
            "The user declined to ask for an approval. Do not retry; ask the user."
        }
        _ => {
            "This approval has passed its one call. Call again without `requestState` to ask for a new one."
        }
    }
}

pub(super) fn unavailable(rule: Option<Rule>) -> Refusal {
    Refusal {
        reason: Reason::Unavailable,
        rule,
        message: "The gateway cannot ask for a person's approval right now, so this call is refused. Try again later.".into(),
    }
}

/// The refusal of a message that waits for an approval which is over.
pub(super) fn over_already(rule: Option<Rule>) -> Refusal {
    Refusal {
        reason: Reason::ApprovalRequired,
        rule,
        message: "This approval is of another call. Call again without `requestState` to ask for a new one.".into(),
    }
}

pub(super) fn refused_by_person(approval: &Approval, wanted: &Wanted) -> Refused {
    let reason = approval.decision.as_deref().and_then(reason_of);
    let message = match reason {
        Some(reason) => format!("A person refused this call, with the reason \"{reason}\". {ASK}"),
        None => format!("A person refused this call. {ASK}"),
    };
    of(Reason::Denied, Some(wanted.rule.rule().clone()), &message)
}

/// The longest part of a person's reason that a refusal repeats, in characters.
const LONGEST_REASON: usize = 300;

fn reason_of(decision: &str) -> Option<String> {
    let bounds = Bounds {
        depth: 4,
        values: 32,
        surrogates: Surrogates::Refused,
    };
    let document = Document::read(decision.as_bytes(), bounds).ok()?;
    let reason = document.root().get("reason").and_then(Value::string)?;
    Some(clip(&reason, LONGEST_REASON))
}

pub(super) fn too_long(
    rules: &[&Arc<ApprovalRule>],
    over: &[(&Arc<ApprovalRule>, String)],
) -> Refusal {
    let first = rules.first().or_else(|| over.first().map(|(rule, _)| rule));
    Refusal {
        reason: Reason::Arguments,
        rule: first.map(|rule| rule.rule().clone()),
        message: "This call needs a person's approval, and its arguments are too long for a person to read (over 32 KiB). Send less.".into(),
    }
}
