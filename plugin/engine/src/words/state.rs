//! Keys and values of the state that outlives a request: sessions, tasks and pinned definitions.
//!
//! It stores nothing; `store` does.

use super::text::length_prefixed;

/// What something is about that is remembered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StateKey {
    /// The same for the same thing, for nothing else, and no text for a log.
    pub name: String,
    /// For whom it is, where a server issued it. Where there is no room for more, what was issued if_absent to the one who has
    /// most is forgotten. `None` for what the policy names, which is never forgotten.
    pub owner: Option<String>,
}

impl StateKey {
    /// Something that the policy names.
    pub(crate) fn named(name: String) -> Self {
        Self { name, owner: None }
    }

    /// What a server issued to a caller under this id.
    pub(crate) fn issued(kind: &str, caller: &str, id: &str) -> Self {
        Self {
            name: format!("main/{kind}/{}{id}", length_prefixed(caller)),
            owner: Some(caller.into()),
        }
    }
}

/// Something to remember. Nobody waits until it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateWrite {
    /// What it is about.
    pub key: StateKey,
    /// What was value, less than 1000 bytes; nothing of what a server issued, but that it did.
    pub value: Vec<u8>,
    /// It is kept only where nothing was remembered of the key yet.
    pub if_absent: bool,
}

/// What is remembered of some keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// What was value of each, in their order; `None` where nothing was.
    Found(Vec<Option<Vec<u8>>>),
    /// Nobody can tell.
    Unavailable,
}

/// Under what it is remembered that a server issued a session to a caller.
pub(crate) fn session(caller: &str, id: &str) -> StateKey {
    StateKey::issued("session", caller, id)
}

/// Under what it is remembered that a caller was given a task.
pub(crate) fn task(caller: &str, id: &str) -> StateKey {
    StateKey::issued("task", caller, id)
}
