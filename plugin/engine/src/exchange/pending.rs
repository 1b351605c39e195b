//! Asks the host's state for the answers that a judged message needs, and turns them into the verdict.
//!
//! It never mistakes the answer to one question for the answer to another: a missing answer is unknown.

use super::approval_step::{ApprovalStep, Waiting};
use super::question::Pending;
use super::state::{Exchange, Judged, State};
use crate::answer::Detail;
use crate::audit::Audit;
use crate::count;
use crate::count::{Charge, Count, Reservation};
use crate::model::Mode;
use crate::read::RequestError;
use crate::step::{Ask, Event, Next, Step, lookup_of, opening_of};
use crate::words::trace::{RuleOutcome, RuleTrace};
use crate::words::under_way::Opening;
use crate::words::{Amount, Clock, Millis, Reason, Refusal, Rule};

/// A refusal because of the answer to a question.
pub(super) enum Refused {
    Waiting(Box<Waiting>),
    ByRule(Box<(Refusal, Detail)>),
    IdInUse,
}

pub(super) fn by_rule(refusal: Refusal, detail: Detail) -> Refused {
    Refused::ByRule(Box::new((refusal, detail)))
}

impl Exchange {
    /// Asks the next question, or concludes if no question is left.
    pub(super) fn ask(&mut self, mut judged: Box<Judged>, clock: &dyn Clock) -> Step {
        let Some(pending) = self.next_question(&mut judged) else {
            return self.conclude(*judged);
        };
        let ask = match pending.ask() {
            Ask::Approvals(ask) => self.ask_about_approvals(&mut judged, ask, clock),
            Ask::Reserve(charges) => match self.ask_to_count(&charges) {
                Ok(ask) => ask,
                Err(known) => return self.answered(pending, judged, Event::Reserved(known), clock),
            },
            ask => ask,
        };
        self.state = State::Pending(pending, judged);
        Step::next(Next::Ask(ask))
    }

    /// The checks among the rules come first. For a message that a rule refuses, no other question is asked.
    fn next_question(&self, judged: &mut Judged) -> Option<Pending> {
        if let Some(next) = judged.next.take() {
            return Some(next);
        }
        if let Some((before, check)) = judged.checks.next() {
            judged.audit.note(before);
            return Some(check);
        }
        judged.audit.note(judged.trace.take());
        if judged.refusal.is_some() {
            return None;
        }
        let approvals = judged.approvals.as_mut();
        if let Some(question) = approvals.and_then(|step| first(step)) {
            return Some(question);
        }
        if let Some(request) = judged.id.take() {
            return Some(Pending::Id(request));
        }
        let charges = self.first_charges(&mut judged.charges);
        if !charges.is_empty() {
            return Some(Pending::Limits(charges));
        }
        let keys = judged.awaits_keys.then(|| self.response.keys());
        judged.awaits_keys = false;
        let keys = keys.filter(|keys| !keys.is_empty());
        let last = || last(judged.approvals.as_mut()?);
        keys.map(Pending::Response).or_else(last)
    }

    /// Judges the answer to the pending question, and asks the next one unless it refuses the message.
    pub(super) fn answered(
        &mut self,
        pending: Pending,
        mut judged: Box<Judged>,
        event: Event,
        clock: &dyn Clock,
    ) -> Step {
        let event = Self::of_service(&mut judged, event);
        let event = match &pending {
            Pending::Limits(charges) => self.counted_by_service(charges, event, clock),
            _ => Ok(event),
        };
        let event = match event {
            Ok(event) => event,
            Err(ask) => {
                self.state = State::Pending(pending, judged);
                return Step::next(Next::Ask(ask));
            }
        };
        match self.judge_answer(pending, &mut judged, event, clock) {
            Ok(()) => self.ask(judged, clock),
            Err(refused) => self.refuse_judged(*judged, refused, clock),
        }
    }

    fn judge_answer(
        &mut self,
        pending: Pending,
        judged: &mut Judged,
        event: Event,
        clock: &dyn Clock,
    ) -> Result<(), Refused> {
        let audit = &mut judged.audit;
        match pending {
            Pending::Approvals(wanted, _) => Self::approved(judged, wanted, event),
            Pending::Cancelled(id) => Err(Self::cancelled(audit, id, event)),
            Pending::Over(wanted, charges, _) => {
                Self::count_beyond(judged, *wanted, &charges, event)
            }
            Pending::Use(approved) => Self::used(judged, &approved, event),
            Pending::Sequence(charges) => reserved(audit, &charges, event, clock).map(drop),
            Pending::Pin(pin) => {
                let rule = pin.pinned.rule();
                let by = (Some(&rule), pin.pinned.mode);
                found(audit, by, pin.judge(&lookup_of(event)))
            }
            Pending::Tasks(tasks, marks) => {
                let lookup = lookup_of(event);
                let again = |mark: &Charge| tasks.marks(&mark.counter.id, &lookup);
                judged.charges.extend(marks.into_iter().filter(again));
                found(audit, (None, Mode::Enforce), tasks.judge(&lookup))
            }
            Pending::Id(_) => self.opened(&event),
            Pending::Limits(charges) => {
                if let Some(over) = Self::over_limit(judged, &charges, &event) {
                    judged.next = Some(over);
                    return Ok(());
                }
                let audit = &mut judged.audit;
                let counts = reserved(audit, &charges, event, clock)?;
                if self.shared(&charges).is_none() {
                    Self::counted_before(judged, &charges, &counts);
                    self.response.counted(charges, counts);
                }
                Ok(())
            }
            Pending::Response(_) => {
                self.response.found(lookup_of(event));
                Ok(())
            }
        }
    }

    /// Records that the id is open for this message alone, or unclear. A message whose id is in use is refused before
    /// it is charged.
    fn opened(&mut self, event: &Event) -> Result<(), Refused> {
        match opening_of(event) {
            Opening::Open(opening) => self.response.opened(opening),
            Opening::Unclear => self.response.unclear(),
            Opening::InUse => return Err(Refused::IdInUse),
        }
        Ok(())
    }

    fn refuse_judged(&mut self, mut judged: Judged, refused: Refused, clock: &dyn Clock) -> Step {
        let refund = Self::given_back(&mut judged);
        let mut step = self.refuse_uncounted(judged, refused, clock);
        step.effects.give_back(refund);
        step
    }

    fn refuse_uncounted(&mut self, judged: Judged, refused: Refused, clock: &dyn Clock) -> Step {
        let refused = match refused {
            Refused::Waiting(waiting) => return self.wait(judged, *waiting, clock),
            refused => refused,
        };
        let Judged {
            audit, reply_to, ..
        } = judged;
        match refused {
            Refused::Waiting(_) => self.without_time(),
            Refused::ByRule(by) => {
                let (refusal, detail) = *by;
                self.refuse(audit, &reply_to, &refusal, detail)
            }
            Refused::IdInUse => self.unreadable(*audit, &RequestError::IdInUse, reply_to.id()),
        }
    }

    /// Forwards the message, or refuses it, once all questions are answered.
    fn conclude(&mut self, judged: Judged) -> Step {
        let Judged {
            reply_to,
            audit,
            refusal,
            approvals,
            body,
            ..
        } = judged;
        let edited = approvals.and_then(|step| step.body);
        match (refusal, edited.or(body)) {
            (Some(refusal), _) => self.refuse(audit, &reply_to, &refusal, Detail::default()),
            _ if self.dropped => {
                self.unreadable(*audit, &RequestError::BodyUnavailable, reply_to.id())
            }
            (None, None) => self.forward(Some(audit)),
            (None, Some(body)) => Step {
                next: Next::ForwardBody(body),
                ..self.forward(Some(audit))
            },
        }
    }
}

/// The first question about the approvals of a message.
fn first(step: &mut ApprovalStep) -> Option<Pending> {
    if let Some(id) = step.declined() {
        return Some(Pending::Cancelled(id));
    }
    let wanted = std::mem::take(&mut step.wanted);
    (!wanted.is_empty()).then(|| Pending::Approvals(wanted, step.awaited(0)))
}

/// The last question: it uses the approvals up.
fn last(step: &mut ApprovalStep) -> Option<Pending> {
    let approved = std::mem::take(&mut step.approved);
    (!approved.is_empty()).then_some(Pending::Use(approved))
}

/// Records the result of a lookup in the log's line, or returns a refusal.
fn found(
    audit: &mut Audit,
    (rule, mode): (Option<&Rule>, Mode),
    said: Result<&'static str, Refusal>,
) -> Result<(), Refused> {
    let traces = &mut audit.traces;
    match said {
        Ok(detail) => {
            let finding = RuleTrace {
                detail: Some(detail.into()),
                ..RuleTrace::new(rule, RuleOutcome::Allow)
            };
            traces.add(|| vec![finding]);
            Ok(())
        }
        Err(refusal) if mode == Mode::Shadow => {
            traces.add(|| vec![RuleTrace::new(rule, RuleOutcome::WouldDeny)]);
            audit.shadowed(&refusal);
            Ok(())
        }
        Err(refusal) => Err(by_rule(refusal, Detail::default())),
    }
}

/// Records the counts of the charges in the log's line and returns them, or returns a refusal.
pub(super) fn reserved(
    audit: &mut Audit,
    charges: &[Charge],
    event: Event,
    clock: &dyn Clock,
) -> Result<Vec<Count>, Refused> {
    match event {
        // A host that counts on its own may return too few counts, or count a charge without a subject.
        Event::Reserved(Reservation::Reserved(counts))
            if counts.len() == charges.len() && !charges.iter().any(Charge::is_uncountable) =>
        {
            for (charge, count) in charges.iter().zip(&counts) {
                audit.counted(charge, count);
            }
            audit.traces.add(|| count::traces_counted(charges, &counts));
            Ok(counts)
        }
        Event::Reserved(Reservation::Full {
            charge,
            limit,
            used,
            ends,
            shadowed,
        }) => {
            let Some(now) = clock.now() else {
                return uncounted(audit, charges);
            };
            let wait = Millis(ends.0.saturating_sub(now.0));
            full_limit(audit, charges, (charge, limit), (used, wait), &shadowed)
        }
        _ => uncounted(audit, charges),
    }
}

/// Refuses a call by the full limit of a charge, with its count and the time to wait.
fn full_limit(
    audit: &mut Audit,
    charges: &[Charge],
    (charge, limit): (usize, usize),
    (used, wait): (Amount, Millis),
    shadowed: &[(usize, usize)],
) -> Result<Vec<Count>, Refused> {
    audit
        .traces
        .add(|| count::traces_full(charges, (charge, limit), used, shadowed));
    for (index, limit) in shadowed {
        let charge = charges.get(*index).into_iter();
        charge.for_each(|charge| audit.shadowed_limit(charge, *limit));
    }
    let charge = charges.get(charge);
    match charge.and_then(|charge| charge.refusal(limit, used, wait)) {
        Some((refusal, detail)) => Err(by_rule(refusal, detail)),
        None => uncounted(audit, charges),
    }
}

/// Refuses a call that cannot be counted, if a limit is enforced.
fn uncounted(audit: &mut Audit, charges: &[Charge]) -> Result<Vec<Count>, Refused> {
    let message =
        "The gateway cannot count this call right now, so it is refused. Try again later.";
    let first = |mode| {
        let mut limits = charges.iter().flat_map(|charge| &charge.limits);
        limits.find(|limit| limit.mode == mode)
    };
    let enforced = first(Mode::Enforce);
    let limit = enforced.or_else(|| first(Mode::Shadow));
    let refusal = Refusal {
        reason: Reason::Unavailable,
        rule: limit.map(|limit| limit.limit.rule.clone()),
        message: message.into(),
    };
    if enforced.is_some() {
        return Err(by_rule(refusal, Detail::default()));
    }
    let rule = refusal.rule.as_ref();
    audit
        .traces
        .add(|| vec![RuleTrace::new(rule, RuleOutcome::WouldDeny)]);
    audit.shadowed(&refusal);
    Ok(Vec::new())
}
