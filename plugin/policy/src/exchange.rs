//! Leads one HTTP exchange from its headers to the verdict, and past it: it is told what arrived and says what it needs
//! next.
//!
//! It never waits, never asks for the time and never holds a body longer than it takes to judge it.

use crate::answer::{Asked, Detail, Reply, answer, answer_unreadable};
use crate::audit::{Audit, bounded};
use crate::count::{Charge, Millis, Reservation, Tally};
use crate::decide::{
    Caller, Check, Listing, PinCheck, Reason, Refusal, Requester, Turn, decide, decide_bodiless,
};
use crate::edit::Edit;
use crate::explain::{self, Account, Finding, Said};
use crate::json::{self, Document, Value};
use crate::memory::{Memo, Recollection};
use crate::parse::{Mode, Policy};
use crate::read::{Head, Headers, Message, Target, Trace, Unreadable, Verb, is_modern};
use crate::response::{Filter, Passed, Refund, Response, Settlement, Stage};
use crate::store::{Cells, Seed, Store};
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
    Recall(Arc<[String]>),
}

#[derive(Debug)]
enum State {
    /// The body of a POST is arriving.
    Reading(Box<Reading>),
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

/// A message that is judged but for its charges.
#[derive(Debug)]
struct Judged {
    asked: Asked,
    audit: Box<Audit>,
    account: Account,
    refusal: Option<Refusal>,
    charges: Vec<Charge>,
}

#[derive(Debug)]
struct Checking {
    check: Asking,
    /// What is to be asked after that.
    turns: std::vec::IntoIter<(Account, Asking)>,
    judged: Judged,
}

/// What is asked before the rules behind it matter.
#[derive(Debug)]
enum Asking {
    Marks(Arc<[Charge]>),
    Pin(PinCheck),
}

#[derive(Debug)]
struct Counting {
    asked: Asked,
    charges: Arc<[Charge]>,
    audit: Box<Audit>,
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

    /// True as long as something could have to be taken out of the response, or tell that the call did not run, so that
    /// a host has to tell of it. It is known with the verdict.
    pub fn needs_response(&self) -> bool {
        self.filter.is_some() || self.awaits_outcome()
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
        let verdict = decide(&policy, requester, &message, now, self.explain);
        if let Some(problem) = verdict.contradiction {
            return self.unreadable(audit, &problem, message.id());
        }
        let charges = |limits: &[_]| requester.charges(limits, arguments(&message));
        let turns: Vec<_> = verdict
            .turns
            .into_iter()
            .map(|Turn { before, check }| match check {
                Check::Marks(limits) => (before, Asking::Marks(charges(&limits).into())),
                Check::Pin(pin) => (before, Asking::Pin(pin)),
            })
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

    /// Asks what comes next, until nothing does.
    fn check(
        &mut self,
        mut judged: Judged,
        mut turns: std::vec::IntoIter<(Account, Asking)>,
    ) -> Step {
        let Some((before, check)) = turns.next() else {
            return self.conclude(judged);
        };
        judged.audit.note(before);
        let ask = match &check {
            Asking::Marks(charges) => Ask::Reserve(charges.clone()),
            Asking::Pin(pin) => Ask::Recall(pin.topics().into()),
        };
        self.state = State::Checking(Box::new(Checking {
            check,
            turns,
            judged,
        }));
        Step::next(Next::Ask(ask))
    }

    /// What was asked is known, so the rules behind it matter, or not.
    fn checked(&mut self, checking: Checking, event: Event, now: Millis) -> Step {
        let Checking {
            check,
            turns,
            mut judged,
        } = checking;
        let audit = match check {
            Asking::Marks(charges) => self
                .reserved(judged.audit, &judged.asked, &charges, event, now)
                .map(|(audit, _)| audit),
            Asking::Pin(pin) => self.pinned(judged.audit, &judged.asked, &pin, event),
        };
        match audit {
            Ok(audit) => {
                judged.audit = audit;
                self.check(judged, turns)
            }
            Err(step) => *step,
        }
    }

    /// Whether the tool is the one that was reviewed: the line of the log with it in it, or a refusal.
    fn pinned(
        &mut self,
        mut audit: Box<Audit>,
        asked: &Asked,
        pin: &PinCheck,
        event: Event,
    ) -> Result<Box<Audit>, Box<Step>> {
        let rule = pin.pinned.rule();
        let refusal = match pin.judge(&recollection(event)) {
            Ok(found) => {
                let finding = Finding {
                    found: Some(found.into()),
                    ..Finding::new(Some(&rule), Said::Passes)
                };
                audit.findings.add(|| vec![finding]);
                return Ok(audit);
            }
            Err(refusal) => refusal,
        };
        if pin.pinned.mode == Mode::Shadow {
            let finding = || vec![Finding::new(Some(&rule), Said::WouldRefuse)];
            audit.findings.add(finding);
            audit.shadowed(&refusal);
            return Ok(audit);
        }
        Err(Box::new(self.refuse(
            audit,
            asked,
            &refusal,
            Detail::default(),
        )))
    }

    fn conclude(&mut self, judged: Judged) -> Step {
        let Judged {
            asked,
            mut audit,
            account,
            refusal,
            charges,
        } = judged;
        audit.note(account);
        if let Some(refusal) = refusal {
            return self.refuse(audit, &asked, &refusal, Detail::default());
        }
        if charges.is_empty() {
            return self.admit(audit);
        }
        let charges: Arc<[Charge]> = charges.into();
        self.state = State::Counting(Box::new(Counting {
            asked,
            charges: charges.clone(),
            audit,
        }));
        Step::next(Next::Ask(Ask::Reserve(charges)))
    }

    /// Passes the message on, once everything is known by which its response is judged.
    fn admit(&mut self, audit: Box<Audit>) -> Step {
        let topics = self.filter.as_ref().map(|filter| filter.topics());
        match topics {
            Some(topics) if !topics.is_empty() => {
                self.state = State::Recalling(audit);
                Step::next(Next::Ask(Ask::Recall(topics.into())))
            }
            _ => self.forward(Some(audit)),
        }
    }

    fn recalled(&mut self, audit: Box<Audit>, event: Event) -> Step {
        if let Some(filter) = &mut self.filter {
            filter.recalled(recollection(event));
        }
        self.forward(Some(audit))
    }

    fn counted(&mut self, counting: Counting, event: Event, now: Millis) -> Step {
        let Counting {
            asked,
            charges,
            audit,
        } = counting;
        match self.reserved(audit, &asked, &charges, event, now) {
            Ok((audit, tallies)) => {
                if let Some(id) = asked.id() {
                    let depth = self.policy.host.max_depth;
                    let settlement = Settlement::new(id, charges, tallies, depth);
                    self.settlement = settlement.map(Box::new);
                }
                self.forward(Some(audit))
            }
            Err(step) => *step,
        }
    }

    /// What became of the charges: the line of the log with them in it, or a refusal.
    fn reserved(
        &mut self,
        mut audit: Box<Audit>,
        asked: &Asked,
        charges: &[Charge],
        event: Event,
        now: Millis,
    ) -> Result<(Box<Audit>, Vec<Tally>), Box<Step>> {
        let step = match event {
            // A host that counts itself may not know that it counted too little.
            Event::Reserved(Reservation::Reserved(tallies))
                if tallies.len() == charges.len()
                    && !charges.iter().any(Charge::is_uncountable) =>
            {
                for (charge, tally) in charges.iter().zip(&tallies) {
                    audit.counted(charge, tally);
                }
                audit.findings.add(|| explain::counted(charges, &tallies));
                return Ok((audit, tallies));
            }
            Event::Reserved(Reservation::Full {
                charge,
                maximum,
                used,
                ends,
                shadowed,
            }) => {
                audit
                    .findings
                    .add(|| explain::full(charges, (charge, maximum), used, &shadowed));
                let charge_at = |index: usize| charges.get(index);
                for (index, maximum) in shadowed {
                    charge_at(index)
                        .into_iter()
                        .for_each(|charge| audit.shadowed_limit(charge, maximum));
                }
                let wait = Millis(ends.0.saturating_sub(now.0));
                match charge_at(charge).and_then(|charge| charge.refusal(maximum, used, wait)) {
                    Some((refusal, detail)) => self.refuse(audit, asked, &refusal, detail),
                    None => return self.uncounted(audit, asked, charges),
                }
            }
            _ => return self.uncounted(audit, asked, charges),
        };
        Err(Box::new(step))
    }

    fn awaits_response(&self) -> bool {
        match self.state {
            State::Forwarded => true,
            State::Answered => false,
            _ => self.early,
        }
    }

    /// A response passes in its order, without what its lists must not show.
    fn respond(&mut self, response: Response, now: Millis) -> Step {
        let Some(stage) = self.stage.after(&response) else {
            self.state = State::Answered;
            return self.out_of_order(now);
        };
        self.stage = stage;
        let settlement = self.settlement.as_mut();
        let refund = settlement.and_then(|settlement| settlement.see(&response));
        let step = self.passed(response, now);
        let audit = step.audit.or_else(|| {
            let mut audit = self.audit(now);
            audit.of_refund(refund.as_ref()?);
            Some(Box::new(audit))
        });
        Step {
            audit,
            refund,
            ..step
        }
    }

    /// What passes of the response.
    fn passed(&mut self, response: Response, now: Millis) -> Step {
        let Some(filter) = &mut self.filter else {
            return Step::next(Next::Forward);
        };
        let Passed {
            next,
            edit,
            problem,
            memos,
        } = filter.pass(response);
        if let Next::Answer(_) = next {
            self.state = State::Answered;
        }
        let audit = problem.map(|problem| {
            let mut audit = self.audit(now);
            audit.of_response();
            let refusal = Refusal::from(&problem);
            let rule = refusal.rule.as_ref().map(ToString::to_string);
            match (problem.is_shadow(), problem.is_redacted()) {
                (true, _) => audit.shadowed(&refusal),
                (false, true) => audit.told(rule, &refusal.message),
                (false, false) => audit.refused(refusal.reason, rule, &refusal.message),
            }
            Box::new(audit)
        });
        Step {
            edit,
            audit,
            memos,
            ..Step::next(next)
        }
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

    /// A host that tells of a response out of its order has lost track of it.
    fn out_of_order(&self, now: Millis) -> Step {
        let mut audit = self.audit(now);
        let message = "The gateway told of a response in an order that cannot be.";
        audit.refused(Reason::Unavailable, None, message);
        Step {
            audit: Some(Box::new(audit)),
            ..Step::next(Next::Answer(Reply::unavailable()))
        }
    }

    /// Not being able to count is a refusal, for limits that are enforced.
    fn uncounted(
        &mut self,
        mut audit: Box<Audit>,
        asked: &Asked,
        charges: &[Charge],
    ) -> Result<(Box<Audit>, Vec<Tally>), Box<Step>> {
        let message = "The gateway cannot count this call right now, so it is not let through. Try again later.";
        let first = |mode| {
            let mut maxima = charges.iter().flat_map(|charge| &charge.maxima);
            maxima.find(|maximum| maximum.mode == mode)
        };
        let enforced = first(Mode::Enforce);
        let maximum = enforced.or_else(|| first(Mode::Shadow));
        let refusal = Refusal {
            reason: Reason::Unavailable,
            rule: maximum.map(|maximum| maximum.rule.clone()),
            message: message.into(),
        };
        if enforced.is_none() {
            let rule = refusal.rule.as_ref();
            audit
                .findings
                .add(|| vec![Finding::new(rule, Said::WouldRefuse)]);
            audit.shadowed(&refusal);
            return Ok((audit, Vec::new()));
        }
        Err(Box::new(self.refuse(
            audit,
            asked,
            &refusal,
            Detail::default(),
        )))
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

/// A host that answers something else than it was asked knows nothing.
fn recollection(event: Event) -> Recollection {
    match event {
        Event::Recalled(recalled) => recalled,
        _ => Recollection::Unavailable,
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
