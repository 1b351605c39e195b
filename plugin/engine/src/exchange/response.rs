//! Leads the response to a message that was passed on: what of it goes to the client, what is given back, and what is
//! remembered.
//!
//! Nothing here waits, and nothing passes out of its order.

use super::state::{Exchange, State};
use crate::answer::Reply;
use crate::response::Passed;
use crate::step::{Next, Response, Step};
use crate::words::state::{StateWrite, unmarked as unmarked_by};
use crate::words::{Millis, Reason, Refusal};

impl Exchange {
    pub(super) fn awaits_response(&self) -> bool {
        match self.state {
            State::Forwarded => true,
            State::Answered => false,
            _ => self.early,
        }
    }

    /// A response passes in its order, without what its lists must not show.
    pub(super) fn respond(&mut self, response: Response, now: Millis) -> Step {
        let Some(stage) = self.stage.after(&response) else {
            self.state = State::Answered;
            return self.out_of_order(now);
        };
        self.stage = stage;
        let refunds = self.refunds.as_mut();
        let refund = refunds.and_then(|refunds| refunds.see(&response));
        let issued = self.issued.as_mut();
        let issued = issued.and_then(|issued| issued.see(&response));
        let mut step = self.passed(response, now);
        let marks = issued.iter().flat_map(|task| {
            let unmarked = self.unmarked.iter();
            unmarked.map(|counter| StateWrite {
                key: unmarked_by(&task.key, counter),
                ..task.clone()
            })
        });
        step.writes.extend(marks.collect::<Vec<_>>());
        step.writes.extend(issued);
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
            writes,
        } = filter.pass(response);
        if let Next::Reply(_) = next {
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
            writes,
            ..Step::next(next)
        }
    }

    /// A host that tells of a response out of its order has lost track of it.
    fn out_of_order(&self, now: Millis) -> Step {
        let mut audit = self.audit(now);
        let message = "The gateway told of a response in an order that cannot be.";
        audit.refused(Reason::Unavailable, None, message);
        Step {
            audit: Some(Box::new(audit)),
            ..Step::next(Next::Reply(Reply::unavailable()))
        }
    }
}
