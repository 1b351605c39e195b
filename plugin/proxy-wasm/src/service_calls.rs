//! Keeps the requests that wait for a service of the policy, and finds the one whose answer has come.
//!
//! It makes no call and reads no answer.

use std::cell::Cell;

/// Requests that wait, or waited and had no callback since.
pub(crate) struct ServiceCalls<T>(Cell<Vec<Waiting<T>>>);

struct Waiting<T> {
    stream: u32,
    /// The number of the call; `None` once it is answered.
    call: Option<u32>,
    request: T,
}

impl<T> Default for ServiceCalls<T> {
    fn default() -> Self {
        Self(Cell::default())
    }
}

impl<T> ServiceCalls<T> {
    /// Keeps the request of this stream until its call is answered, or it is claimed.
    pub(crate) fn keep(&self, stream: u32, call: Option<u32>, request: T) {
        let mut waiting = self.0.take();
        waiting.push(Waiting {
            stream,
            call,
            request,
        });
        self.0.set(waiting);
    }

    /// The request of this stream, which waits no longer.
    pub(crate) fn claim(&self, stream: u32) -> Option<T> {
        self.take(|waiting| waiting.stream == stream)
    }

    /// The request whose call is answered.
    pub(crate) fn answered(&self, call: u32) -> Option<T> {
        self.take(|waiting| waiting.call == Some(call))
    }

    fn take(&self, is_it: impl Fn(&Waiting<T>) -> bool) -> Option<T> {
        let mut waiting = self.0.take();
        let place = waiting.iter().position(is_it);
        let found = place.map(|place| waiting.swap_remove(place).request);
        self.0.set(waiting);
        found
    }
}
