//! Begins an exchange, feeds it events and lets a store answer its questions.
//!
//! It judges nothing: each state has its own file.

use super::state::{Exchange, Reading, State};
use crate::decide::{Caller, Listing, Requester};
use crate::model::Policy;
use crate::read::{Edit, Head, Headers, Trace, Verb};
use crate::response::{Filter, Stage};
use crate::step::{Ask, Event, Facts, Next, Step};
use crate::store::{Cells, Store};
use crate::words::Millis;
use crate::words::text::logged;
use std::sync::Arc;

impl Exchange {
    /// Begins with the headers of a request. `end` tells that neither body nor trailers follow.
    pub fn new(
        policy: Arc<Policy>,
        headers: &Headers,
        end: bool,
        facts: Facts,
        now: Millis,
    ) -> (Self, Step) {
        let (caller, remove_authorization) = Caller::identify(&policy, headers);
        let trace = Trace::read(headers);
        let grant = caller.label().map(logged);
        let mut exchange = Self {
            policy,
            seed: facts.seed,
            explain: facts.explain,
            trace,
            grant,
            state: State::Answered,
            stage: Stage::Awaited,
            early: false,
            filter: None,
            settlement: None,
            issued: None,
        };
        let listing = Listing::new(&exchange.policy, &caller);
        let filter = |listing| Box::new(Filter::new(listing, exchange.trace.request_id.clone()));
        exchange.filter = listing.map(filter);
        let edit = exchange.request_edit(headers, remove_authorization);
        let mut step = match Head::read(headers) {
            Err(problem) => exchange.unreadable(exchange.audit(now), &problem, None),
            Ok(head) if head.verb == Verb::Post => {
                let peer = facts.peer.as_deref();
                let requester = Requester::new(&exchange.policy, headers, caller, peer);
                exchange.state = State::Reading(Box::new(Reading {
                    head,
                    requester,
                    body: Vec::new(),
                }));
                if end {
                    exchange.feed(Event::END, now)
                } else {
                    Step::more()
                }
            }
            Ok(head) => exchange.bodiless(head.verb, &caller, end, now),
        };
        step.edit = edit;
        (exchange, step)
    }

    /// True as long as something could have to be taken out of the response or remembered, or tell that the call did not
    /// run, so that a host has to tell of it. It is known with the verdict.
    pub fn needs_response(&self) -> bool {
        let issued = self.issued.as_ref();
        let issues = issued.is_some_and(|issued| issued.is_open());
        self.filter.is_some() || issues || self.awaits_outcome()
    }

    /// True when a host that can tell what became of the request should.
    pub fn awaits_outcome(&self) -> bool {
        let settlement = self.settlement.as_ref();
        settlement.is_some_and(|settlement| settlement.is_open())
    }

    /// The host passes headers on before the verdict, or answers by itself: a response may come at any time.
    pub fn allow_early_response(&mut self) {
        self.early = true;
    }

    /// What must not reach the server, and a way of packing that nobody could look into.
    fn request_edit(&self, headers: &Headers, remove_authorization: bool) -> Edit {
        let identity = headers.has("accept-encoding") && self.filter.is_some();
        let identity = identity.then_some(("accept-encoding", "identity"));
        Edit {
            remove: Vec::from_iter(remove_authorization.then_some("authorization")),
            set: Vec::from_iter(identity),
        }
    }

    /// Goes on with what happened.
    pub fn feed(&mut self, event: Event, now: Millis) -> Step {
        let event = match event {
            Event::Response(response) if self.awaits_response() => {
                return self.respond(response, now);
            }
            event => event,
        };
        match std::mem::replace(&mut self.state, State::Answered) {
            State::Reading(reading) => self.read(reading, event, now),
            State::Recognizing(reading) => self.recognized(reading, event, now),
            State::Bodiless(verb) => self.bodiless_body(verb, event, now),
            State::Checking(checking) => self.checked(*checking, event, now),
            State::Counting(counting) => self.counted(*counting, event, now),
            State::Recalling(audit) => self.recalled(audit, event),
            State::Forwarded => self.forwarded(&event, now),
            State::Answered => Step::more(),
        }
    }

    /// Lets the store give back what the step says, and answer what the exchange asks, until it needs something else.
    pub fn settle(
        &mut self,
        mut step: Step,
        store: &Store,
        cells: &mut impl Cells,
        now: Millis,
    ) -> Step {
        if let Some(refund) = step.refund.take() {
            store.refund(cells, &refund);
        }
        store.remember(cells, &std::mem::take(&mut step.memos));
        while let Next::Ask(ask) = &step.next {
            let event = match ask {
                Ask::Reserve(charges) => Event::Reserved(store.reserve(cells, charges, now)),
                Ask::Recall(topics) => Event::Recalled(store.recall(cells, topics)),
            };
            step = Step {
                edit: step.edit,
                ..self.feed(event, now)
            };
        }
        step
    }
}
