//! Leads a judged message past the checks and counts that only the store knows, up to the verdict.
//!
//! It never takes the answer to one question for the answer to another: a missing answer is unknown.

use super::state::{Asking, Checking, Counting, Exchange, Judged, State};
use crate::answer::{Detail, ReplyTo};
use crate::audit::Audit;
use crate::count;
use crate::count::{Charge, Count, Reservation};
use crate::decide::Check;
use crate::model::{Limit, Mode};
use crate::read::RequestError;
use crate::step::{Ask, Event, Next, Step, lookup_of, opening_of};
use crate::words::trace::{RuleOutcome, RuleTrace, Trace};
use crate::words::under_way::Opening;
use crate::words::{Millis, Reason, Refusal, Rule};
use std::sync::Arc;

impl Asking {
    pub(super) fn of<'p>(
        check: Check<'p>,
        charges: impl Fn(&[(&'p Arc<Limit>, Mode)]) -> Vec<Charge>,
    ) -> Self {
        match check {
            Check::Marks(limits) => Self::Marks(charges(&limits).into()),
            Check::Pin(pin) => Self::Pin(pin),
            Check::Tasks(tasks, marks) => Self::Tasks(tasks, charges(&marks)),
        }
    }
}

impl Exchange {
    /// Asks what comes next, until nothing does.
    pub(super) fn check(
        &mut self,
        mut judged: Judged,
        mut turns: std::vec::IntoIter<(Trace, Asking)>,
    ) -> Step {
        let Some((before, check)) = turns.next() else {
            return self.conclude(judged);
        };
        judged.audit.note(before);
        let ask = match &check {
            Asking::Marks(charges) => Ask::Reserve(charges.clone()),
            Asking::Pin(pin) => Ask::Lookup(pin.keys().into()),
            Asking::Tasks(tasks, _) => Ask::Lookup(tasks.keys().into()),
        };
        self.state = State::Checking(Box::new(Checking {
            check,
            turns,
            judged,
        }));
        Step::next(Next::Ask(ask))
    }

    /// The answer to the question is here: the rules after it matter, or do not.
    pub(super) fn checked(&mut self, checking: Checking, event: Event, now: Millis) -> Step {
        let Checking {
            check,
            turns,
            mut judged,
        } = checking;
        let audit = match check {
            Asking::Marks(charges) => self
                .reserved(judged.audit, &judged.reply_to, &charges, event, now)
                .map(|(audit, _)| audit),
            Asking::Pin(pin) => {
                let said = pin.judge(&lookup_of(event));
                let rule = pin.pinned.rule();
                let by = (Some(&rule), pin.pinned.mode);
                self.remembered(judged.audit, &judged.reply_to, by, said)
            }
            Asking::Tasks(tasks, marks) => {
                let found = lookup_of(event);
                let said = tasks.judge(&found);
                let again = |mark: &Charge| tasks.marks(&mark.counter.id, &found);
                judged.charges.extend(marks.into_iter().filter(again));
                let by = (None, Mode::Enforce);
                self.remembered(judged.audit, &judged.reply_to, by, said)
            }
        };
        match audit {
            Ok(audit) => {
                judged.audit = audit;
                self.check(judged, turns)
            }
            Err(step) => *step,
        }
    }

    /// The result of the lookup: the line of the log with it in it, or a refusal.
    fn remembered(
        &mut self,
        mut audit: Box<Audit>,
        reply_to: &ReplyTo,
        (rule, mode): (Option<&Rule>, Mode),
        said: Result<&'static str, Refusal>,
    ) -> Result<Box<Audit>, Box<Step>> {
        let refusal = match said {
            Ok(detail) => {
                let finding = RuleTrace {
                    detail: Some(detail.into()),
                    ..RuleTrace::new(rule, RuleOutcome::Allow)
                };
                audit.traces.add(|| vec![finding]);
                return Ok(audit);
            }
            Err(refusal) => refusal,
        };
        if mode == Mode::Shadow {
            let finding = || vec![RuleTrace::new(rule, RuleOutcome::WouldDeny)];
            audit.traces.add(finding);
            audit.shadowed(&refusal);
            return Ok(audit);
        }
        Err(Box::new(self.refuse(
            audit,
            reply_to,
            &refusal,
            Detail::default(),
        )))
    }

    fn conclude(&mut self, judged: Judged) -> Step {
        let Judged {
            reply_to,
            mut audit,
            trace,
            refusal,
            charges,
        } = judged;
        audit.note(trace);
        if let Some(refusal) = refusal {
            return self.refuse(audit, &reply_to, &refusal, Detail::default());
        }
        let counting = Box::new(Counting {
            reply_to,
            charges: charges.into(),
            audit,
        });
        let Some(request) = self.response.request() else {
            return self.count(counting);
        };
        self.state = State::Opening(counting);
        Step::next(Next::Ask(Ask::Open(request)))
    }

    /// The id of the message is open for it alone, or unclear. A message whose id another one has costs nothing.
    pub(super) fn opened(&mut self, counting: Box<Counting>, event: &Event) -> Step {
        match opening_of(event) {
            Opening::InUse => {
                let Counting {
                    reply_to, audit, ..
                } = *counting;
                self.unreadable(*audit, &RequestError::IdInUse, reply_to.id())
            }
            Opening::Open(opening) => {
                self.response.opened(opening);
                self.count(counting)
            }
            Opening::Unclear => {
                self.response.unclear();
                self.count(counting)
            }
        }
    }

    fn count(&mut self, counting: Box<Counting>) -> Step {
        if counting.charges.is_empty() {
            return self.admit(counting.audit);
        }
        let charges = counting.charges.clone();
        self.state = State::Counting(counting);
        Step::next(Next::Ask(Ask::Reserve(charges)))
    }

    /// Passes the message on, once everything is known by which its response is judged.
    fn admit(&mut self, audit: Box<Audit>) -> Step {
        let keys = self.response.keys();
        if keys.is_empty() {
            return self.forward(Some(audit));
        }
        self.state = State::Recalling(audit);
        Step::next(Next::Ask(Ask::Lookup(keys.into())))
    }

    pub(super) fn found(&mut self, audit: Box<Audit>, event: Event) -> Step {
        self.response.found(lookup_of(event));
        self.forward(Some(audit))
    }

    pub(super) fn counted(&mut self, counting: Counting, event: Event, now: Millis) -> Step {
        let Counting {
            reply_to,
            charges,
            audit,
        } = counting;
        match self.reserved(audit, &reply_to, &charges, event, now) {
            Ok((audit, counts)) => {
                self.response.counted(charges, counts);
                self.forward(Some(audit))
            }
            Err(step) => *step,
        }
    }

    /// What became of the charges: the line of the log with them in it, or a refusal.
    fn reserved(
        &mut self,
        mut audit: Box<Audit>,
        reply_to: &ReplyTo,
        charges: &[Charge],
        event: Event,
        now: Millis,
    ) -> Result<(Box<Audit>, Vec<Count>), Box<Step>> {
        let step = match event {
            // A host that counts itself may not know that it counted too little.
            Event::Reserved(Reservation::Reserved(counts))
                if counts.len() == charges.len() && !charges.iter().any(Charge::is_uncountable) =>
            {
                for (charge, count) in charges.iter().zip(&counts) {
                    audit.counted(charge, count);
                }
                audit.traces.add(|| count::traces_counted(charges, &counts));
                return Ok((audit, counts));
            }
            Event::Reserved(Reservation::Full {
                charge,
                limit,
                used,
                ends,
                shadowed,
            }) => {
                audit
                    .traces
                    .add(|| count::traces_full(charges, (charge, limit), used, &shadowed));
                let charge_at = |index: usize| charges.get(index);
                for (index, limit) in shadowed {
                    charge_at(index)
                        .into_iter()
                        .for_each(|charge| audit.shadowed_limit(charge, limit));
                }
                let wait = Millis(ends.0.saturating_sub(now.0));
                match charge_at(charge).and_then(|charge| charge.refusal(limit, used, wait)) {
                    Some((refusal, detail)) => self.refuse(audit, reply_to, &refusal, detail),
                    None => return self.uncounted(audit, reply_to, charges),
                }
            }
            _ => return self.uncounted(audit, reply_to, charges),
        };
        Err(Box::new(step))
    }

    /// Not being able to count is a refusal, for limits that are enforced.
    fn uncounted(
        &mut self,
        mut audit: Box<Audit>,
        reply_to: &ReplyTo,
        charges: &[Charge],
    ) -> Result<(Box<Audit>, Vec<Count>), Box<Step>> {
        let message = "The gateway cannot count this call right now, so it is not let through. Try again later.";
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
        if enforced.is_none() {
            let rule = refusal.rule.as_ref();
            audit
                .traces
                .add(|| vec![RuleTrace::new(rule, RuleOutcome::WouldDeny)]);
            audit.shadowed(&refusal);
            return Ok((audit, Vec::new()));
        }
        Err(Box::new(self.refuse(
            audit,
            reply_to,
            &refusal,
            Detail::default(),
        )))
    }
}
