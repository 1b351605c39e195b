//! Keys and values of the state that outlives a request: sessions, tasks and pinned definitions.
//!
//! It stores nothing; `store` does.

use super::text::length_prefixed;

/// The key of a piece of state that outlives a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StateKey {
    /// The name of the state, unique to it. Keep it out of logs: it may contain the id of a session or a task.
    pub name: String,
    /// The caller to whom a server issued the id. A host without room forgets the oldest state of the caller that has
    /// most. `None` for state of the policy itself, which a host never forgets.
    pub owner: Option<String>,
}

impl StateKey {
    /// State of the policy itself.
    pub(crate) fn named(name: String) -> Self {
        Self { name, owner: None }
    }
}

/// A value to store under a key. The decision does not depend on whether it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateWrite {
    /// The key.
    pub key: StateKey,
    /// The value, less than 1000 bytes; empty for ids that servers issued. It replaces the value before.
    pub value: Vec<u8>,
    /// Write only where the key has no value.
    pub if_absent: bool,
}

/// The answer to a lookup of some keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// The value of each key, in the order of the keys; `None` for a key without a value. The value of an id is empty
    /// where it was issued to the owner, and not empty where it was issued only to others.
    Found(Vec<Option<Vec<u8>>>),
    /// The values cannot be read now. A request that depends on them is refused.
    Unavailable,
}

/// The value of an id that was issued only to other callers.
pub(crate) const OF_ANOTHER: &[u8] = b"another";

/// The key of a session that a server issued to a caller. `server` is the server's part of names of state. `by_id` is true where the policy tracks request ids. These
/// sessions have keys of their own, because sessions from before such a policy have no record of their ids.
pub(crate) fn session(server: &str, caller: &str, id: &str, by_id: bool) -> StateKey {
    let kind = match by_id {
        true => "session by id",
        false => "session",
    };
    StateKey {
        name: format!("main/{kind}/{server}{id}"),
        owner: Some(caller.into()),
    }
}

/// The key of a task that a server issued to a caller. `server` is the server's part of names of state.
pub(crate) fn task(server: &str, caller: &str, id: &str) -> StateKey {
    StateKey {
        name: format!("main/task/{server}{}{id}", length_prefixed(caller)),
        owner: Some(caller.into()),
    }
}

/// The key that records that a task's call left no mark on a sequence counter. Without this key, for instance because
/// there was no room for it, the call may have left one.
pub(crate) fn unmarked(task: &StateKey, counter: &str) -> StateKey {
    StateKey {
        name: format!("main/unmarked/{}{}", length_prefixed(counter), task.name),
        owner: task.owner.clone(),
    }
}
