//! Answers a request to the page of approvals: who may, sees the approvals and decides them.
//!
//! It decides by verified identities alone, and no request to the page ever reaches a server.

use super::page_visit::{
    Answer, PageVisit, Stage, UNAVAILABLE, first, listed, may_decide, reply, shown,
};
use super::state::{Exchange, State};
use crate::approval::{
    Approving, Described, Form, LONGEST_FORM, PageRefused, Want, reads_json, want,
};
use crate::audit::{Audit, Event as LogEvent};
use crate::decide::Principal;
use crate::model::Approvals;
use crate::page;
use crate::read::{HeaderEdit, Headers, Verified};
use crate::step::{Ask, Event, Next, Step, approvals_of};
use crate::words::approval::{
    Approval, ApprovalAnswer, ApprovalAsk, ApprovalDecision, ApprovalId, ApprovalReport, Standing,
};
use crate::words::digits::push_decimal;
use crate::words::json::ObjectLine;
use crate::words::trace::{RuleOutcome, RuleTrace};
use crate::words::{Clock, Reason};

/// The fields that a request to the page never passes on, should a host pass its headers on early.
const CREDENTIALS: [&str; 2] = ["cookie", "authorization"];

impl Exchange {
    /// Begins the visit; `None` for a request to another path.
    pub(super) fn visit(
        &mut self,
        headers: &Headers,
        (verified, end): (&Verified, bool),
        principal: &Principal,
        clock: &dyn Clock,
    ) -> Option<Step> {
        let policy = self.policy.clone();
        let page = policy.approvals.as_ref()?.page()?;
        let want = want(page, headers)?;
        let visitor = Approving::of(page, &policy.identity, principal, verified);
        let json = reads_json(headers);
        let mut step = match want {
            Err(refused) => self.page_refused((json, visitor.as_ref()), &refused, None, clock),
            Ok(want) => {
                let stage = match want {
                    Want::Decide(_) => Stage::Body,
                    Want::List | Want::Show(_) => Stage::Reading,
                };
                let visit = Box::new(PageVisit {
                    want,
                    is_verified: *verified != Verified::default(),
                    visitor,
                    json,
                    body: Vec::new(),
                    stage,
                });
                self.begin_visit(visit, end, clock)
            }
        };
        step.edit = HeaderEdit {
            remove: CREDENTIALS.into(),
            set: Vec::new(),
        };
        Some(step)
    }

    fn begin_visit(&mut self, visit: Box<PageVisit>, end: bool, clock: &dyn Clock) -> Step {
        if visit.want == Want::List && visit.visitor.is_none() {
            return self.page_refused((visit.json, None), &visit.stranger(), None, clock);
        }
        match visit.want {
            Want::List => self.ask_page(visit, ApprovalAsk::List),
            Want::Show(id) => self.ask_page(visit, ApprovalAsk::Show(id)),
            Want::Decide(_) => {
                self.state = State::Page(visit);
                match end {
                    true => self.feed(Event::END, clock),
                    false => Step::more(),
                }
            }
        }
    }

    fn ask_page(&mut self, visit: Box<PageVisit>, ask: ApprovalAsk) -> Step {
        self.state = State::Page(visit);
        Step::next(Next::Ask(Ask::Approvals(ask)))
    }

    /// Continues the visit.
    pub(super) fn visited(
        &mut self,
        mut visit: Box<PageVisit>,
        event: Event,
        clock: &dyn Clock,
    ) -> Step {
        match visit.stage {
            Stage::Body => self.form(visit, event, clock),
            Stage::Reading => {
                let answer = approvals_of(event).answer;
                if let Want::Decide(id) = visit.want {
                    match self.decision(&visit, id, &answer, clock) {
                        Ok(decision) => {
                            visit.stage = Stage::Deciding;
                            self.ask_page(visit, ApprovalAsk::Decide(decision))
                        }
                        Err(refused) => {
                            let approval = first(&answer).ok();
                            self.page_refused(visit.reader(), &refused, approval, clock)
                        }
                    }
                } else {
                    self.show_page(&visit, &answer, clock)
                }
            }
            Stage::Deciding => {
                let report = approvals_of(event);
                self.decided(&visit, &report, clock)
            }
        }
    }

    fn form(&mut self, mut visit: Box<PageVisit>, event: Event, clock: &dyn Clock) -> Step {
        let (length, end) = match event {
            Event::Buffered(length) => (length, false),
            Event::Body {
                bytes,
                end_of_stream,
            } => {
                visit.body.extend(bytes);
                (visit.body.len(), end_of_stream)
            }
            _ => (usize::MAX, false),
        };
        if length > LONGEST_FORM {
            let refused = (413, "The form is too long. Write a shorter reason.");
            return self.page_refused(visit.reader(), &refused, None, clock);
        }
        match (end, visit.want) {
            (true, Want::Decide(id)) => {
                visit.stage = Stage::Reading;
                self.ask_page(visit, ApprovalAsk::Show(id))
            }
            _ => {
                self.state = State::Page(visit);
                Step::more()
            }
        }
    }

    /// The decision of a visitor who may decide.
    fn decision(
        &self,
        visit: &PageVisit,
        id: ApprovalId,
        answer: &ApprovalAnswer,
        clock: &dyn Clock,
    ) -> Result<ApprovalDecision, PageRefused> {
        let visitor = visit.visitor.as_ref().ok_or_else(|| visit.stranger())?;
        let approval = first(answer)?;
        may_decide(approval, visitor)?;
        let form = Form::read(&visit.body)?;
        let keys = self.policy.approvals.as_ref();
        let keys = keys.and_then(|approvals| approvals.keys.as_ref());
        let keys = keys.ok_or(UNAVAILABLE)?;
        if !form.is_of(visitor, id, keys) {
            return Err((
                403,
                "This form is not yours, or is too old. Open the approval again and decide there.",
            ));
        }
        let now = clock.now().ok_or(UNAVAILABLE)?;
        let mut text = ObjectLine::new();
        text.text("by", &visitor.label);
        push_decimal(text.name("at"), now.0, 1);
        if let Some(reason) = &form.reason {
            text.text("reason", reason);
        }
        Ok(ApprovalDecision {
            id,
            approves: form.approves,
            text: text.end(),
        })
    }

    fn show_page(&mut self, visit: &PageVisit, answer: &ApprovalAnswer, clock: &dyn Clock) -> Step {
        let policy = self.policy.clone();
        let shown = match (visit.want, policy.approvals.as_ref(), clock.now()) {
            (Want::List, Some(approvals), Some(now)) => listed(visit, approvals, answer, now),
            (_, Some(approvals), Some(now)) => shown(visit, approvals, answer, now),
            _ => Err(UNAVAILABLE),
        };
        let shown_approval = first(answer).ok().filter(|_| visit.want != Want::List);
        match shown {
            Ok(body) => {
                let answer = Answer {
                    status: 200,
                    body,
                    location: None,
                };
                self.page_reply(visit, answer, shown_approval, clock)
            }
            Err(refused) => self.page_refused(visit.reader(), &refused, None, clock),
        }
    }

    fn decided(&mut self, visit: &PageVisit, report: &ApprovalReport, clock: &dyn Clock) -> Step {
        let policy = self.policy.clone();
        let answer = &report.answer;
        let approval = match first(answer) {
            Ok(approval) => approval,
            Err(_) if matches!(answer, ApprovalAnswer::NotDone) => {
                let refused = (
                    409,
                    "Another person has decided already, or the time is over. Open the approval again.",
                );
                return self.page_refused(visit.reader(), &refused, None, clock);
            }
            Err(refused) => {
                return self.page_refused(visit.reader(), &refused, None, clock);
            }
        };
        let page = policy.approvals.as_ref().and_then(Approvals::page);
        let path = page.map(|page| &*page.path);
        let location = format!("{}/{}", path.unwrap_or_default(), approval.id);
        let answer = match visit.json {
            true => Answer {
                status: 200,
                body: Described::of(approval).map_or_else(String::new, |described| {
                    described.with(&[], |detail| page::detail_json(detail, None))
                }),
                location: None,
            },
            // A page that is loaded again does not send the form again.
            false => Answer {
                status: 303,
                body: page::notice("Decided", "Your decision is recorded."),
                location: Some(location),
            },
        };
        let mut step = self.page_reply(visit, answer, Some(approval), clock);
        if let Some(audit) = &mut step.audit {
            for id in &report.expired {
                audit.approval_changed(*id, Standing::Expired.name());
            }
        }
        step
    }

    fn page_reply(
        &mut self,
        visit: &PageVisit,
        answer: Answer,
        approval: Option<&Approval>,
        clock: &dyn Clock,
    ) -> Step {
        let Some(mut audit) = self.page_audit(visit.visitor.as_ref(), clock) else {
            return self.without_time();
        };
        if let Some(approval) = approval {
            match visit.want {
                Want::Decide(_) => audit.approval_changed(approval.id, approval.standing.name()),
                Want::List | Want::Show(_) => audit.approval(approval.id, approval.standing.name()),
            }
            if let (Want::Decide(_), Some(described)) = (visit.want, Described::of(approval)) {
                described.log(&mut audit);
            }
        }
        self.state = State::Answered;
        Step {
            audit: Some(Box::new(audit)),
            ..Step::next(Next::Reply(reply(visit.json, answer)))
        }
    }

    fn page_refused(
        &mut self,
        (json, visitor): (bool, Option<&Approving>),
        (status, sentence): &PageRefused,
        approval: Option<&Approval>,
        clock: &dyn Clock,
    ) -> Step {
        let Some(mut audit) = self.page_audit(visitor, clock) else {
            return self.without_time();
        };
        if let Some(approval) = approval {
            audit.approval(approval.id, approval.standing.name());
            if let Some(described) = Described::of(approval) {
                described.log_call(&mut audit);
            }
        }
        let reason = match status {
            403 => Reason::Identity,
            503 => Reason::Unavailable,
            _ => Reason::Unreadable,
        };
        audit.refused(reason, None, sentence);
        if reason != Reason::Unreadable {
            audit
                .traces
                .add(|| vec![RuleTrace::new(None, RuleOutcome::Deny)]);
        }
        self.state = State::Answered;
        let answer = Answer {
            status: *status,
            body: match json {
                true => page::error_json(sentence),
                false => page::notice("Approvals", sentence),
            },
            location: None,
        };
        Step {
            audit: Some(Box::new(audit)),
            ..Step::next(Next::Reply(reply(json, answer)))
        }
    }

    fn page_audit(&self, visitor: Option<&Approving>, clock: &dyn Clock) -> Option<Audit> {
        let mut audit = self.audit_about(LogEvent::Approval, clock.now()?);
        if let Some(visitor) = visitor {
            audit.approver(&visitor.label);
        }
        Some(audit)
    }
}
