//! The limits of a rule: that of its own counter under its bounds, and those of counters that other rules count.
//!
//! A condition that is no upper bound on a counter that counts refuses every call.

use super::advice;
use super::condition;
use super::counters::Counters;
use super::limit::{Increment, State, limit};
use super::messages::{Location, Messages};
use super::refusal::{Refusal, condition};
use crate::yaml::Node;
use serde_json::Value as Json;

/// A condition on a counter.
#[derive(Debug)]
pub(super) struct Bound {
    at: Location,
    /// `state.<scope>.<counter>`.
    path: String,
    op: String,
    value: Option<f64>,
}

/// The limits of a rule, and further rules that refuse a call.
#[derive(Debug, Default)]
pub(super) struct Limits {
    pub(super) limits: Vec<Json>,
    pub(super) refusal: Refusal,
}

const NO_UPPER_BOUND: &str = "a limit here is an upper bound, by `lt` or `lte`; with this condition, the rule refuses every call";
const COUNTS_TOO: &str = "a limit here counts the calls that it limits, so a call that this rule lets through counts too";
const NEVER_COUNTED: &str = "Intercept never counts this counter, as no rule bounds it where it is counted: the condition sees 0";
const AMOUNTS: &str = "fractions are added, while Intercept drops them; a negative amount is refused, while Intercept lowers the counter by it";

impl Bound {
    pub(super) fn read(
        messages: &mut Messages,
        at: &Location,
        path: String,
        op: &str,
        operand: &Node,
    ) -> Option<Self> {
        let value = condition::float(&operand.value);
        match op {
            "lt" | "lte" | "gt" | "gte" if value.is_none() => {
                messages.cannot(at, &format!("`{op}` needs a number"));
                return None;
            }
            "lt" | "lte" | "gt" | "gte" => {}
            "eq" | "neq" | "in" | "not_in" | "regex" | "contains" | "exists" => {}
            _ => {
                messages.cannot(at, &advice::about_operator(op));
                return None;
            }
        }
        Some(Self {
            at: at.clone(),
            path,
            op: op.into(),
            value,
        })
    }

    /// The number that the counter may not exceed, if the condition has one.
    fn upper(&self) -> Option<f64> {
        let is_upper = ["lt", "lte"].contains(&self.op.as_str());
        self.value.filter(|_| is_upper)
    }

    /// The most that the counter may reach; `None` where even 0 is too much.
    fn max(&self) -> Option<u64> {
        let value = self.upper()?;
        let most = if self.op == "lt" {
            value.trunc() - 1.0
        } else {
            value.trunc()
        };
        // Before the first call, Intercept compares 0 with the bound itself.
        (value >= 0.0 && most >= 0.0).then(|| whole(most))
    }

    /// Whether the condition holds for a counter that nothing counts; false where that is not known.
    fn holds_for_zero(&self) -> bool {
        let is =
            |holds: fn(&f64, &f64) -> bool| self.value.is_some_and(|value| holds(&0.0, &value));
        match self.op.as_str() {
            "lt" => is(f64::lt),
            "lte" => is(f64::le),
            "gt" => is(f64::gt),
            "gte" => is(f64::ge),
            "eq" => is(f64::eq),
            "neq" => is(f64::ne),
            _ => false,
        }
    }
}

/// The limits that a rule of `counter`'s scope sets by its conditions on counters.
pub(super) struct Reader<'a> {
    pub(super) counters: &'a Counters,
    /// The name of the tool, or `_global`.
    pub(super) scope: &'a str,
    pub(super) words: &'a str,
}

impl Reader<'_> {
    /// The limit of the rule's own counter, `state`, and those of others.
    pub(super) fn limits(
        &self,
        messages: &mut Messages,
        state: Option<(&Location, &State)>,
        bounds: &[Bound],
    ) -> Limits {
        let mut limits = Limits::default();
        let path = state.map(|(_, state)| format!("state.{}.{}", self.scope, state.counter));
        let is_own = |bound: &&Bound| path.as_ref() == Some(&bound.path);
        let (own, others): (Vec<_>, Vec<_>) = bounds.iter().partition(is_own);
        for other in others {
            self.other(messages, other, &mut limits);
        }
        if let Some((at, state)) = state {
            self.own(messages, (at, state), &own, &mut limits);
        }
        limits
    }

    fn own(
        &self,
        messages: &mut Messages,
        (at, state): (&Location, &State),
        own: &[&Bound],
        limits: &mut Limits,
    ) {
        let (uppers, others): (Vec<&Bound>, Vec<&Bound>) =
            own.iter().partition(|bound| bound.upper().is_some());
        for other in &others {
            messages.stricter(&other.at, NO_UPPER_BOUND);
            limits.refusal.append(Refusal::always());
        }
        let Some((first, rest)) = uppers.split_first() else {
            if others.is_empty() {
                limits.refusal.append(without_bound(messages, at, state));
            }
            return;
        };
        let Some(max) = smallest(messages, first, rest) else {
            return limits.refusal.append(Refusal::always());
        };
        let (max, cost) = match &state.increment {
            Increment::By(by) => (max.checked_div(*by).unwrap_or_default(), None),
            Increment::From(path) => {
                messages.stricter(at, AMOUNTS);
                (max, Some(path.as_str()))
            }
        };
        let counter = format!("{}.{}", self.scope, state.counter);
        let limit = limit(&counter, &state.window, max, cost, self.words);
        limits.limits.push(limit);
    }

    /// A condition on a counter that another rule counts.
    fn other(&self, messages: &mut Messages, bound: &Bound, limits: &mut Limits) {
        let Some(counter) = self.counters.get(&bound.path) else {
            let message = format!("no rule counts `{}`", bound.path);
            return messages.cannot(&bound.at, &message);
        };
        if !counter.counts {
            messages.note(&bound.at, NEVER_COUNTED);
            if !bound.holds_for_zero() {
                limits.refusal.append(Refusal::always());
            }
            return;
        }
        if bound.upper().is_none() {
            messages.stricter(&bound.at, NO_UPPER_BOUND);
            return limits.refusal.append(Refusal::always());
        }
        let Some(most) = bound.max() else {
            return limits.refusal.append(Refusal::always());
        };
        let path = bound.path.strip_prefix("state.").unwrap_or_default();
        let counted_anyway = [self.scope, "_global"]
            .iter()
            .any(|scope| path.split_once('.').is_some_and(|(own, _)| own == *scope));
        let max = match counter.increment {
            // The call itself counts as one.
            Increment::By(by) => most.checked_div(by).unwrap_or_default().saturating_add(1),
            Increment::From(_) => most,
        };
        if !counted_anyway || matches!(counter.increment, Increment::From(_)) {
            messages.stricter(&bound.at, COUNTS_TOO);
        }
        let limit = limit(path, &counter.window, max, None, self.words);
        limits.limits.push(limit);
    }
}

/// The smallest of several bounds; `None` where the counter may not even reach 0.
fn smallest(messages: &mut Messages, first: &Bound, rest: &[&Bound]) -> Option<u64> {
    let mut max = first.max();
    for bound in rest {
        if bound.max() < max {
            let message = "the smaller of two bounds on a counter applies to the whole call";
            messages.stricter(&bound.at, message);
            max = bound.max();
        }
    }
    max
}

/// Intercept counts nothing without a bound, but still looks for the amount.
fn without_bound(messages: &mut Messages, at: &Location, state: &State) -> Refusal {
    messages.note(at, "no condition of the rule bounds this counter, so Intercept never counts it; it is left out");
    match &state.increment {
        Increment::By(_) => Refusal::default(),
        Increment::From(path) => Refusal::require(condition(path, "type", "number".into())),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is whole and not negative; too large a number is clamped, and refused by the engine"
)]
fn whole(number: f64) -> u64 {
    number as u64
}
