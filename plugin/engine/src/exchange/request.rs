//! Turns the request of an exchange into a judged message.
//!
//! It never forwards a byte of the body before the verdict on all of them.

use super::question::Pending;
use super::state::{Bodiless, Exchange, Judged, Reading, State};
use crate::answer::{Detail, ReplyTo};
use crate::audit::Audit;
use crate::decide::{Claim, Principal, decide, decide_bodiless};
use crate::read::{
    Head, HttpMethod, Message, RequestError, Target, id_beside_surrogates, is_modern,
};
use crate::response::IssuanceTracker;
use crate::step::{Ask, Event, Next, Step, lookup_of};
use crate::words::json;
use crate::words::json::{Document, Fault, Value};
use crate::words::{Millis, Refusal};

impl Exchange {
    pub(super) fn bodiless(
        &mut self,
        bodiless: Box<Bodiless>,
        caller: &Principal,
        end: bool,
        now: Millis,
    ) -> Step {
        let http_method = bodiless.http_method;
        // A browser's preflight has no credentials and no message, so there is nothing to judge.
        let refusal = if http_method == HttpMethod::Options {
            None
        } else {
            decide_bodiless(&self.policy, caller)
        };
        if let Some(refusal) = refusal {
            return self.refuse_bodiless(http_method, &refusal, now);
        }
        self.state = State::Bodiless(bodiless);
        if end {
            self.feed(Event::END, now)
        } else {
            Step::more()
        }
    }

    fn refuse_bodiless(&mut self, http_method: HttpMethod, refusal: &Refusal, now: Millis) -> Step {
        let audit = Box::new(self.audit_of(http_method, now));
        self.refuse(audit, &ReplyTo::Bodiless, refusal, Detail::default())
    }

    pub(super) fn bodiless_body(
        &mut self,
        bodiless: Box<Bodiless>,
        event: &Event,
        now: Millis,
    ) -> Step {
        let (empty, end) = match event {
            Event::Buffered(length) => (*length == 0, false),
            Event::Body {
                bytes,
                end_of_stream: end,
            } => (bytes.is_empty(), *end),
            _ => (false, false),
        };
        let audit = self.audit_of(bodiless.http_method, now);
        match (empty, end) {
            (false, _) => self.unreadable(audit, &RequestError::UnexpectedBody, None),
            (true, true) => self.claim(*bodiless, audit),
            (true, false) => {
                self.state = State::Bodiless(bodiless);
                Step::more()
            }
        }
    }

    /// Asks for the owner of the session, or forwards a request without one.
    fn claim(&mut self, Bodiless { http_method, claim }: Bodiless, audit: Audit) -> Step {
        // A preflight names no session.
        let Some(claim) = claim.filter(|_| http_method != HttpMethod::Options) else {
            return self.forward(Some(Box::new(audit)));
        };
        let key = claim.key();
        self.state = State::Claiming(http_method, claim);
        Step::next(Next::Ask(Ask::Lookup([key].into())))
    }

    pub(super) fn claimed(
        &mut self,
        http_method: HttpMethod,
        claim: Claim,
        event: Event,
        now: Millis,
    ) -> Step {
        match claim.found(&lookup_of(event)).refusal() {
            Some(refusal) => self.refuse_bodiless(http_method, &refusal, now),
            None => self.forward(Some(Box::new(self.audit_of(http_method, now)))),
        }
    }

    pub(super) fn read(&mut self, mut reading: Box<Reading>, event: Event, now: Millis) -> Step {
        let max = self.policy.host.max_request_bytes;
        let (length, end) = match event {
            Event::Buffered(length) => (length, false),
            Event::Body {
                bytes,
                end_of_stream: end,
            } => {
                if reading.body.is_empty() {
                    reading.body = bytes;
                } else {
                    reading.body.extend(bytes);
                }
                (reading.body.len(), end)
            }
            _ => {
                return self.unreadable(self.audit(now), &RequestError::BodyUnavailable, None);
            }
        };
        if length > max {
            return self.unreadable(self.audit(now), &RequestError::BodyTooLong(max), None);
        }
        if !end {
            self.state = State::Reading(reading);
            return Step::more();
        }
        let Some(topic) = reading.context.topic(&self.policy) else {
            return self.judge(&reading, now);
        };
        self.state = State::Recognizing(reading);
        Step::next(Next::Ask(Ask::Lookup([topic].into())))
    }

    pub(super) fn recognized(
        &mut self,
        mut reading: Box<Reading>,
        event: Event,
        now: Millis,
    ) -> Step {
        reading.context.found(&lookup_of(event));
        self.judge(&reading, now)
    }

    fn judge(&mut self, reading: &Reading, now: Millis) -> Step {
        let bounds = self.policy.host.bounds();
        let document = match Document::read(&reading.body, bounds) {
            Ok(document) => document,
            Err(json::Error { fault, .. }) => {
                let half = fault == Fault::LoneSurrogate;
                let id = half.then(|| id_beside_surrogates(&reading.body, bounds));
                let problem = RequestError::Json(fault);
                return self.unreadable(self.audit(now), &problem, id.flatten().as_deref());
            }
        };
        let mut audit = self.audit(now);
        let message = match Message::read(&document, &reading.head) {
            Ok(message) => message,
            Err((problem, id)) => return self.unreadable(audit, &problem, id),
        };
        audit.describe(&message, &self.seed);
        let reply_to = reply_to(&message, &reading.head);
        let policy = self.policy.clone();
        let context = &reading.context;
        let issued = IssuanceTracker::new(&policy, &context.caller, &message);
        self.response.answers(&message, issued);
        self.response.tracks(context.request(&policy, message.id()));
        let length = reading.body.len();
        let verdict = decide(&policy, context, &message, length, now, self.explain);
        if let Some(problem) = verdict.contradiction {
            return self.unreadable(audit, &problem, message.id());
        }
        let budgets = verdict.budgets;
        let charges =
            |limits: &[_]| context.charges(limits, arguments(&message), &budgets.enforced);
        let checks = verdict.checks.into_iter();
        let checks: Vec<_> = checks
            .map(|(before, check)| (before, Pending::of(check, charges)))
            .collect();
        let judged = Judged {
            reply_to,
            audit: Box::new(audit),
            checks: checks.into_iter(),
            trace: verdict.trace,
            refusal: verdict.refusal,
            id: self.response.request(),
            charges: charges(&verdict.limits),
            awaits_keys: true,
        };
        self.steps = self.steps.saturating_add(budgets.taken());
        self.ask(Box::new(judged))
    }

    /// Ends the exchange where more of the request follows its verdict, for that part was not judged.
    pub(super) fn forwarded(&mut self, event: &Event, now: Millis) -> Step {
        let nothing = match event {
            Event::Buffered(length) => *length == 0,
            Event::Body { bytes, .. } => bytes.is_empty(),
            _ => false,
        };
        if !nothing {
            let ended = self.response.end(false);
            let refused = self.unreadable(self.audit(now), &RequestError::BodyUnavailable, None);
            return Step { ended, ..refused };
        }
        self.state = State::Forwarded;
        Step::next(Next::Forward)
    }
}

fn arguments<'a>(message: &Message<'a>) -> Option<Value<'a>> {
    match message {
        Message::Request { call, .. } | Message::Notification(call) => call.arguments,
        Message::Response => None,
    }
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
