//! The rules that look into a response: the caller's lists, what a server may ask, pinned tools, and results.
//!
//! It holds what they have learnt so far, and reads no message itself.

use super::pin::PinTracker;
use super::problem::{Denied, Problem};
use super::result::Results;
use super::unread::Unread;
use crate::decide::Visibility;
use crate::model::Pinned;
use crate::read::Message;
use crate::words::state::{Lookup, StateKey, StateWrite};

/// What one response is judged by.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) visibility: Visibility,
    /// The message asked for a list.
    pub(super) lists: bool,
    /// The tools of which more has to be known before the message goes.
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

    /// What answers the message may be the answer to another one.
    pub(super) fn unclear(&mut self) {
        self.results.unclear();
        self.pins.is_unclear = true;
    }

    /// The keys to look up before the message goes.
    pub(super) fn keys(&self) -> Vec<StateKey> {
        self.pinned.iter().map(Pinned::reviewed).collect()
    }

    /// Notes what the lookup found.
    pub(super) fn found(&mut self, lookup: Lookup) {
        let pinned = std::mem::take(&mut self.pinned);
        self.pins.reviewed_before(&pinned, lookup);
    }

    /// Every message of the response has to be read, whatever is in it.
    pub(super) fn matter(&self) -> bool {
        // A message may be the answer to any call, and the rules of all tools then hold.
        self.visibility.policy().needs.responses.results
    }

    /// Which messages pass that are longer than is held; `id` is that of the request.
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

    /// What was found since the last time.
    pub(super) fn problem(&mut self) -> Option<Problem> {
        let denied = self.denied.take().map(Problem::Denied);
        let problem = denied.or_else(|| self.pins.problem());
        problem.or_else(|| self.results.problem())
    }

    /// The steps that it took so far to search the response.
    #[cfg(feature = "explain")]
    pub(super) fn steps(&self) -> u64 {
        self.results.steps()
    }

    pub(super) fn writes(&mut self) -> Vec<StateWrite> {
        self.pins.writes()
    }
}
