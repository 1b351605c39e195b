//! Random interleavings of two or three requests: the arrival of each, its answer, and the end of its client.

use super::call::{BY_TOOL, Call, OF_ALL};
use super::server::Sdk;
use fastrand::Rng;
use std::fmt;

/// The events of one session.
#[derive(Clone, Debug)]
pub(super) struct Script {
    pub(super) policy: &'static str,
    pub(super) sdk: Sdk,
    /// Answers are event streams; otherwise documents.
    pub(super) streams: bool,
    /// The server issued the session to this client.
    pub(super) issued: bool,
    /// The ids, as written in JSON, and the calls.
    pub(super) requests: Vec<(&'static str, Call)>,
    pub(super) events: Vec<Event>,
}

/// An event of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Arrives(usize),
    /// The server has finished it, and sends the answer on the exchange that it associates with the id.
    Done(usize),
    /// The client of the request disconnects.
    Gone(usize),
}

impl Script {
    /// A random script whose requests use one or two of these ids.
    pub(super) fn new(ids: &[&'static str], rng: &mut Rng) -> Self {
        let ids = [one(rng, ids), one(rng, ids)];
        let requests = (0..rng.usize(2..4)).map(|_| (one(rng, &ids), one(rng, &Call::ALL)));
        let requests: Vec<_> = requests.collect();
        Self {
            policy: one(rng, &[BY_TOOL, OF_ALL]),
            sdk: one(rng, &[Sdk::Python, Sdk::TypeScript]),
            streams: rng.bool(),
            issued: rng.u8(..4) > 0,
            events: events(requests.len(), rng.u8(..3) == 0, rng),
            requests,
        }
    }

    /// True where two requests have the same spelling of an id.
    pub(super) fn alike(&self) -> bool {
        let mut requests = self.requests.iter().enumerate();
        requests.any(|(at, (id, _))| self.requests[..at].iter().any(|(own, _)| own == id))
    }

    /// A random script in which each request has an id of its own, and no client disconnects.
    pub(super) fn apart(ids: &[&'static str], rng: &mut Rng) -> Self {
        let mut script = Self::new(ids, rng);
        let requests = script.requests.iter_mut().zip(ids);
        requests.for_each(|((id, _), own)| *id = own);
        script.events = events(script.requests.len(), false, rng);
        script.issued = true;
        script
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answers = if self.streams { "streams" } else { "documents" };
        let issued = if self.issued { "issued" } else { "not issued" };
        write!(f, "{:?} server, {answers}, session {issued}, ", self.sdk)?;
        write!(
            f,
            "requests {:?}, events {:?}, policy {}",
            self.requests, self.events, self.policy
        )
    }
}

fn one<T: Copy>(rng: &mut Rng, of: &[T]) -> T {
    of[rng.usize(..of.len())]
}

/// Events in random order, except that a request arrives before its other events.
fn events(requests: usize, gone: bool, rng: &mut Rng) -> Vec<Event> {
    let mut events = Vec::new();
    for request in 0..requests {
        let arrives = rng.usize(..=events.len());
        events.insert(arrives, Event::Arrives(request));
        let later = [
            Some(Event::Done(request)),
            gone.then_some(Event::Gone(request)),
        ];
        for event in later.into_iter().flatten() {
            // Inserting an event moves those after it, so the arrival is found again.
            let arrives = events
                .iter()
                .position(|own| *own == Event::Arrives(request));
            let at = rng.usize(arrives.map_or(0, |at| at + 1)..=events.len());
            events.insert(at, event);
        }
    }
    events
}
