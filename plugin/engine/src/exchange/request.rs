//! Reads the request of an exchange, and has its message judged.
//!
//! It passes no byte on before the verdict on all of them.

use super::state::{Asking, Exchange, Judged, Reading, State};
use crate::answer::{Asked, Detail};
use crate::decide::{Caller, Turn, decide, decide_bodiless};
use crate::read::{Head, Message, Target, Unreadable, Verb, is_modern};
use crate::response::Issued;
use crate::step::{Ask, Event, Next, Step, recollection};
use crate::words::Millis;
use crate::words::json;
use crate::words::json::{Document, Value};

impl Exchange {
    pub(super) fn bodiless(&mut self, verb: Verb, caller: &Caller, end: bool, now: Millis) -> Step {
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

    pub(super) fn bodiless_body(&mut self, verb: Verb, event: Event, now: Millis) -> Step {
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

    pub(super) fn read(&mut self, mut reading: Box<Reading>, event: Event, now: Millis) -> Step {
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

    pub(super) fn recognized(
        &mut self,
        mut reading: Box<Reading>,
        event: Event,
        now: Millis,
    ) -> Step {
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
    pub(super) fn forwarded(&mut self, event: &Event, now: Millis) -> Step {
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
}

fn arguments<'a>(message: &Message<'a>) -> Option<Value<'a>> {
    match message {
        Message::Request { call, .. } | Message::Notification(call) => call.arguments,
        Message::Response => None,
    }
}

/// Keeps what the answer will need: the body is gone by then.
pub(crate) fn asked(message: &Message<'_>, head: &Head) -> Asked {
    match message {
        Message::Request { id, call } if matches!(call.target, Target::Tool(_)) => Asked::Tool {
            id: (*id).into(),
            modern: is_modern(head, call.claim.as_ref()),
        },
        Message::Request { id, .. } => Asked::Request { id: (*id).into() },
        Message::Notification(_) | Message::Response => Asked::Nothing,
    }
}
