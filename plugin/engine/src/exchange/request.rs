//! Turns the request of an exchange into a judged message.
//!
//! It never forwards a byte of the body before the verdict on all of them.

use super::pending::{Refused, reserved};
use super::question::Pending;
use super::state::{Bodiless, Exchange, Judged, Reading, State};
use crate::answer::{Detail, ReplyTo};
use crate::audit::{Audit, LoggedRequest};
use crate::count::Charge;
use crate::decide::{Caller, Claim, RequestContext, decide, decide_bodiless, limits_of_streams};
use crate::read::{
    Head, HttpMethod, Message, RequestError, Target, id_beside_surrogates, is_modern,
};
use crate::response::{AnswerTracker, IssuanceTracker};
use crate::step::{Ask, Event, Next, Step, lookup_of};
use crate::words::json;
use crate::words::json::{Document, JsonFault, Value};
use crate::words::work::Budget;
use crate::words::{Clock, Millis, Refusal};
use std::sync::Arc;

impl Exchange {
    pub(super) fn bodiless(
        &mut self,
        bodiless: Box<Bodiless>,
        caller: &Caller,
        end: bool,
        clock: &dyn Clock,
    ) -> Step {
        let http_method = bodiless.http_method;
        // A browser's preflight has no credentials and no message, so there is nothing to judge.
        let refusal = if http_method == HttpMethod::Options {
            None
        } else {
            decide_bodiless(&self.policy, caller, clock)
        };
        if let Some(refusal) = refusal {
            return self.refuse_bodiless(http_method, &refusal, clock);
        }
        self.state = State::Bodiless(bodiless);
        if end {
            self.feed(Event::END, clock)
        } else {
            Step::more()
        }
    }

    fn refuse_bodiless(
        &mut self,
        http_method: HttpMethod,
        refusal: &Refusal,
        clock: &dyn Clock,
    ) -> Step {
        let Some(audit) = self.audit_of(http_method, clock) else {
            return self.without_time();
        };
        let reply_to = &ReplyTo::Bodiless;
        self.refuse(Box::new(audit), reply_to, refusal, Detail::default())
    }

    pub(super) fn bodiless_body(
        &mut self,
        bodiless: Box<Bodiless>,
        event: &Event,
        clock: &dyn Clock,
    ) -> Step {
        let (empty, end) = match event {
            Event::Buffered(length) => (*length == 0, false),
            Event::Body {
                bytes,
                end_of_stream: end,
            } => (bytes.is_empty(), *end),
            _ => (false, false),
        };
        match (empty, end) {
            (false, _) => match self.audit_of(bodiless.http_method, clock) {
                Some(audit) => self.unreadable(audit, &RequestError::UnexpectedBody, None),
                None => self.without_time(),
            },
            (true, true) => self.claim(*bodiless, clock),
            (true, false) => {
                self.state = State::Bodiless(bodiless);
                Step::more()
            }
        }
    }

    /// Asks for the owner of the session, or goes on with a request without one.
    fn claim(&mut self, mut bodiless: Bodiless, clock: &dyn Clock) -> Step {
        // A preflight names no session.
        let claim = bodiless.claim.take();
        let Some(claim) = claim.filter(|_| bodiless.http_method != HttpMethod::Options) else {
            return self.open_stream(&bodiless, clock);
        };
        let key = claim.key();
        self.state = State::Claiming(Box::new(bodiless), claim);
        Step::next(Next::Ask(Ask::Lookup([key].into())))
    }

    pub(super) fn claimed(
        &mut self,
        mut bodiless: Bodiless,
        claim: Claim,
        event: Event,
        clock: &dyn Clock,
    ) -> Step {
        let found = lookup_of(event);
        if let Some(context) = &mut bodiless.context {
            context.found(&found);
        }
        match claim.found(&found).refusal() {
            Some(refusal) => self.refuse_bodiless(bodiless.http_method, &refusal, clock),
            None => self.open_stream(&bodiless, clock),
        }
    }

    /// Counts the stream that a GET opens, where the policy limits streams.
    fn open_stream(&mut self, bodiless: &Bodiless, clock: &dyn Clock) -> Step {
        let Some(audit) = self.audit_of(bodiless.http_method, clock) else {
            return self.without_time();
        };
        let audit = Box::new(audit);
        let Some(context) = &bodiless.context else {
            return self.forward_bodiless(bodiless.http_method, audit, clock);
        };
        let limits = limits_of_streams(&self.policy, &context.caller);
        let charges = context.charges(&limits, &self.policy.identity, (None, &Budget::of(0)));
        let charges: Arc<[_]> = charges.into();
        match self.ask_to_count(&charges) {
            Ok(ask) => {
                self.state = State::Opening(charges, audit);
                Step::next(Next::Ask(ask))
            }
            Err(known) => self.opened_stream(charges, audit, Event::Reserved(known), clock),
        }
    }

    pub(super) fn opened_stream(
        &mut self,
        charges: Arc<[Charge]>,
        mut audit: Box<Audit>,
        event: Event,
        clock: &dyn Clock,
    ) -> Step {
        let event = match self.counted_by_service(&charges, event, clock) {
            Ok(event) => event,
            Err(ask) => {
                self.state = State::Opening(charges, audit);
                return Step::next(Next::Ask(ask));
            }
        };
        match reserved(&mut audit, &charges, event, clock) {
            Ok(counts) => {
                self.response.is_stream();
                if self.shared(&charges).is_none() {
                    self.response.counted(charges, counts);
                }
                self.forward_bodiless(HttpMethod::Get, audit, clock)
            }
            Err(Refused::ByRule(by)) => {
                let (refusal, detail) = *by;
                self.refuse(audit, &ReplyTo::Bodiless, &refusal, detail)
            }
            Err(Refused::Waiting(_) | Refused::IdInUse) => self.without_time(),
        }
    }

    fn forward_bodiless(
        &mut self,
        http_method: HttpMethod,
        audit: Box<Audit>,
        clock: &dyn Clock,
    ) -> Step {
        if self.policy.audit.answers {
            let Some(now) = clock.now() else {
                return self.without_time();
            };
            let request = LoggedRequest::without_message(http_method);
            self.response.logs(AnswerTracker::new(request, now));
        }
        self.forward(Some(audit))
    }

    pub(super) fn read(
        &mut self,
        mut reading: Box<Reading>,
        event: Event,
        clock: &dyn Clock,
    ) -> Step {
        let (added, end) = match event {
            Event::Buffered(length) => (self.fits(length), false),
            Event::Body {
                bytes,
                end_of_stream: end,
            } => {
                reading.taken |= !end && !self.policy.host.trailers;
                (self.add(&mut reading, bytes), end)
            }
            _ => (Err(RequestError::BodyUnavailable), true),
        };
        if let Err(problem) = added {
            return self.unreadable_at(clock, &problem);
        }
        if !end {
            self.state = State::Reading(reading);
            return Step::more();
        }
        let Some(session) = reading.context.session_key(&self.policy) else {
            return self.judge(&mut reading, clock);
        };
        self.state = State::Recognizing(reading);
        Step::next(Next::Ask(Ask::Lookup([session].into())))
    }

    pub(super) fn recognized(
        &mut self,
        reading: &mut Reading,
        event: Event,
        clock: &dyn Clock,
    ) -> Step {
        if self.dropped {
            return self.unreadable_at(clock, &RequestError::BodyUnavailable);
        }
        reading.context.found(&lookup_of(event));
        self.judge(reading, clock)
    }

    fn judge(&mut self, reading: &mut Reading, clock: &dyn Clock) -> Step {
        let Some(now) = clock.now() else {
            return self.without_time();
        };
        let mut audit = self.audit(now);
        let document = match Document::read(&reading.body, self.policy.host.bounds()) {
            Ok(document) => document,
            Err(error) => return self.not_json(audit, reading, error),
        };
        let message = match Message::read(&document, &reading.head) {
            Ok(message) => message,
            Err((problem, id)) => return self.unreadable(audit, &problem, id),
        };
        let context = &reading.context;
        self.describe(&mut audit, &message, context, now);
        let policy = self.policy.clone();
        let reply_to = reply_to(&message, &reading.head);
        let issued = IssuanceTracker::new(&policy, &context.caller, &message);
        self.response.answers(&message, issued);
        self.response.tracks(context.request(&policy, message.id()));
        let length = reading.body.len();
        let verdict = decide(&policy, context, &message, length, now, self.explain);
        if let Some(problem) = verdict.contradiction {
            return self.unreadable(audit, &problem, message.id());
        }
        let approvals = match (&verdict.refusal, message.call()) {
            (None, Some(call)) => {
                self.approval_step(reading, call, &verdict.approvals, &verdict.limits)
            }
            _ => Ok(None),
        };
        let (approvals, unapproved) =
            approvals.map_or_else(|no| (None, Some(no)), |step| (step, None));
        let budgets = verdict.budgets;
        audit.judged(verdict.unknown_groups, budgets.enforced.left() == 0);
        let read = (arguments(&message), &budgets.enforced);
        let charges = |limits: &[_]| context.charges(limits, &self.policy.identity, read);
        let checks = verdict.checks.into_iter();
        let checks: Vec<_> = checks
            .map(|(before, check)| (before, Pending::of(check, charges)))
            .collect();
        let mut limits = verdict.limits;
        limits.extend(verdict.marks);
        let judged = Judged {
            reply_to,
            audit: Box::new(audit),
            checks: checks.into_iter(),
            trace: verdict.trace,
            refusal: verdict.refusal.or(unapproved),
            approvals,
            asked_service: None,
            next: None,
            id: self.response.request(),
            charges: charges(&limits),
            awaits_keys: true,
            body: reading.taken_body(),
        };
        self.steps = self.steps.saturating_add(budgets.taken());
        self.ask(Box::new(judged), clock)
    }

    fn not_json(&mut self, audit: Audit, reading: &Reading, error: json::Error) -> Step {
        let bounds = self.policy.host.bounds();
        let half = error.fault == JsonFault::LoneSurrogate;
        let id = half.then(|| id_beside_surrogates(&reading.body, bounds));
        let problem = RequestError::Json(error.fault);
        self.unreadable(audit, &problem, id.flatten().as_deref())
    }

    /// Records the message in its line, and in what the line about its answer and the metrics will say.
    fn describe(
        &mut self,
        audit: &mut Audit,
        message: &Message<'_>,
        context: &RequestContext,
        now: Millis,
    ) {
        if let Some(call) = message.call() {
            if let Some(trace_id) = self.ids.traced_by(call) {
                audit.traced(trace_id);
            }
            if let Some(measures) = &mut self.measures {
                measures.called(&self.policy, &context.caller, call);
                audit.measured(self.measures.clone());
            }
        }
        audit.describe(message, context, &self.seed, &self.policy.audit);
        if self.policy.audit.answers {
            let request = LoggedRequest::of_message(message);
            self.response.logs(AnswerTracker::new(request, now));
        }
    }

    /// Ends the exchange where more of the request follows its verdict, for that part was not judged.
    pub(super) fn forwarded(&mut self, event: &Event, clock: &dyn Clock) -> Step {
        let nothing = match event {
            Event::Buffered(length) => *length == 0,
            Event::Body { bytes, .. } => bytes.is_empty(),
            _ => false,
        };
        if !nothing {
            let effects = self.response.end(false);
            let refused = self.unreadable_at(clock, &RequestError::BodyUnavailable);
            return Step { effects, ..refused };
        }
        self.state = State::Forwarded;
        Step::next(Next::Forward)
    }
}

fn arguments<'a>(message: &Message<'a>) -> Option<Value<'a>> {
    message.call().and_then(|call| call.arguments)
}

/// The data that an answer needs, kept because the body is gone by then.
pub(crate) fn reply_to(message: &Message<'_>, head: &Head) -> ReplyTo {
    match message {
        Message::Request { id, call } if matches!(call.target, Target::Tool(_)) => ReplyTo::Tool {
            id: (*id).into(),
            modern: is_modern(head, call.claim.as_ref()),
        },
        Message::Request { id, .. } => ReplyTo::Request { id: (*id).into() },
        Message::Notification(_) | Message::Response => ReplyTo::Nothing,
    }
}
