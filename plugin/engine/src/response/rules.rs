//! The rules for one response: the caller's lists, requests of the server, pinned tools, and results.
//!
//! It holds their state so far, and never reads a message itself.

use super::cache::is_cacheable;
use super::pin::PinTracker;
use super::problem::{Denied, Problem};
use super::result::Results;
use super::unread::Unread;
use crate::decide::Visibility;
use crate::model::Pinned;
use crate::read::Message;
use crate::words::state::{Lookup, StateKey, StateWrite};

/// The rules that judge one response, and their state.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) visibility: Visibility,
    /// The request asks for a list.
    pub(super) lists: bool,
    /// The pinned tools whose reviewed definitions are to be looked up before the message is forwarded.
    pinned: Vec<Pinned>,
    pub(super) pins: PinTracker,
    pub(super) results: Results,
    pub(super) denied: Option<Denied>,
}

impl Rules {
    pub(super) fn new(visibility: Visibility) -> Self {
        Self {
            visibility,
            lists: false,
            pinned: Vec::new(),
            pins: PinTracker::default(),
            results: Results::default(),
            denied: None,
        }
    }

    /// Whether some rule applies to the response to this message.
    pub(super) fn apply_to(&self, message: &Message<'_>) -> bool {
        self.visibility.reads_every_response() || is_cacheable(message)
    }

    /// Notes the message that the response answers.
    pub(super) fn answers(&mut self, message: &Message<'_>) {
        self.results.answers(message);
        if let Message::Request { call, .. } = message {
            self.lists = call.method.ends_with("/list");
            if call.method == "tools/list" {
                self.pinned = self.visibility.all_pinned();
            }
        }
    }

    /// Notes that a message with the request's id may be the answer to another request.
    pub(super) fn unclear(&mut self) {
        self.results.unclear();
        self.pins.is_unclear = true;
    }

    /// The keys to look up before the message is forwarded.
    pub(super) fn keys(&self) -> Vec<StateKey> {
        self.pinned.iter().map(Pinned::reviewed).collect()
    }

    /// Notes the result of the lookup.
    pub(super) fn found(&mut self, lookup: Lookup) {
        let pinned = std::mem::take(&mut self.pinned);
        self.pins.reviewed_before(&pinned, lookup);
    }

    /// Whether every message of the response must be read.
    pub(super) fn matter(&self) -> bool {
        // A message may be the answer to any call, and then the rules of all tools apply.
        self.visibility.policy().needs.responses.results
    }

    /// Which messages pass although they are too long to be held. `id` is the id of the request.
    pub(super) fn unread(&self, id: Option<&str>) -> Unread {
        let read = self.lists || self.results.own_matter(&self.visibility);
        match (read, self.matter(), id) {
            (true, ..) | (false, true, None) => Unread::None,
            (false, true, Some(id)) => Unread::AnswerTo(id.into()),
            (false, false, _) => Unread::All,
        }
    }

    /// The longest message that is held, in bytes.
    pub(super) fn max(&self) -> usize {
        self.visibility.policy().host.max_response_bytes
    }

    /// The first problem noted since the last call.
    pub(super) fn problem(&mut self) -> Option<Problem> {
        let denied = self.denied.take().map(Problem::Denied);
        let problem = denied.or_else(|| self.pins.problem());
        problem.or_else(|| self.results.problem())
    }

    /// The steps that searches of the response have taken so far.
    #[cfg(feature = "explain")]
    pub(super) fn steps(&self) -> u64 {
        self.results.steps()
    }

    pub(super) fn writes(&mut self) -> Vec<StateWrite> {
        self.pins.writes()
    }
}
