//! Turns the tasks that a message acts on into whether all were issued to its caller.
//!
//! A task belongs to the caller whose call created it. A client's own claim to a task is never trusted.

use super::caller::Caller;
use crate::words::state::{Lookup, StateKey, task, unmarked};
use crate::words::{Reason, Refusal};

/// The methods that act on one task, of 2025-11-25 and of the extension of 2026-07-28. A server may support others, or
/// accept another spelling of `tasks/list`, so every other method is refused.
const METHODS: [&str; 4] = ["tasks/get", "tasks/result", "tasks/cancel", "tasks/update"];

/// The check of a message that acts on tasks.
#[derive(Debug)]
pub(crate) struct TaskCheck {
    /// The keys of the tasks, and then, for each counter of a sequence, one for each task.
    keys: Vec<StateKey>,
    tasks: usize,
    counters: Vec<String>,
}

impl TaskCheck {
    /// `counters` are the counters that calls of some tools mark.
    pub(super) fn new<'i>(
        caller: &Caller,
        ids: impl Iterator<Item = &'i str>,
        counters: Vec<String>,
    ) -> Self {
        let (server, caller) = (caller.server.part(), caller.principal.subject());
        let mut keys: Vec<_> = ids.map(|id| task(&server, &caller, id)).collect();
        let tasks = keys.len();
        let marks = counters.iter().flat_map(|counter| {
            let tasks = keys.iter();
            tasks.map(move |task| unmarked(task, counter))
        });
        let marks: Vec<_> = marks.collect();
        keys.extend(marks);
        Self {
            keys,
            tasks,
            counters,
        }
    }

    /// The keys to look up.
    pub(crate) fn keys(&self) -> &[StateKey] {
        &self.keys
    }

    /// Whether the call of one of the tasks marked the counter, or may have. Reading the task then marks it again,
    /// because its result comes only now.
    pub(crate) fn marks(&self, counter: &str, found: &Lookup) -> bool {
        let place = self.counters.iter().position(|own| own == counter);
        let start = place.map_or(0, |place| {
            place.saturating_add(1).saturating_mul(self.tasks)
        });
        let marks = match found {
            Lookup::Found(values) => values.get(start..start.saturating_add(self.tasks)),
            Lookup::Unavailable => None,
        };
        place.is_some() && marks.is_none_or(|values| values.iter().any(Option::is_none))
    }

    /// Judges by the result of the lookup: a note for the trace, or the refusal of the message.
    pub(crate) fn judge(&self, found: &Lookup) -> Result<&'static str, Refusal> {
        let message =
            "The gateway cannot identify the owner of this task right now. Try again later.";
        match found {
            Lookup::Found(values) if values.len() == self.keys.len() => {
                match values.iter().take(self.tasks).all(Option::is_some) {
                    true => Ok("issued to this caller"),
                    false => Err(unknown()),
                }
            }
            _ => Err(refusal(Reason::Unavailable, message)),
        }
    }
}

/// The refusal of a method that is not in [`METHODS`], for any task.
pub(super) fn refused(method: &str) -> Option<Refusal> {
    let message = "Tasks are not listed here. Get a task by the id that its call returned.";
    (!METHODS.contains(&method)).then(|| refusal(Reason::NotAllowed, message))
}

/// The refusal of other callers' tasks and of nonexistent ones, in the same words.
pub(super) fn unknown() -> Refusal {
    let message = "This task is not yours, or the gateway no longer knows it. Call the tool again.";
    refusal(Reason::NotAllowed, message)
}

fn refusal(reason: Reason, message: &str) -> Refusal {
    Refusal {
        reason,
        rule: None,
        message: message.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Policy;

    #[test]
    fn task_marks_again_where_its_call_may_have_marked() {
        let counters = ["a", "b"].map(Into::into).into();
        let policy = Policy::parse(br#"{ "version": "1", "default": "deny" }"#).unwrap();
        let caller = Caller::anonymous(&policy);
        let check = TaskCheck::new(&caller, ["1", "2"].into_iter(), counters);
        let found =
            |known: [bool; 6]| Lookup::Found(known.map(|known| known.then(Vec::new)).into());
        let of = |found: &Lookup| [check.marks("a", found), check.marks("b", found)];
        assert_eq!(check.keys().len(), 6);
        assert_eq!(of(&found([true; 6])), [false, false]);
        assert_eq!(
            of(&found([true, true, true, false, true, true])),
            [true, false]
        );
        assert_eq!(
            of(&found([true, true, true, true, false, true])),
            [false, true]
        );
        assert_eq!(of(&Lookup::Unavailable), [true, true]);
        assert_eq!(of(&Lookup::Found(Vec::new())), [true, true]);
        assert!(!check.marks("c", &found([true; 6])));
    }
}
