//! Turns the outcome of a reservation into the traces of its limits.
//!
//! It decides nothing: the outcome is an argument.

use super::charge::{Charge, Count, LimitRef};
use crate::model::Window;
use crate::words::Amount;
use crate::words::trace::{RuleOutcome, RuleTrace};

/// The traces of the limits of a call whose charges were all added.
pub(crate) fn traces_counted(charges: &[Charge], counts: &[Count]) -> Vec<RuleTrace> {
    let counts = |charge: usize| counts.get(charge);
    let traces = limits(charges).into_iter().filter_map(|(at, limit)| {
        let count = counts(at.0)?;
        let outcome = match count.shadowed == Some(at.1) {
            true => RuleOutcome::WouldDeny,
            false => RuleOutcome::Allow,
        };
        let used = count.used.filter(|_| count.added);
        trace_of(charges.get(at.0)?, limit, outcome, used)
    });
    traces.collect()
}

/// The traces of the limits of a call up to the full one, whose count is `used`. `full` and `shadowed` are positions of
/// charges and of their limits.
pub(crate) fn traces_full(
    charges: &[Charge],
    full: (usize, usize),
    used: Amount,
    shadowed: &[(usize, usize)],
) -> Vec<RuleTrace> {
    let limits = limits(charges);
    let last = limits.iter().position(|(at, _)| *at == full);
    let looked_at = limits
        .into_iter()
        .take(last.map_or(0, |last| last.saturating_add(1)));
    let traces = looked_at.filter_map(|(at, limit)| {
        let (outcome, used) = match at {
            at if at == full => (RuleOutcome::Deny, Some(used)),
            at if shadowed.contains(&at) => (RuleOutcome::WouldDeny, None),
            _ => (RuleOutcome::Allow, None),
        };
        trace_of(charges.get(at.0)?, limit, outcome, used)
    });
    traces.collect()
}

/// Every limit of the charges with its position, in the order of the limits that they come from.
fn limits(charges: &[Charge]) -> Vec<((usize, usize), &LimitRef)> {
    let all = charges.iter().enumerate().flat_map(|(charge, of)| {
        let limits = of.limits.iter().enumerate();
        limits.map(move |(limit, of)| ((charge, limit), of))
    });
    let mut all: Vec<_> = all.collect();
    all.sort_by_key(|(_, limit)| limit.position());
    all
}

/// The trace of a limit; `None` for a mark that was only set.
pub(crate) fn trace_of(
    charge: &Charge,
    limit: &LimitRef,
    outcome: RuleOutcome,
    used: Option<Amount>,
) -> Option<RuleTrace> {
    let sequence = matches!(charge.window(), Window::Extending(_));
    if sequence && outcome == RuleOutcome::Allow && charge.cost() > Amount::default() {
        return None;
    }
    let max = limit.max();
    let used = used.filter(|_| !sequence && charge.subject().is_some());
    Some(RuleTrace {
        detail: used.map(|used| format!("{used} of {max} used")),
        ..RuleTrace::new(Some(&limit.limit.rule), outcome)
    })
}
