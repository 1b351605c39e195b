//! Leads a judged message past the checks and counts that only the store knows, up to the verdict.
//!
//! It never takes the answer to one question for the answer to another: a missing answer is unknown.

use super::state::{Asking, Checking, Counting, Exchange, Judged, State};
use crate::answer::{Asked, Detail};
use crate::audit::Audit;
use crate::count;
use crate::count::{Charge, Reservation, Tally};
use crate::decide::Check;
use crate::model::{Limit, Mode};
use crate::response::Settlement;
use crate::step::{Ask, Event, Next, Step, recollection};
use crate::words::trace::{Account, Finding, Said};
use crate::words::{Millis, Reason, Refusal, Rule};
use std::sync::Arc;

impl Asking {
    pub(super) fn of<'p>(
        check: Check<'p>,
        charges: impl Fn(&[(&'p Limit, Mode)]) -> Vec<Charge>,
    ) -> Self {
        match check {
            Check::Marks(limits) => Self::Marks(charges(&limits).into()),
            Check::Pin(pin) => Self::Pin(pin),
            Check::Tasks(tasks) => Self::Tasks(tasks),
        }
    }
}

impl Exchange {
    /// Asks what comes next, until nothing does.
    pub(super) fn check(
        &mut self,
        mut judged: Judged,
        mut turns: std::vec::IntoIter<(Account, Asking)>,
    ) -> Step {
        let Some((before, check)) = turns.next() else {
            return self.conclude(judged);
        };
        judged.audit.note(before);
        let ask = match &check {
            Asking::Marks(charges) => Ask::Reserve(charges.clone()),
            Asking::Pin(pin) => Ask::Recall(pin.topics().into()),
            Asking::Tasks(tasks) => Ask::Recall(tasks.topics().into()),
        };
        self.state = State::Checking(Box::new(Checking {
            check,
            turns,
            judged,
        }));
        Step::next(Next::Ask(ask))
    }

    /// What was asked is known, so the rules behind it matter, or not.
    pub(super) fn checked(&mut self, checking: Checking, event: Event, now: Millis) -> Step {
        let Checking {
            check,
            turns,
            mut judged,
        } = checking;
        let audit = match check {
            Asking::Marks(charges) => self
                .reserved(judged.audit, &judged.asked, &charges, event, now)
                .map(|(audit, _)| audit),
            Asking::Pin(pin) => {
                let said = pin.judge(&recollection(event));
                let rule = pin.pinned.rule();
                let by = (Some(&rule), pin.pinned.mode);
                self.remembered(judged.audit, &judged.asked, by, said)
            }
            Asking::Tasks(tasks) => {
                let said = tasks.judge(&recollection(event));
                let by = (None, Mode::Enforce);
                self.remembered(judged.audit, &judged.asked, by, said)
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

    /// What came of what was recalled: the line of the log with it in it, or a refusal.
    fn remembered(
        &mut self,
        mut audit: Box<Audit>,
        asked: &Asked,
        (rule, mode): (Option<&Rule>, Mode),
        said: Result<&'static str, Refusal>,
    ) -> Result<Box<Audit>, Box<Step>> {
        let refusal = match said {
            Ok(found) => {
                let finding = Finding {
                    found: Some(found.into()),
                    ..Finding::new(rule, Said::Passes)
                };
                audit.findings.add(|| vec![finding]);
                return Ok(audit);
            }
            Err(refusal) => refusal,
        };
        if mode == Mode::Shadow {
            let finding = || vec![Finding::new(rule, Said::WouldRefuse)];
            audit.findings.add(finding);
            audit.shadowed(&refusal);
            return Ok(audit);
        }
        Err(Box::new(self.refuse(
            audit,
            asked,
            &refusal,
            Detail::default(),
        )))
    }

    fn conclude(&mut self, judged: Judged) -> Step {
        let Judged {
            asked,
            mut audit,
            account,
            refusal,
            charges,
        } = judged;
        audit.note(account);
        if let Some(refusal) = refusal {
            return self.refuse(audit, &asked, &refusal, Detail::default());
        }
        if charges.is_empty() {
            return self.admit(audit);
        }
        let charges: Arc<[Charge]> = charges.into();
        self.state = State::Counting(Box::new(Counting {
            asked,
            charges: charges.clone(),
            audit,
        }));
        Step::next(Next::Ask(Ask::Reserve(charges)))
    }

    /// Passes the message on, once everything is known by which its response is judged.
    fn admit(&mut self, audit: Box<Audit>) -> Step {
        let topics = self.filter.as_ref().map(|filter| filter.topics());
        match topics {
            Some(topics) if !topics.is_empty() => {
                self.state = State::Recalling(audit);
                Step::next(Next::Ask(Ask::Recall(topics.into())))
            }
            _ => self.forward(Some(audit)),
        }
    }

    pub(super) fn recalled(&mut self, audit: Box<Audit>, event: Event) -> Step {
        if let Some(filter) = &mut self.filter {
            filter.recalled(recollection(event));
        }
        self.forward(Some(audit))
    }

    pub(super) fn counted(&mut self, counting: Counting, event: Event, now: Millis) -> Step {
        let Counting {
            asked,
            charges,
            audit,
        } = counting;
        match self.reserved(audit, &asked, &charges, event, now) {
            Ok((audit, tallies)) => {
                if let Some(id) = asked.id() {
                    let depth = self.policy.host.max_depth;
                    let settlement = Settlement::new(id, charges, tallies, depth);
                    self.settlement = settlement.map(Box::new);
                }
                self.forward(Some(audit))
            }
            Err(step) => *step,
        }
    }

    /// What became of the charges: the line of the log with them in it, or a refusal.
    fn reserved(
        &mut self,
        mut audit: Box<Audit>,
        asked: &Asked,
        charges: &[Charge],
        event: Event,
        now: Millis,
    ) -> Result<(Box<Audit>, Vec<Tally>), Box<Step>> {
        let step = match event {
            // A host that counts itself may not know that it counted too little.
            Event::Reserved(Reservation::Reserved(tallies))
                if tallies.len() == charges.len()
                    && !charges.iter().any(Charge::is_uncountable) =>
            {
                for (charge, tally) in charges.iter().zip(&tallies) {
                    audit.counted(charge, tally);
                }
                audit
                    .findings
                    .add(|| count::traces_counted(charges, &tallies));
                return Ok((audit, tallies));
            }
            Event::Reserved(Reservation::Full {
                charge,
                maximum,
                used,
                ends,
                shadowed,
            }) => {
                audit
                    .findings
                    .add(|| count::traces_full(charges, (charge, maximum), used, &shadowed));
                let charge_at = |index: usize| charges.get(index);
                for (index, maximum) in shadowed {
                    charge_at(index)
                        .into_iter()
                        .for_each(|charge| audit.shadowed_limit(charge, maximum));
                }
                let wait = Millis(ends.0.saturating_sub(now.0));
                match charge_at(charge).and_then(|charge| charge.refusal(maximum, used, wait)) {
                    Some((refusal, detail)) => self.refuse(audit, asked, &refusal, detail),
                    None => return self.uncounted(audit, asked, charges),
                }
            }
            _ => return self.uncounted(audit, asked, charges),
        };
        Err(Box::new(step))
    }

    /// Not being able to count is a refusal, for limits that are enforced.
    fn uncounted(
        &mut self,
        mut audit: Box<Audit>,
        asked: &Asked,
        charges: &[Charge],
    ) -> Result<(Box<Audit>, Vec<Tally>), Box<Step>> {
        let message = "The gateway cannot count this call right now, so it is not let through. Try again later.";
        let first = |mode| {
            let mut maxima = charges.iter().flat_map(|charge| &charge.maxima);
            maxima.find(|maximum| maximum.mode == mode)
        };
        let enforced = first(Mode::Enforce);
        let maximum = enforced.or_else(|| first(Mode::Shadow));
        let refusal = Refusal {
            reason: Reason::Unavailable,
            rule: maximum.map(|maximum| maximum.rule.clone()),
            message: message.into(),
        };
        if enforced.is_none() {
            let rule = refusal.rule.as_ref();
            audit
                .findings
                .add(|| vec![Finding::new(rule, Said::WouldRefuse)]);
            audit.shadowed(&refusal);
            return Ok((audit, Vec::new()));
        }
        Err(Box::new(self.refuse(
            audit,
            asked,
            &refusal,
            Detail::default(),
        )))
    }
}
