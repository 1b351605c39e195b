//! The HTTP calls that a plugin made, and the answer that it reads in their callback.
//!
//! It calls no server: a test answers.

use super::state::Pair;

/// A call of a server behind a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpCall {
    /// The name of the cluster.
    pub cluster: String,
    /// Pseudo headers included.
    pub headers: Vec<Pair>,
    /// The body, as text.
    pub body: String,
    /// The longest wait for an answer; zero for ever.
    pub timeout_millis: u32,
}

/// The answer of a server to a call.
#[derive(Clone, Debug, Default)]
pub struct CallAnswer {
    /// Pseudo headers included.
    pub headers: Vec<Pair>,
    /// The body.
    pub body: Vec<u8>,
    /// The trailers.
    pub trailers: Vec<Pair>,
}

/// The calls of one VM.
#[derive(Debug, Default)]
pub(super) struct HttpCalls {
    /// Those that no test has taken, each with its number.
    pub(super) made: Vec<(u32, HttpCall)>,
    /// The answer whose callback runs.
    pub(super) answer: Option<CallAnswer>,
    last: u32,
}

impl HttpCalls {
    pub(super) fn add(&mut self, call: HttpCall) -> u32 {
        self.last = self.last.saturating_add(1);
        self.made.push((self.last, call));
        self.last
    }
}
