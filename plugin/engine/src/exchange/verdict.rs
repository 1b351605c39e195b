//! Ends the request of an exchange: forwarded, refused or unreadable, with its line of the log.
//!
//! It decides nothing.

use super::state::{Exchange, State};
use crate::answer::{Detail, Reply, ReplyTo, answer, answer_challenge, answer_unreadable};
use crate::audit;
use crate::audit::Audit;
use crate::decide::Login;
use crate::read::{HttpMethod, RequestError};
use crate::step::{Next, Step};
use crate::words::trace::{RuleOutcome, RuleTrace};
use crate::words::{Clock, Millis, Reason, Refusal};

impl Exchange {
    pub(super) fn forward(&mut self, audit: Option<Box<Audit>>) -> Step {
        self.state = State::Forwarded;
        Step {
            audit,
            ..Step::next(Next::Forward)
        }
    }

    pub(super) fn refuse(
        &mut self,
        audit: Box<Audit>,
        reply_to: &ReplyTo,
        refusal: &Refusal,
        detail: Detail,
    ) -> Step {
        let challenge = self.challenge_for(refusal);
        let style = self.policy.answer;
        self.refuse_with(audit, refusal, detail, |detail| match challenge {
            Some(challenge) => answer_challenge(reply_to, challenge, refusal, detail),
            None => answer(reply_to, style, refusal, detail),
        })
    }

    /// Refuses a message with the answer that `reply` makes of the details.
    pub(super) fn refuse_with(
        &mut self,
        mut audit: Box<Audit>,
        refusal: &Refusal,
        detail: Detail,
        reply: impl FnOnce(&Detail) -> Reply,
    ) -> Step {
        let rule = refusal.rule.as_ref().map(ToString::to_string);
        let mut detail = Detail {
            reason: Some(refusal.reason),
            request_id: self.ids.request_id.clone(),
            ..detail
        };
        if self.policy.client_detail {
            // The rule that hides a name would reveal whether the name exists.
            detail.rule = rule
                .clone()
                .filter(|_| refusal.reason != Reason::NotAllowed);
        } else {
            (detail.limit, detail.remaining) = (None, None);
        }
        audit.refused(refusal.reason, rule, &refusal.message);
        audit
            .traces
            .add(|| vec![RuleTrace::new(refusal.rule.as_ref(), RuleOutcome::Deny)]);
        self.state = State::Answered;
        Step {
            audit: Some(audit),
            effects: self.response.end(true),
            ..Step::next(Next::Reply(reply(&detail)))
        }
    }

    /// The challenge, for the refusal of a caller that a login may help.
    fn challenge_for(&self, refusal: &Refusal) -> Option<String> {
        let place = self.policy.challenge.as_deref()?;
        let login = self.login.filter(|_| refusal.reason == Reason::Identity)?;
        let error = match login {
            Login::NoCredential => "",
            Login::InvalidToken => r#"error="invalid_token", "#,
        };
        Some(["Bearer ", error, place].concat())
    }

    pub(super) fn unreadable(
        &mut self,
        mut audit: Audit,
        problem: &RequestError,
        id: Option<&str>,
    ) -> Step {
        audit.refused(Reason::Unreadable, None, &problem.to_string());
        let detail = Detail {
            reason: Some(Reason::Unreadable),
            request_id: self.ids.request_id.clone(),
            ..Detail::default()
        };
        self.state = State::Answered;
        let reply = answer_unreadable(problem, id, detail);
        Step {
            audit: Some(Box::new(audit)),
            effects: self.response.end(true),
            ..Step::next(Next::Reply(reply))
        }
    }

    /// Refuses a request whose message was not read.
    pub(super) fn unreadable_at(&mut self, clock: &dyn Clock, problem: &RequestError) -> Step {
        match clock.now() {
            Some(now) => self.unreadable(self.audit(now), problem, None),
            None => self.without_time(),
        }
    }

    /// Ends an exchange whose next step depends on the time, which the host cannot tell.
    pub(super) fn without_time(&mut self) -> Step {
        self.state = State::Answered;
        Step {
            effects: self.response.end(false),
            ..Step::next(Next::Reply(Reply::unavailable()))
        }
    }

    /// The line about a request without a message; `None` if the clock fails.
    pub(super) fn audit_of(&self, http_method: HttpMethod, clock: &dyn Clock) -> Option<Audit> {
        let mut audit = self.audit(clock.now()?);
        audit.http_method(http_method.name());
        Some(audit)
    }

    pub(super) fn audit(&self, now: Millis) -> Audit {
        self.audit_about(audit::Event::Decision, now)
    }

    pub(super) fn audit_about(&self, event: audit::Event, now: Millis) -> Audit {
        let origin = audit::Origin {
            policy: &self.policy.hash,
            ids: &self.ids,
            server: self.server.as_deref(),
            grant: self.grant.as_deref(),
            several: &self.several,
        };
        let mut audit = Audit::new(event, now, &origin, self.explain);
        audit.measured(self.measures.clone());
        audit
    }
}
