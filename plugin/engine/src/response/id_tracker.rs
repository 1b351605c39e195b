//! The id of the request as the other exchanges of its session see it: open until its answer was judged.
//!
//! It reads no message.

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
    /// It is not open, now or ever.
    NotOpen,
    Open(Millis),
    /// Its answer was judged: what comes with it is the answer to a later request.
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

    /// Ends what is open, once.
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
