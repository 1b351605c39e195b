//! Leads one HTTP exchange from its headers to the verdict, and past it: it is told what arrived and says what it needs
//! next.
//!
//! It never waits, never asks for the time and never holds a body longer than it takes to judge it.

mod asking;
mod responding;

use crate::answer::{Asked, Detail, Reply, answer, answer_unreadable};
use crate::audit::{Audit, bounded};
use crate::count::{Charge, Millis, Reservation};
use crate::decide::{Caller, Listing, Reason, Refusal, Requester, Turn, decide, decide_bodiless};
use crate::edit::Edit;
use crate::explain::{Finding, Said};
use crate::json::{self, Document, Value};
use crate::memory::{Memo, Recollection, Topic};
use crate::parse::Policy;
use crate::read::{Head, Headers, Message, Target, Trace, Unreadable, Verb, is_modern};
use crate::response::{Filter, Issued, Refund, Response, Settlement, Stage};
use crate::store::{Cells, Seed, Store};
use asking::{Asking, Checking, Counting, Judged, recollection};
use std::sync::Arc;

/// One HTTP request on its way to a verdict, and its response.
#[derive(Debug)]
pub struct Exchange {
    policy: Arc<Policy>,
    seed: Seed,
    explain: bool,
    trace: Trace,
    /// What the log calls the caller.
    grant: Option<String>,
    state: State,
    /// How far the response has come.
    stage: Stage,
    /// A response may come before the verdict.
    early: bool,
    /// Where the response may hold something that the caller must not see.
    filter: Option<Box<Filter>>,
    /// Where a call was counted that may turn out not to have run.
    settlement: Option<Box<Settlement>>,
    /// Where the caller may be given something that is his alone.
    issued: Option<Box<Issued>>,
}

/// What the host knows beside the headers.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The address of the peer, with or without a port. Needed where [`Policy::needs_peer`] says so.
    pub peer: Option<String>,
    /// The secret of the process: [`Store::seed`].
    pub seed: Seed,
    /// Say with the decision every rule that was looked at: [`Audit::findings`]. Needs the feature `explain`.
    pub explain: bool,
}

/// Something that happened to the exchange.
#[derive(Debug)]
pub enum Event {
    /// The host is buffering the body and has so many bytes of it. It will give them with [`Event::Body`].
    Held(usize),
    /// A piece of the body; with `end`, the last one. Trailers end a body too.
    Body {
        /// The bytes that follow those given before.
        bytes: Vec<u8>,
        /// Nothing follows.
        end: bool,
    },
    /// The host had a body and cannot show it.
    BodyLost,
    /// The answer to [`Ask::Reserve`].
    Reserved(Reservation),
    /// The answer to [`Ask::Recall`].
    Recalled(Recollection),
    /// Something that happened after [`Next::Forward`]. A host need not tell any of it.
    Response(Response),
}

impl Event {
    /// Nothing follows.
    pub const END: Self = Self::Body {
        bytes: Vec::new(),
        end: true,
    };
}

/// What to do now.
#[derive(Debug)]
pub struct Step {
    /// What the exchange needs.
    pub next: Next,
    /// What to change in the request's headers, when they go; after the verdict, in those of the response that came with
    /// the event.
    pub edit: Edit,
    /// A decision to log.
    pub audit: Option<Box<Audit>>,
    /// Charges of an earlier step to give back. Nobody waits for it.
    pub refund: Option<Refund>,
    /// What to remember. Nobody waits for it.
    pub memos: Vec<Memo>,
}

/// What the exchange needs.
#[derive(Debug)]
pub enum Next {
    /// The next event. Nothing may be passed on until then.
    More,
    /// Something that only the host can do.
    Ask(Ask),
    /// Pass the request on, its body byte for byte as it was received; after a response's event, what came with that.
    Forward,
    /// Pass these bytes on in the place of those that came with the response's event.
    Replace(Vec<u8>),
    /// Answer the client; nothing may be passed on. Where the client has part of a response already, end that here.
    Answer(Reply),
}

/// Something that only the host can do.
#[derive(Clone, Debug)]
pub enum Ask {
    /// Add all these charges or none, and feed [`Event::Reserved`].
    Reserve(Arc<[Charge]>),
    /// Say what is remembered of these topics, with [`Event::Recalled`].
    Recall(Arc<[Topic]>),
}

#[derive(Debug)]
enum State {
    /// The body of a POST is arriving.
    Reading(Box<Reading>),
    /// The body of a POST is there, and it has to be known whose its session is.
    Recognizing(Box<Reading>),
    /// A GET, DELETE or OPTIONS was admitted; no body may follow.
    Bodiless(Verb),
    /// A message was judged, but for what only those know who remember.
    Checking(Box<Checking>),
    /// A message was admitted, and more has to be known to judge its response.
    Recalling(Box<Audit>),
    /// The charges of a message that was admitted are being counted.
    Counting(Box<Counting>),
    /// The request was passed on.
    Forwarded,
    /// Nothing more is passed on.
    Answered,
}

#[derive(Debug)]
struct Reading {
    head: Head,
    requester: Requester,
    body: Vec<u8>,
}

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
        let grant = caller.label().map(bounded);
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

    fn bodiless(&mut self, verb: Verb, caller: &Caller, end: bool, now: Millis) -> Step {
        // A browser's preflight carries no credentials and no message, so there is nothing to judge.
        let refusal = if verb == Verb::Options {
            None
        } else {
            decide_bodiless(&self.policy, caller)
        };
        if let Some(refusal) = refusal {
            let audit = Box::new(self.audit_of(verb, now));
            return self.refuse(audit, &Asked::Bodiless, &refusal, Detail::default());
        }
        self.state = State::Bodiless(verb);
        if end {
            self.feed(Event::END, now)
        } else {
            Step::more()
        }
    }

    fn bodiless_body(&mut self, verb: Verb, event: Event, now: Millis) -> Step {
        let (empty, end) = match &event {
            Event::Held(length) => (*length == 0, false),
            Event::Body { bytes, end } => (bytes.is_empty(), *end),
            _ => (false, false),
        };
        let audit = self.audit_of(verb, now);
        match (empty, end) {
            (false, _) => self.unreadable(audit, &Unreadable::BodyWhereNone, None),
            (true, true) => self.forward(Some(Box::new(audit))),
            (true, false) => {
                self.state = State::Bodiless(verb);
                Step::more()
            }
        }
    }

    fn read(&mut self, mut reading: Box<Reading>, event: Event, now: Millis) -> Step {
        let max = self.policy.host.max_request_bytes;
        let (length, end) = match event {
            Event::Held(length) => (length, false),
            Event::Body { bytes, end } => {
                if reading.body.is_empty() {
                    reading.body = bytes;
                } else {
                    reading.body.extend(bytes);
                }
                (reading.body.len(), end)
            }
            _ => {
                return self.unreadable(self.audit(now), &Unreadable::BodyLost, None);
            }
        };
        if length > max {
            return self.unreadable(self.audit(now), &Unreadable::BodyTooLong(max), None);
        }
        if !end {
            self.state = State::Reading(reading);
            return Step::more();
        }
        let Some(topic) = reading.requester.topic() else {
            return self.judge(&reading, now);
        };
        self.state = State::Recognizing(reading);
        Step::next(Next::Ask(Ask::Recall([topic].into())))
    }

    fn recognized(&mut self, mut reading: Box<Reading>, event: Event, now: Millis) -> Step {
        reading.requester.recalled(&recollection(event));
        self.judge(&reading, now)
    }

    fn judge(&mut self, reading: &Reading, now: Millis) -> Step {
        let document = match Document::read(&reading.body, self.policy.host.bounds()) {
            Ok(document) => document,
            Err(json::Error { fault, .. }) => {
                return self.unreadable(self.audit(now), &Unreadable::Json(fault), None);
            }
        };
        let mut audit = self.audit(now);
        let message = match Message::read(&document, &reading.head) {
            Ok(message) => message,
            Err((problem, id)) => return self.unreadable(audit, &problem, id),
        };
        audit.describe(&message, &self.seed);
        let asked = asked(&message, &reading.head);
        if let Some(filter) = &mut self.filter {
            filter.answers(&message);
        }
        let policy = self.policy.clone();
        let requester = &reading.requester;
        let issued = Issued::new(&policy, requester.caller.subject(), &message);
        self.issued = issued.map(Box::new);
        let verdict = decide(&policy, requester, &message, now, self.explain);
        if let Some(problem) = verdict.contradiction {
            return self.unreadable(audit, &problem, message.id());
        }
        let charges = |limits: &[_]| requester.charges(limits, arguments(&message));
        let turns: Vec<_> = verdict
            .turns
            .into_iter()
            .map(|Turn { before, check }| (before, Asking::of(check, charges)))
            .collect();
        let judged = Judged {
            asked,
            audit: Box::new(audit),
            account: verdict.account,
            refusal: verdict.refusal,
            charges: charges(&verdict.limits),
        };
        self.check(judged, turns.into_iter())
    }

    /// More of the request was not judged, so it ends the exchange.
    fn forwarded(&mut self, event: &Event, now: Millis) -> Step {
        let nothing = match event {
            Event::Held(length) => *length == 0,
            Event::Body { bytes, .. } => bytes.is_empty(),
            _ => false,
        };
        if !nothing {
            return self.unreadable(self.audit(now), &Unreadable::BodyLost, None);
        }
        self.state = State::Forwarded;
        Step::next(Next::Forward)
    }

    fn forward(&mut self, audit: Option<Box<Audit>>) -> Step {
        self.state = State::Forwarded;
        Step {
            audit,
            ..Step::next(Next::Forward)
        }
    }

    fn refuse(
        &mut self,
        mut audit: Box<Audit>,
        asked: &Asked,
        refusal: &Refusal,
        detail: Detail,
    ) -> Step {
        let rule = refusal.rule.as_ref().map(ToString::to_string);
        let mut detail = Detail {
            reason: Some(refusal.reason),
            request_id: audit.request_id.clone(),
            ..detail
        };
        if self.policy.client_detail {
            // Which rule keeps a name from the client would tell whether the name exists.
            detail.rule = rule
                .clone()
                .filter(|_| refusal.reason != Reason::NotAllowed);
        } else {
            (detail.limit, detail.remaining) = (None, None);
        }
        audit.refused(refusal.reason, rule, &refusal.message);
        audit
            .findings
            .add(|| vec![Finding::new(refusal.rule.as_ref(), Said::Refuses)]);
        self.state = State::Answered;
        let reply = answer(asked, self.policy.answer, refusal, &detail);
        Step {
            audit: Some(audit),
            ..Step::next(Next::Answer(reply))
        }
    }

    fn unreadable(&mut self, mut audit: Audit, problem: &Unreadable, id: Option<&str>) -> Step {
        audit.refused(Reason::Unreadable, None, &problem.to_string());
        let detail = Detail {
            reason: Some(Reason::Unreadable),
            request_id: audit.request_id.clone(),
            ..Detail::default()
        };
        self.state = State::Answered;
        let reply = answer_unreadable(problem, id, detail);
        Step {
            audit: Some(Box::new(audit)),
            ..Step::next(Next::Answer(reply))
        }
    }

    fn audit_of(&self, verb: Verb, now: Millis) -> Audit {
        let mut audit = self.audit(now);
        audit.method = Some(verb.name().into());
        audit
    }

    fn audit(&self, now: Millis) -> Audit {
        let mut audit = Audit::new(now, &self.policy.hash, self.explain);
        audit.grant = self.grant.clone();
        audit.request_id = self.trace.request_id.clone();
        audit.trace_id = self.trace.trace_id.clone();
        audit
    }
}

impl Step {
    /// Nothing but this.
    pub fn next(next: Next) -> Self {
        Self {
            next,
            edit: Edit::default(),
            audit: None,
            refund: None,
            memos: Vec::new(),
        }
    }

    fn more() -> Self {
        Self::next(Next::More)
    }
}

fn arguments<'a>(message: &Message<'a>) -> Option<Value<'a>> {
    match message {
        Message::Request { call, .. } | Message::Notification(call) => call.arguments,
        Message::Response => None,
    }
}

/// Keeps what the answer will need: the body is gone by then.
fn asked(message: &Message<'_>, head: &Head) -> Asked {
    match message {
        Message::Request { id, call } if matches!(call.target, Target::Tool(_)) => Asked::Tool {
            id: (*id).into(),
            modern: is_modern(head, call.claim.as_ref()),
        },
        Message::Request { id, .. } => Asked::Request { id: (*id).into() },
        Message::Notification(_) | Message::Response => Asked::Nothing,
    }
}

impl Verb {
    fn name(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Get => "GET",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }
}

#[cfg(test)]
mod tests;
