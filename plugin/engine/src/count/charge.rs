//! Charges, and whether one fits the present count.
//!
//! It keeps no count and knows no cell.

use crate::answer::Detail;
use crate::model::{Cost, Counter, Limit, Mode, Refunds, Window};
use crate::words::{ASK, Amount, Millis, Reason, Refusal, Rule, duration};
use std::sync::Arc;

/// One addition to one counter.
#[derive(Clone, Debug)]
pub struct Charge {
    pub(crate) counter: Arc<Counter>,
    pub(crate) subject: Subject,
    pub(crate) cost: Amount,
    /// The refunds of its limit that refunds most seldom.
    pub(crate) refunds: Refunds,
    /// In the order of the limits that they come from.
    pub(crate) limits: Vec<LimitRef>,
}

/// A count that no call reaches.
const LARGEST: u64 = 1_000_000_000_000;

/// The subject that a charge is counted for.
#[derive(Clone, Debug)]
pub(crate) enum Subject {
    /// A subject that the policy names, with a cell of its own.
    Own(String),
    /// Any other subject. Without room for its name, the overflow is counted.
    Open {
        name: String,
        overflow: String,
        chosen_by: Option<Box<Chooser>>,
    },
    /// The subject or the cost is unknown, so no count can be kept.
    Unknown { reason: Reason, message: String },
}

/// The party that can make up subjects, such as by the values of an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Chooser {
    /// One caller, by the subject of its own overflow. Its subjects share a small part of the room.
    Caller(String),
    /// Any caller: the subjects of all are one.
    Anyone,
}

/// One of the limits that a counter must not exceed.
#[derive(Clone, Debug)]
pub struct LimitRef {
    pub(crate) limit: Arc<Limit>,
    pub(crate) mode: Mode,
    /// A person approved one call more, which is counted too.
    pub(crate) is_approved: bool,
    pub(crate) position: usize,
}

impl Charge {
    /// The counter's name, which includes window and scope: no two different counters have the same.
    pub fn counter(&self) -> &str {
        &self.counter.id
    }

    /// The subject that it is counted for: equal texts for equal subjects. Keep it out of logs. `None` where it is
    /// unknown: such a charge cannot be counted, and exceeds the first enforced limit.
    pub fn subject(&self) -> Option<&str> {
        match &self.subject {
            Subject::Own(name) | Subject::Open { name, .. } => Some(name),
            Subject::Unknown { .. } => None,
        }
    }

    /// The amount that is added to the count.
    pub fn cost(&self) -> Amount {
        self.cost
    }

    /// The duration of a count.
    pub fn window(&self) -> Window {
        self.counter.window
    }

    /// The limits that the count must not exceed.
    pub fn limits(&self) -> &[LimitRef] {
        &self.limits
    }

    /// True for a charge of a limit that is enforced in windows, which a service can count. Services take an addition of
    /// nothing for one of 1, and a call that costs nothing fits every limit.
    pub(crate) fn is_for_service(&self) -> bool {
        let marks = matches!(self.counter.window, Window::Extending(_));
        !marks && self.cost > Amount::default() && self.first(Mode::Enforce, |_| true).is_some()
    }

    /// The smallest maximum of its limits.
    pub(crate) fn least_max(&self) -> Amount {
        let mut least = Amount(u64::MAX);
        for limit in &self.limits {
            least = least.min(limit.limit.max);
        }
        least
    }

    /// The reservation that a service refused because of this charge, which is at `index` of its question. `used` is the count
    /// before it, where the service tells it.
    pub(super) fn full(
        &self,
        index: usize,
        used: Option<Amount>,
        ends: Millis,
    ) -> Option<Reservation> {
        let max = self.least_max();
        let mut limits = self.limits.iter();
        Some(Reservation::Full {
            charge: index,
            limit: limits.position(|limit| limit.limit.max == max)?,
            used: used.unwrap_or(max).min(max),
            ends,
            shadowed: Vec::new(),
        })
    }

    /// True where the charge must be refused, because its subject is unknown and a limit is enforced.
    pub(crate) fn is_uncountable(&self) -> bool {
        self.subject().is_none() && self.first(Mode::Enforce, |_| true).is_some()
    }

    /// The refusal of a call that would exceed the limit at `index`; the window ends in `wait`.
    pub(crate) fn refusal(
        &self,
        index: usize,
        used: Amount,
        wait: Millis,
    ) -> Option<(Refusal, Detail)> {
        let limit_ref = self.limits.get(index)?;
        let limit = &limit_ref.limit;
        let rule = Some(limit.rule.clone());
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
        match self.counter.window {
            Window::Extending(_) => return Some(limit.after_another(rule, wait)),
            Window::Running(_) => return Some(limit.under_way(rule, used)),
            _ => {}
        }
        // Waiting does not help a call that costs more than the limit.
        let fits = self.cost <= limit.max;
        let left = limit.max.minus(used);
        let retry_after_ms = fits.then_some(wait.0);
        let detail = Detail {
            retry_after_ms,
            limit: Some(limit.max),
            remaining: Some(left),
            ..Detail::default()
        };
        Some((
            Refusal {
                reason: Reason::RateLimited,
                rule,
                message: limit_ref.message(left, fits.then_some(wait)),
            },
            detail,
        ))
    }

    /// The position, among the limits of the call, of the one that the limit at `index` comes from.
    pub(crate) fn position(&self, index: usize) -> Option<usize> {
        self.limits.get(index).map(|limit| limit.position)
    }

    /// The position of the first limit of that mode for which `holds` is true.
    pub(crate) fn first(&self, mode: Mode, holds: impl Fn(&LimitRef) -> bool) -> Option<usize> {
        self.limits
            .iter()
            .position(|limit| limit.mode == mode && holds(limit))
    }
}

impl Limit {
    /// The refusal of a call that an earlier one forbids.
    fn after_another(&self, rule: Option<Rule>, wait: Millis) -> (Refusal, Detail) {
        let message = self.on_deny.as_deref();
        let message = message.unwrap_or("Not allowed for now because of an earlier call.");
        let refusal = Refusal {
            reason: Reason::Sequence,
            rule,
            message: format!("{message} Try again in {}.", duration(wait)),
        };
        let detail = Detail {
            retry_after_ms: Some(wait.0),
            ..Detail::default()
        };
        (refusal, detail)
    }

    /// The refusal of a call beyond those that may be under way.
    fn under_way(&self, rule: Option<Rule>, used: Amount) -> (Refusal, Detail) {
        let max = self.max;
        let what = match &self.on_deny {
            Some(message) => message.to_string(),
            None if max == Amount::ONE => "Another call is under way.".into(),
            None => format!("{max} calls are under way."),
        };
        let refusal = Refusal {
            reason: Reason::RateLimited,
            rule,
            message: format!("{what} Wait until one ends, then try again."),
        };
        let detail = Detail {
            limit: Some(max),
            remaining: Some(max.minus(used)),
            ..Detail::default()
        };
        (refusal, detail)
    }
}

impl LimitRef {
    /// The largest count within a window, which a person may let one call exceed.
    pub fn max(&self) -> Amount {
        match self.is_approved {
            true => Amount::whole(LARGEST),
            false => self.limit.max,
        }
    }

    /// The rule as a JSON string.
    pub(crate) fn rule_text(&self) -> &str {
        &self.limit.rule_text
    }

    /// False in shadow mode: exceeding the limit is logged and not refused.
    pub fn is_enforced(&self) -> bool {
        self.mode == Mode::Enforce
    }

    /// The position of its limit among those of the call. Where several are exceeded, the refusal names the first.
    pub fn position(&self) -> usize {
        self.position
    }

    /// `wait` is `None` where waiting does not help.
    fn message(&self, left: Amount, wait: Option<Millis>) -> String {
        let Limit {
            on_deny, max, cost, ..
        } = &*self.limit;
        let costs = matches!(cost, Cost::At(_));
        let what = match on_deny {
            Some(message) => message.to_string(),
            None if *max == Amount::default() => "No calls of this kind are allowed.".into(),
            None if costs => format!("This would exceed the limit of {max}."),
            None if *max == Amount::ONE => "The limit of 1 call is used up.".into(),
            None => format!("The limit of {max} calls is used up."),
        };
        match wait {
            None => format!("{what} {ASK}"),
            Some(wait) if costs && left > Amount::default() => {
                format!("{what} Send less, or try again in {}.", duration(wait))
            }
            Some(wait) => format!("{what} Try again in {}.", duration(wait)),
        }
    }
}

/// The outcome of the charges of a call.
#[derive(Debug)]
pub enum Reservation {
    /// All were added, in the order of the charges.
    Reserved(Vec<Count>),
    /// One did not fit, and none was added.
    Full {
        /// The position of the charge that did not fit.
        charge: usize,
        /// The position of its limit that would be exceeded.
        limit: usize,
        /// The present count.
        used: Amount,
        /// The time from which it may fit.
        ends: Millis,
        /// Limits in shadow mode before it that would have refused too: charge and limit.
        shadowed: Vec<(usize, usize)>,
    },
    /// The host could not count, and none was added.
    Unavailable,
}

/// A counter after a charge.
#[derive(Clone, Debug)]
pub struct Count {
    /// The count; `None` where the service that counted does not tell it.
    pub used: Option<Amount>,
    /// The end of the window, which also identifies the window.
    pub ends: Millis,
    /// The limit in shadow mode that would have refused the charge.
    pub shadowed: Option<usize>,
    /// False where a full shadow limit kept the charge from being added.
    pub added: bool,
}

/// A charge does not fit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full {
    pub(crate) limit: usize,
    pub(crate) used: Amount,
    /// The amount by which the charge exceeds the limit.
    pub(crate) excess: Amount,
    /// The time at which so much of the count has ended.
    pub(crate) ends: Millis,
    /// The limit in shadow mode that would have refused it too.
    pub(crate) shadowed: Option<usize>,
}

impl Count {
    /// A count of a service.
    pub(super) fn of_service(used: Option<Amount>, ends: Millis) -> Self {
        Self {
            used,
            ends,
            shadowed: None,
            added: true,
        }
    }
}

impl Charge {
    /// Adds the charge to a count of `used` if it fits every enforced limit. The addition ends at `ends`.
    pub(crate) fn take(&self, used: Amount, ends: Millis) -> Result<Count, Full> {
        let after = used.plus(self.cost);
        let passed = |mode| self.first(mode, |limit| after > limit.max());
        let shadowed = passed(Mode::Shadow);
        let full = passed(Mode::Enforce);
        if let Some((index, limit)) = full.and_then(|at| Some((at, self.limits.get(at)?))) {
            return Err(Full {
                limit: index,
                used,
                excess: after.minus(limit.max()),
                ends,
                shadowed,
            });
        }
        let enforced = self.first(Mode::Enforce, |_| true).is_some();
        // A full shadow limit adds nothing, unless an enforced one shares the counter and has room.
        let added = shadowed.is_none() || enforced;
        Ok(Count {
            used: Some(if added { after } else { used }),
            ends,
            shadowed,
            added,
        })
    }
}
