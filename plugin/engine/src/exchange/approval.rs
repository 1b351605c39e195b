//! Asks for the approvals that a message needs, and answers a caller who has to wait for a person.
//!
//! It approves nothing: a call passes only by a record in the host's state that it uses up, and never by what a client says.

use super::approval_refusal::{
    USED_BY_ANOTHER, of, over_already, refused, refused_by_person, too_long, unavailable,
};
use super::approval_step::{ApprovalStep, Waiting, Waits, Wanted};
use super::pending::Refused;
use super::question::Pending;
use super::state::{Exchange, Judged, Reading};
use crate::answer::{Detail, Hold, InputRequired, Reply, answer_input_required};
use crate::approval::{
    ApprovableCall, MOST_ROUNDS, Round, RoundState, ServiceQuestion, SignedMessage, TOKEN_KEY,
    TooLong, notice_of,
};
use crate::audit::Audit;
use crate::count::{CallOutcome, Charge, Count, Refund, Reservation};
use crate::model::{ApprovalRule, Approvals, Limit, Mode};
use crate::read::{Call, Verified, is_modern};
use crate::step::{Ask, Event, Step, approvals_of};
use crate::words::approval::{
    Approval, ApprovalAnswer, ApprovalAsk, ApprovalId, ApprovalReport, CallDigest, Standing,
};
use crate::words::text::clip;
use crate::words::{Clock, Millis, Reason, Refusal};
use std::sync::Arc;

/// The limits that a person may let a call exceed, each with the sentence of its refusal.
fn over<'p>(limits: &[(&'p Arc<Limit>, Mode)]) -> Vec<(&'p Arc<ApprovalRule>, String)> {
    let mut over = Vec::new();
    for (limit, mode) in limits {
        if let Some(rule) = limit.over.as_ref().filter(|_| *mode == Mode::Enforce) {
            let message = limit.on_deny.as_deref().map(Into::into);
            let message =
                message.unwrap_or_else(|| format!("The limit of {} is used up.", limit.max));
            over.push((rule, message));
        }
    }
    over
}

/// A client waits by itself in 2026-07-28, unless its request answers a server.
fn waits(reading: &Reading, call: &Call<'_>, own: bool) -> Option<Waits> {
    let answers = call.rounds.state.or(call.rounds.responses).is_some() && !own;
    let modern = is_modern(&reading.head, call.claim.as_ref());
    (modern && !answers).then_some(Waits {
        shows_urls: call.rounds.shows_urls,
    })
}

impl Exchange {
    /// The approvals that a message needs or waits for; `None` where there is nothing to do.
    ///
    /// # Errors
    /// The refusal of a message that cannot have an approval.
    pub(super) fn approval_step(
        &self,
        reading: &Reading,
        call: &Call<'_>,
        rules: &[&Arc<ApprovalRule>],
        limits: &[(&Arc<Limit>, Mode)],
    ) -> Result<Option<Box<ApprovalStep>>, Refusal> {
        let Some(approvals) = &self.policy.approvals else {
            return Ok(None);
        };
        let over = over(limits);
        let asks = !rules.is_empty() || !over.is_empty();
        let Some(keys) = &approvals.keys else {
            return match rules.first() {
                Some(rule) => Err(unavailable(Some(rule.rule().clone()))),
                None => Ok(None),
            };
        };
        let (round, declines) = match RoundState::read(&call.rounds, keys) {
            RoundState::Own { round, declines } => (Some(round), declines),
            RoundState::Foreign if !asks => return Ok(None),
            RoundState::Foreign => (None, false),
            RoundState::Forged => return Err(over_already(None)),
        };
        let mut step = ApprovalStep {
            wanted: Vec::new(),
            over: Vec::new(),
            approved: Vec::new(),
            round,
            waits_for: round.map(|round| round.id),
            declines,
            waits: waits(reading, call, round.is_some()),
            body: round.map(|_| call.rounds.without(&reading.body)),
            counted: None,
        };
        if asks {
            let nobody = Verified::default();
            let verified = reading.verified.as_deref().unwrap_or(&nobody);
            let own = round.is_some();
            let approvable = ApprovableCall::new(call, &reading.context, verified, own);
            let approvable = approvable.map_err(|TooLong| too_long(rules, &over))?;
            let noun = noun(call);
            for rule in rules {
                let reason = format!("The {noun} needs a person's approval.");
                step.wanted.push(Wanted::new(&approvable, rule, reason));
            }
            for (rule, reason) in over {
                step.over.push(Wanted::new(&approvable, rule, reason));
            }
        }
        Ok(Some(Box::new(step)))
    }

    /// The question for the service that keeps approvals, or for the host's state.
    pub(super) fn ask_about_approvals(
        &self,
        judged: &mut Judged,
        ask: ApprovalAsk,
        clock: &dyn Clock,
    ) -> Ask {
        let approvals = self.policy.approvals.as_ref();
        let question = approvals
            .and_then(|approvals| ServiceQuestion::new(approvals, &ask, &self.seed, clock.now()?));
        match question {
            Some((question, message)) => {
                judged.asked_service = Some(Box::new(question));
                Ask::Service(Box::new(message))
            }
            None => Ask::Approvals(ask),
        }
    }

    /// The answer of a service, as one of the host's state; another event stays as it is.
    pub(super) fn of_service(judged: &mut Judged, event: Event) -> Event {
        match (event, judged.asked_service.take()) {
            (Event::ServiceAnswer(answer), Some(question)) => {
                let answer = answer.filter(|answer| answer.status == 200);
                let body = answer.as_ref().map(|answer| answer.body.as_slice());
                Event::Approvals(Box::new(ApprovalReport {
                    answer: question.answer(body),
                    expired: Vec::new(),
                }))
            }
            (event, _) => event,
        }
    }

    /// Judges the approvals of a message: a person has approved all of them, or the message waits or is refused.
    pub(super) fn approved(
        judged: &mut Judged,
        wanted: Vec<Wanted>,
        event: Event,
    ) -> Result<(), Refused> {
        let rule = wanted.first().map(|wanted| wanted.rule.rule().clone());
        let found = match noted(&mut judged.audit, event) {
            ApprovalAnswer::Found(found) => found,
            other => return Err(refused(&other, rule)),
        };
        for approval in &found {
            match approval.is_new {
                true => judged.audit.approval_changed(approval.id, ASKED),
                false => judged.audit.approval(approval.id, approval.standing.name()),
            }
        }
        let Some(step) = &mut judged.approvals else {
            return Err(refused(&ApprovalAnswer::Unavailable, rule));
        };
        step.found(&found);
        let all = found.len() == wanted.len();
        for (approval, wanted) in found.into_iter().zip(wanted) {
            match approval.standing {
                Standing::Approved => step.approved.push((approval.id, wanted.request.digest)),
                Standing::Refused => return Err(refused_by_person(&approval, &wanted)),
                _ => {
                    return Err(Refused::Waiting(Box::new(Waiting {
                        approval,
                        text: wanted.request.text,
                        rule: wanted.rule.rule().clone(),
                        reason: wanted.reason,
                    })));
                }
            }
        }
        match all {
            true => Ok(()),
            false => Err(refused(&ApprovalAnswer::Unavailable, rule)),
        }
    }

    /// The question for the approval of a call that exceeds a limit; `None` where the limit has none.
    pub(super) fn over_limit(
        judged: &Judged,
        charges: &Arc<[Charge]>,
        event: &Event,
    ) -> Option<Pending> {
        let Event::Reserved(Reservation::Full { charge, limit, .. }) = event else {
            return None;
        };
        let step = judged.approvals.as_ref()?;
        let rule = charges
            .get(*charge)?
            .limits
            .get(*limit)?
            .limit
            .over
            .as_ref()?;
        let mut over = step.over.iter();
        let wanted = over.find(|wanted| Arc::ptr_eq(&wanted.rule, rule))?.clone();
        Some(Pending::Over(
            Box::new(wanted),
            charges.clone(),
            step.awaited(1),
        ))
    }

    /// Counts the call again, beyond the limit that a person let it exceed.
    pub(super) fn count_beyond(
        judged: &mut Judged,
        wanted: Wanted,
        charges: &Arc<[Charge]>,
        event: Event,
    ) -> Result<(), Refused> {
        let rule = wanted.rule.clone();
        Self::approved(judged, vec![wanted], event)?;
        let mut charges = charges.to_vec();
        for limit in charges.iter_mut().flat_map(|charge| &mut charge.limits) {
            let own = limit.limit.over.as_ref();
            limit.is_approved |= own.is_some_and(|own| Arc::ptr_eq(own, &rule));
        }
        judged.charges = charges;
        Ok(())
    }

    /// Remembers what a later refusal gives back.
    pub(super) fn counted_before(judged: &mut Judged, charges: &Arc<[Charge]>, counts: &[Count]) {
        if let Some(step) = &mut judged.approvals {
            step.counted = Some((charges.clone(), counts.to_vec()));
        }
    }

    /// Judges whether the approvals were used up for this message alone.
    pub(super) fn used(
        judged: &mut Judged,
        approved: &[(ApprovalId, CallDigest)],
        event: Event,
    ) -> Result<(), Refused> {
        match noted(&mut judged.audit, event) {
            ApprovalAnswer::Done => {
                for (id, _) in approved {
                    judged.audit.approval_changed(*id, Standing::Used.name());
                }
                Ok(())
            }
            ApprovalAnswer::NotDone => Err(of(Reason::ApprovalRequired, None, USED_BY_ANOTHER)),
            other => Err(refused(&other, None)),
        }
    }

    /// Refuses a message whose user did not want to wait.
    pub(super) fn cancelled(audit: &mut Audit, id: ApprovalId, event: Event) -> Refused {
        if matches!(noted(audit, event), ApprovalAnswer::Done) {
            audit.approval_changed(id, Standing::Cancelled.name());
        }
        let message = "The user declined to ask for an approval. Do not retry; ask the user.";
        of(Reason::ApprovalRequired, None, message)
    }

    /// The counts of a message that is refused after it was counted.
    pub(super) fn given_back(judged: &mut Judged) -> Option<Refund> {
        let step = judged.approvals.as_mut()?;
        let (charges, counts) = step.counted.take()?;
        Some(Refund {
            charges,
            counts,
            outcome: CallOutcome::Refused,
            task: None,
        })
    }

    /// Answers a caller who has to wait, and tells of a new approval.
    pub(super) fn wait(&mut self, judged: Judged, waiting: Waiting, clock: &dyn Clock) -> Step {
        let notice = self.notice(&waiting, clock).map(Box::new);
        let step = self.wait_for(judged, waiting, clock);
        Step { notice, ..step }
    }

    fn notice(&self, waiting: &Waiting, clock: &dyn Clock) -> Option<SignedMessage> {
        let approvals = self.policy.approvals.as_ref()?;
        let approval = Some(&waiting.approval).filter(|approval| approval.is_new)?;
        let url = approvals.link(approval);
        let notify = approvals.page()?.notify.as_ref()?;
        notice_of(notify, approval, &waiting.text, &url, clock.now()?)
    }

    /// Answers a caller who has to wait: it waits by itself where it can, and calls again where it cannot.
    fn wait_for(&mut self, judged: Judged, waiting: Waiting, clock: &dyn Clock) -> Step {
        let policy = self.policy.clone();
        let Some(approvals) = &policy.approvals else {
            return self.without_time();
        };
        let Waiting {
            approval,
            rule,
            reason,
            ..
        } = waiting;
        let url = approvals.link(&approval);
        let refusal = Refusal {
            reason: Reason::ApprovalRequired,
            rule: Some(rule),
            message: match approval.is_new {
                true => format!(
                    "{reason} Give the user this link: {url} . When a person has approved, repeat this call with the same arguments."
                ),
                false => format!(
                    "{reason} It still waits for a person: {url} . Repeat this call with the same arguments later."
                ),
            },
        };
        let detail = Detail {
            approval_url: Some(url.clone()),
            ..Detail::default()
        };
        let rounds = judged.approvals.as_ref();
        let round = rounds
            .and_then(|step| step.round)
            .map_or(0, |round| round.number);
        let waits = rounds.and_then(|step| step.waits);
        let id = judged
            .reply_to
            .id()
            .zip(waits.filter(|_| round < MOST_ROUNDS));
        let Some((id, waits)) = id else {
            return self.refuse(judged.audit, &judged.reply_to, &refusal, detail);
        };
        let now = clock.now().unwrap_or_default();
        let answer = |detail: &Detail| {
            let opens = waits.shows_urls && round == 0;
            next_round(
                approvals,
                &approval,
                (id, round),
                opens.then_some(&*url),
                &reason,
                detail,
                now,
            )
        };
        self.refuse_with(judged.audit, &refusal, detail, answer)
    }
}

fn noun(call: &Call<'_>) -> String {
    match call.target.named() {
        Some((kind, name)) => format!(
            "{} `{}`",
            if kind == "uri" { "resource" } else { kind },
            clip(name, 128)
        ),
        None => "call".into(),
    }
}

/// The answer that begins the next round.
fn next_round(
    approvals: &Approvals,
    approval: &Approval,
    (id, round): (&str, u8),
    opens: Option<&str>,
    reason: &str,
    detail: &Detail,
    now: Millis,
) -> Reply {
    let next = Round {
        id: approval.id,
        number: round.saturating_add(1),
    };
    let state = approvals.keys.as_ref().map(|keys| next.state(keys));
    let message =
        format!("{reason} An approver signs in at this address and decides; the call waits.");
    let input = InputRequired {
        opens: opens.map(|url| (TOKEN_KEY, url)),
        message: &message,
        state: state.as_deref().unwrap_or_default(),
    };
    let mut reply = answer_input_required(id, &input, detail);
    let until = Millis(now.0.saturating_add(approvals.hold.0)).min(approval.expires);
    // A user who is to open the address does so while the next round waits.
    reply.hold = opens.is_none().then(|| {
        Box::new(Hold {
            approval: approval.id,
            until,
        })
    });
    reply
}

/// The word of the log for an approval that was created.
const ASKED: &str = "asked";

/// The answer, after the approvals that expired are in the line.
fn noted(audit: &mut Audit, event: Event) -> ApprovalAnswer {
    let report = approvals_of(event);
    for id in report.expired {
        audit.approval_changed(id, Standing::Expired.name());
    }
    if let ApprovalAnswer::Over(id, standing) = &report.answer {
        audit.approval(*id, standing.name());
    }
    report.answer
}
