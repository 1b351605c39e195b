//! Turns the outcome of a reservation into the traces of its limits.
//!
//! It decides nothing: the outcome is an argument.

use super::charge::{Charge, Maximum, Tally};
use crate::model::Window;
use crate::words::Amount;
use crate::words::trace::{Finding, Said};

/// The limits of a call whose charges were all added.
pub(crate) fn traces_counted(charges: &[Charge], tallies: &[Tally]) -> Vec<Finding> {
    let tallies = |charge: usize| tallies.get(charge);
    let findings = maxima(charges).into_iter().filter_map(|(at, maximum)| {
        let tally = tallies(at.0)?;
        let said = match tally.shadowed == Some(at.1) {
            true => Said::WouldRefuse,
            false => Said::Passes,
        };
        let used = Some(tally.used).filter(|_| tally.added);
        finding(charges.get(at.0)?, maximum, said, used)
    });
    findings.collect()
}

/// The limits of a call up to the one that is full, `used` being its count. `full` and `shadowed` are positions of charges and of
/// their maxima.
pub(crate) fn traces_full(
    charges: &[Charge],
    full: (usize, usize),
    used: Amount,
    shadowed: &[(usize, usize)],
) -> Vec<Finding> {
    let maxima = maxima(charges);
    let last = maxima.iter().position(|(at, _)| *at == full);
    let looked_at = maxima
        .into_iter()
        .take(last.map_or(0, |last| last.saturating_add(1)));
    let findings = looked_at.filter_map(|(at, maximum)| {
        let (said, used) = match at {
            at if at == full => (Said::Refuses, Some(used)),
            at if shadowed.contains(&at) => (Said::WouldRefuse, None),
            _ => (Said::Passes, None),
        };
        finding(charges.get(at.0)?, maximum, said, used)
    });
    findings.collect()
}

/// Every maximum of the charges with its position, in the order of the limits that they come from.
fn maxima(charges: &[Charge]) -> Vec<((usize, usize), &Maximum)> {
    let all = charges.iter().enumerate().flat_map(|(charge, of)| {
        let maxima = of.maxima.iter().enumerate();
        maxima.map(move |(maximum, of)| ((charge, maximum), of))
    });
    let mut all: Vec<_> = all.collect();
    all.sort_by_key(|(_, maximum)| maximum.order());
    all
}

/// What is told of a limit; nothing of a mark that was only set.
pub(crate) fn finding(
    charge: &Charge,
    maximum: &Maximum,
    said: Said,
    used: Option<Amount>,
) -> Option<Finding> {
    let sequence = matches!(charge.window(), Window::Lasting(_));
    if sequence && said == Said::Passes && charge.cost() > Amount::default() {
        return None;
    }
    let max = maximum.max;
    let used = used.filter(|_| !sequence && charge.subject().is_some());
    Some(Finding {
        found: used.map(|used| format!("{used} of {max} used")),
        ..Finding::new(Some(&maximum.rule), said)
    })
}
