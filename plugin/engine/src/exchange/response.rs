//! Turns the events of a response into the part that the client gets, refunds, and state to remember.
//!
//! It never waits, and never passes an event out of order.

use super::state::{Exchange, State};
use crate::answer::Reply;
use crate::audit::{Audit, Event};
use crate::response::{Effects, Passed};
use crate::step::{Next, Response, Step};
use crate::words::{Millis, Reason, Refusal};

impl Exchange {
    pub(super) fn awaits_response(&self) -> bool {
        match self.state {
            State::Forwarded => true,
            State::Answered => false,
            _ => self.early,
        }
    }

    /// Passes an event of the response in its order, without the parts that the policy removes.
    pub(super) fn respond(&mut self, response: Response, now: Millis) -> Step {
        let Some(stage) = self.stage.after(&response) else {
            self.state = State::Answered;
            return self.out_of_order(now);
        };
        self.stage = stage;
        let Passed {
            next,
            edit,
            effects,
        } = self.response.pass(response);
        if let Next::Reply(_) = next {
            self.state = State::Answered;
        }
        let audit = self.audit_of_effects(&effects, now);
        let Effects {
            refund,
            writes,
            ended,
            ..
        } = effects;
        Step {
            edit,
            audit: audit.map(Box::new),
            refund,
            writes,
            ended,
            ..Step::next(next)
        }
    }

    fn audit_of_effects(&self, effects: &Effects, now: Millis) -> Option<Audit> {
        let Some(problem) = &effects.problem else {
            let refund = effects.refund.as_ref()?;
            let mut audit = self.audit_about(Event::Refund, now);
            audit.refunded(refund);
            return Some(audit);
        };
        let mut audit = self.audit_about(Event::Response, now);
        let refusal = Refusal::from(problem);
        let rule = refusal.rule.as_ref().map(ToString::to_string);
        match (problem.is_shadow(), problem.is_redacted()) {
            (true, _) => audit.shadowed(&refusal),
            (false, true) => audit.told(rule, &refusal.message),
            (false, false) => audit.refused(refusal.reason, rule, &refusal.message),
        }
        Some(audit)
    }

    /// Ends the exchange: a host that reports a response out of order has lost track of it.
    fn out_of_order(&mut self, now: Millis) -> Step {
        let mut audit = self.audit(now);
        let message = "The gateway told of a response in an order that cannot be.";
        audit.refused(Reason::Unavailable, None, message);
        Step {
            audit: Some(Box::new(audit)),
            ended: self.response.end(false),
            ..Step::next(Next::Reply(Reply::unavailable()))
        }
    }
}
