//! Turns the tasks that a message acts on into whether they were issued to its caller.
//!
//! A task belongs to the caller whose call became it. It never believes a client that it has one.

use super::principal::Principal;
use crate::words::state::{Lookup, StateKey, task};
use crate::words::{Reason, Refusal};

/// The methods that act on one task, of 2025-11-25 and of the extension of 2026-07-28. A server may know others, or take
/// another spelling for `tasks/list`, so no other is let through.
const METHODS: [&str; 4] = ["tasks/get", "tasks/result", "tasks/cancel", "tasks/update"];

/// What a message that acts on tasks must meet.
#[derive(Debug)]
pub(crate) struct TaskCheck(Vec<StateKey>);

impl TaskCheck {
    pub(super) fn new<'i>(caller: &Principal, ids: impl Iterator<Item = &'i str>) -> Self {
        Self(ids.map(|id| task(&caller.subject(), id)).collect())
    }

    /// What has to be found.
    pub(crate) fn keys(&self) -> &[StateKey] {
        &self.0
    }

    /// Judges by what was found; says what was found, or why the message is refused.
    pub(crate) fn judge(&self, found: &Lookup) -> Result<&'static str, Refusal> {
        let message = "The gateway cannot tell right now whose task this is. Try again later.";
        match found {
            Lookup::Found(values) if values.len() == self.0.len() => {
                match values.iter().all(Option::is_some) {
                    true => Ok("issued to this caller"),
                    false => Err(unknown()),
                }
            }
            _ => Err(refusal(Reason::Unavailable, message)),
        }
    }
}

/// Why a method is refused, whichever task it is for.
pub(super) fn refused(method: &str) -> Option<Refusal> {
    let message =
        "Tasks are not listed here. Ask for a task by the id that its call was answered with.";
    (!METHODS.contains(&method)).then(|| refusal(Reason::NotAllowed, message))
}

/// The same words for tasks of others and for none at all.
pub(super) fn unknown() -> Refusal {
    let message = "The task is not available here: it is none that was given to you, or was forgotten. Call the tool again.";
    refusal(Reason::NotAllowed, message)
}

fn refusal(reason: Reason, message: &str) -> Refusal {
    Refusal {
        reason,
        rule: None,
        message: message.into(),
    }
}
