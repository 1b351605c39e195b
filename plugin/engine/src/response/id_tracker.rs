//! The id of the request as other exchanges of its session see it: open until its answer is judged.
//!
//! It never reads a message.

use crate::words::Millis;
use crate::words::under_way::{IdEnd, RequestKey};

/// The id of one request.
#[derive(Debug)]
pub(super) struct IdTracker {
    pub(super) key: RequestKey,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The id has not been opened.
    NotOpen,
    Open(Millis),
    /// The id was ended. A message with this id now answers a later request.
    Ended,
}

impl IdTracker {
    pub(super) fn new(key: RequestKey) -> Self {
        Self {
            key,
            state: State::NotOpen,
        }
    }

    pub(super) fn opened(&mut self, opening: Millis) {
        self.state = State::Open(opening);
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    pub(super) fn is_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// Ends an open id. `None` if it is not open, so that it ends only once.
    pub(super) fn end(&mut self, is_answered: bool) -> Option<IdEnd> {
        let State::Open(opening) = self.state else {
            return None;
        };
        self.state = State::Ended;
        Some(IdEnd {
            key: self.key.clone(),
            opening,
            is_answered,
        })
    }
}
