//! Charges, and whether one fits the present count.
//!
//! It keeps no count and knows no cell.

use crate::answer::Detail;
use crate::model::{Counter, Mode, Refunds, Window};
use crate::words::{ASK, Amount, Millis, Reason, Refusal, Rule, duration};
use std::sync::Arc;

/// One addition to one counter.
#[derive(Debug)]
pub struct Charge {
    pub(crate) counter: Arc<Counter>,
    pub(crate) subject: Subject,
    pub(crate) cost: Amount,
    /// That of its limit that gives back most seldom.
    pub(crate) refunds: Refunds,
    /// In the order of the limits that they come from.
    pub(crate) maxima: Vec<Maximum>,
}

/// For whom a charge is counted.
#[derive(Debug)]
pub(crate) enum Subject {
    /// Somebody whom the policy names, with a place of its own.
    Own(String),
    /// Anybody else. Where there is no room for the name, the overflow is counted.
    Open { name: String, overflow: String },
    /// Nobody can tell, so no count can be kept.
    Unknown { reason: Reason, message: String },
}

/// One of the maxima that a counter must not pass.
#[derive(Debug)]
pub struct Maximum {
    /// The largest count within a window.
    pub max: Amount,
    /// Its limit names a cost.
    pub(crate) costs: bool,
    pub(crate) mode: Mode,
    pub(crate) rule: Rule,
    pub(crate) on_deny: Option<Box<str>>,
    pub(crate) order: usize,
}

impl Charge {
    /// The counter's name, in which window and scope take part: no two different counters have the same.
    pub fn counter(&self) -> &str {
        &self.counter.id
    }

    /// For whom it is counted: equal for the same subject, and no text for a log. `None` where nobody can tell: such
    /// a charge cannot be counted, and is full by the first maximum that is enforced.
    pub fn subject(&self) -> Option<&str> {
        match &self.subject {
            Subject::Own(name) | Subject::Open { name, .. } => Some(name),
            Subject::Unknown { .. } => None,
        }
    }

    /// What is added to the count.
    pub fn cost(&self) -> Amount {
        self.cost
    }

    /// How long a count lasts.
    pub fn window(&self) -> Window {
        self.counter.window
    }

    /// What the count must not pass.
    pub fn maxima(&self) -> &[Maximum] {
        &self.maxima
    }

    /// True where the charge must have been refused, because nobody can tell for whom to count it.
    pub(crate) fn is_uncountable(&self) -> bool {
        self.subject().is_none() && self.first(Mode::Enforce, |_| true).is_some()
    }

    /// The refusal of a call that would pass the maximum at `index`; the window ends in `wait`.
    pub(crate) fn refusal(
        &self,
        index: usize,
        used: Amount,
        wait: Millis,
    ) -> Option<(Refusal, Detail)> {
        let maximum = self.maxima.get(index)?;
        let rule = Some(maximum.rule.clone());
        if let Subject::Unknown { reason, message } = &self.subject {
            return Some((
                Refusal {
                    reason: *reason,
                    rule,
                    message: message.clone(),
                },
                Detail::default(),
            ));
        }
        if let Window::Lasting(_) = self.counter.window {
            let message = maximum.on_deny.as_deref();
            let message =
                message.unwrap_or("A call that was made before rules this one out for now.");
            let refusal = Refusal {
                reason: Reason::Sequence,
                rule,
                message: format!("{message} Try again in {}.", duration(wait)),
            };
            let detail = Detail {
                retry_after_ms: Some(wait.0),
                ..Detail::default()
            };
            return Some((refusal, detail));
        }
        // A call that costs more than there ever is need not wait.
        let fits = self.cost <= maximum.max;
        let left = maximum.max.minus(used);
        let retry_after_ms = fits.then_some(wait.0);
        let detail = Detail {
            retry_after_ms,
            limit: Some(maximum.max),
            remaining: Some(left),
            ..Detail::default()
        };
        Some((
            Refusal {
                reason: Reason::RateLimited,
                rule,
                message: maximum.message(left, fits.then_some(wait)),
            },
            detail,
        ))
    }

    /// The position, among the limits of the call, of the one that the maximum at `index` comes from.
    pub(crate) fn order(&self, index: usize) -> Option<usize> {
        self.maxima.get(index).map(|maximum| maximum.order)
    }

    /// The first maximum of that mode for which `holds`.
    pub(crate) fn first(&self, mode: Mode, holds: impl Fn(&Maximum) -> bool) -> Option<usize> {
        self.maxima
            .iter()
            .position(|maximum| maximum.mode == mode && holds(maximum))
    }
}

impl Maximum {
    /// False in shadow mode: passing it is told and not refused.
    pub fn is_enforced(&self) -> bool {
        self.mode == Mode::Enforce
    }

    /// The position of its limit among those of the call. Where several refuse, the first is to be named.
    pub fn order(&self) -> usize {
        self.order
    }

    /// `wait` is `None` where no waiting helps.
    fn message(&self, left: Amount, wait: Option<Millis>) -> String {
        let what = match &self.on_deny {
            Some(message) => message.to_string(),
            None if self.max == Amount::default() => "No calls of this kind are allowed.".into(),
            None if self.costs => format!("This would pass the limit of {}.", self.max),
            None if self.max == Amount::ONE => "The limit of 1 call is used up.".into(),
            None => format!("The limit of {} calls is used up.", self.max),
        };
        match wait {
            None => format!("{what} {ASK}"),
            Some(wait) if self.costs && left > Amount::default() => {
                format!(
                    "{what} Less may still fit. Try again in {}.",
                    duration(wait)
                )
            }
            Some(wait) => format!("{what} Try again in {}.", duration(wait)),
        }
    }
}

/// What became of the charges of a call.
#[derive(Debug)]
pub enum Reservation {
    /// All were added, in the order of the charges.
    Reserved(Vec<Tally>),
    /// One did not fit, and none was added.
    Full {
        /// The position of the charge that did not fit.
        charge: usize,
        /// Which of its maxima would be passed.
        maximum: usize,
        /// The count as it is.
        used: Amount,
        /// When its window ends.
        ends: Millis,
        /// Shadow maxima of limits before it that would have refused too: charge and maximum.
        shadowed: Vec<(usize, usize)>,
    },
    /// The host could not count, and none was added.
    Unavailable,
}

/// A counter after a charge.
#[derive(Debug)]
pub struct Tally {
    /// The count.
    pub used: Amount,
    /// When the window ends, which also names it.
    pub ends: Millis,
    /// The shadow maximum that would have refused the charge.
    pub shadowed: Option<usize>,
    /// False where a full shadow limit kept the charge from being added.
    pub added: bool,
}

/// A charge does not fit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full {
    pub(crate) maximum: usize,
    pub(crate) used: Amount,
    /// How much less must be counted for it to fit.
    pub(crate) excess: Amount,
    /// When that is so.
    pub(crate) ends: Millis,
    /// The shadow maximum that would have refused it too.
    pub(crate) shadowed: Option<usize>,
}

impl Charge {
    /// Adds the charge to a count of `used` if it fits every enforced maximum. What is added ends at `ends`.
    pub(crate) fn take(&self, used: Amount, ends: Millis) -> Result<Tally, Full> {
        let after = used.plus(self.cost);
        let passed = |mode| self.first(mode, |maximum| after > maximum.max);
        let shadowed = passed(Mode::Shadow);
        let full = passed(Mode::Enforce);
        if let Some((index, maximum)) = full.and_then(|at| Some((at, self.maxima.get(at)?))) {
            return Err(Full {
                maximum: index,
                used,
                excess: after.minus(maximum.max),
                ends,
                shadowed,
            });
        }
        let enforced = self.first(Mode::Enforce, |_| true).is_some();
        // A full shadow limit adds nothing, unless an enforced one shares the counter and has room.
        let added = shadowed.is_none() || enforced;
        Ok(Tally {
            used: if added { after } else { used },
            ends,
            shadowed,
            added,
        })
    }
}
