//! Keys and values of the state that outlives a request: sessions, tasks and pinned definitions.
//!
//! It stores nothing; `store` does.

use super::text::length_prefixed;

/// The key of a piece of state that outlives a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StateKey {
    /// The same text for the same thing, and for nothing else. Keep it out of logs.
    pub name: String,
    /// The caller to whom a server issued it. A host without room forgets the oldest of the caller that has most. `None` for
    /// state of the policy itself, which a host never forgets.
    pub owner: Option<String>,
}

impl StateKey {
    /// State of the policy itself.
    pub(crate) fn named(name: String) -> Self {
        Self { name, owner: None }
    }
}

/// A value to keep under a key. Nothing depends on its success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateWrite {
    /// The key.
    pub key: StateKey,
    /// The value, less than 1000 bytes; empty for ids that servers issued. It replaces the value before.
    pub value: Vec<u8>,
    /// Write only where the key has no value yet.
    pub if_absent: bool,
}

/// The answer to a lookup of some keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// The value of each key, in their order; `None` for a key without one. An id that was issued to its owner is empty, and
    /// one that was issued to others alone is not.
    Found(Vec<Option<Vec<u8>>>),
    /// The values are unavailable now. A caller that depends on them is refused.
    Unavailable,
}

/// The value of an id that was issued to other callers alone.
pub(crate) const OF_ANOTHER: &[u8] = b"another";

/// The key of a session that a server issued to a caller. `by_id` where the ids of its requests are remembered: sessions
/// older than the first policy that needs them are not among those.
pub(crate) fn session(caller: &str, id: &str, by_id: bool) -> StateKey {
    let kind = match by_id {
        true => "session by id",
        false => "session",
    };
    StateKey {
        name: format!("main/{kind}/{id}"),
        owner: Some(caller.into()),
    }
}

/// The key of a task that a server issued to a caller.
pub(crate) fn task(caller: &str, id: &str) -> StateKey {
    StateKey {
        name: format!("main/task/{}{id}", length_prefixed(caller)),
        owner: Some(caller.into()),
    }
}

/// The key that records that the call of a task left no mark on a counter of a sequence. A task without this key, such
/// as one for which there was no room, may have left one.
pub(crate) fn unmarked(task: &StateKey, counter: &str) -> StateKey {
    StateKey {
        name: format!("main/unmarked/{}{}", length_prefixed(counter), task.name),
        owner: task.owner.clone(),
    }
}
