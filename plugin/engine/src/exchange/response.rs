//! Turns the events of a response into the part that the client gets, refunds, and state to remember.
//!
//! It never waits, and never passes an event out of order.

use super::state::{Exchange, State};
use crate::audit::{Audit, Event};
use crate::response::{Findings, Passed, Problem};
use crate::step::{Next, Response, Step};
use crate::words::{Clock, Reason, Refusal, Rule};

/// A line lacks its time.
struct ClockFailed;

impl Exchange {
    pub(super) fn awaits_response(&self) -> bool {
        match self.state {
            State::Forwarded => true,
            State::Answered => false,
            _ => self.early,
        }
    }

    /// Passes an event of the response in its order, without the parts that the policy removes.
    pub(super) fn respond(&mut self, response: Response, clock: &dyn Clock) -> Step {
        let Some(stage) = self.stage.after(&response) else {
            self.state = State::Answered;
            return self.out_of_order(clock);
        };
        self.stage = stage;
        let Passed { next, edit, found } = self.passed(response);
        if let Next::Reply(_) = next {
            self.state = State::Answered;
        }
        let audit = self.audit_of_findings(&found, clock);
        let mut effects = found.effects;
        let Ok(audit) = audit else {
            let refused = self.without_time();
            effects.end(refused.effects.ended().cloned());
            return Step { effects, ..refused };
        };
        Step {
            edit,
            audit: audit.map(Box::new),
            effects,
            ..Step::next(next)
        }
    }

    /// Passes an event to the reader, unless another server got the request.
    fn passed(&mut self, response: Response) -> Passed {
        let missed = match &response {
            Response::SentTo(cluster) => self.missed(cluster.as_deref()),
            _ => None,
        };
        match missed {
            Some(server) => self.response.elsewhere(server),
            None => self.response.pass(response),
        }
    }

    /// The rule of the server that should have got the request, if another one did.
    fn missed(&self, cluster: Option<&str>) -> Option<Rule> {
        let destination = self.destination.as_ref();
        destination.and_then(|destination| destination.missed(&self.policy, cluster))
    }

    /// The line about these findings, if they have one.
    fn audit_of_findings(
        &self,
        found: &Findings,
        clock: &dyn Clock,
    ) -> Result<Option<Audit>, ClockFailed> {
        let refund = found.effects.refund().filter(|refund| refund.is_logged());
        let event = match (&found.problem, refund, &found.answered) {
            (Some(_), ..) => Event::Response,
            (None, Some(_), _) => Event::Refund,
            (None, None, Some(_)) => Event::Answer,
            (None, None, None) => return Ok(None),
        };
        let now = clock.now().ok_or(ClockFailed)?;
        let mut audit = self.audit_about(event, now);
        match (&found.problem, refund) {
            (Some(problem), _) => note_problem(&mut audit, problem),
            (None, Some(refund)) => audit.refunded(refund),
            (None, None) => {}
        }
        if let Some(answered) = &found.answered {
            audit.answered(answered, now);
        }
        Ok(Some(audit))
    }

    /// Ends the exchange: a host that reports a response out of order has lost track of it.
    fn out_of_order(&mut self, clock: &dyn Clock) -> Step {
        let Some(now) = clock.now() else {
            return self.without_time();
        };
        let mut audit = self.audit(now);
        let message = "The gateway reported parts of a response in an invalid order.";
        audit.refused(Reason::Unavailable, None, message);
        Step {
            audit: Some(Box::new(audit)),
            ..self.without_time()
        }
    }
}

/// Adds a problem of a response to its line.
fn note_problem(audit: &mut Audit, problem: &Problem) {
    let refusal = Refusal::from(problem);
    let rule = refusal.rule.as_ref().map(ToString::to_string);
    match (problem.is_shadow(), problem.is_redacted()) {
        (true, _) => audit.shadowed(&refusal),
        (false, true) => audit.explained(rule, &refusal.message),
        (false, false) => audit.refused(refusal.reason, rule, &refusal.message),
    }
    for redaction in problem.redactions() {
        audit.redacted(redaction.what, &redaction.rule, redaction.times);
    }
}
