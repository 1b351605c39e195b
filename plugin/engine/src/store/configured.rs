//! Lists the cells that a policy needs for itself: those of callers whom it names, and the overflow cells.
//!
//! It mirrors how `count` names subjects. A subject that is missing here would be refused, never let through.

use crate::count::{OVERFLOW, one_part, overflow_of};
use crate::decide::{ANONYMOUS, grant_subject};
use crate::parse::{Counter, Policy, Scope};
use std::collections::BTreeSet;

/// The cells of a policy, each by its counter and its subject.
pub(super) fn configured(policy: &Policy) -> Vec<(&Counter, String)> {
    let callers = callers(policy);
    let cells =
        |counter| subjects(policy, counter, &callers).map(move |subject| (counter, subject));
    counters(policy).into_iter().flat_map(cells).collect()
}

/// How many cells `configured` lists, without making the list.
pub(crate) fn configured_cells(policy: &Policy) -> usize {
    let callers = callers(policy);
    let cells = |counter: &Counter| subjects(policy, counter, &callers).count();
    counters(policy)
        .into_iter()
        .map(cells)
        .fold(0, usize::saturating_add)
}

/// The policy's counters, each once.
pub(super) fn counters(policy: &Policy) -> BTreeSet<&Counter> {
    // One by one, for `collect` would sort first, at the price of some kilobytes.
    let mut counters = BTreeSet::new();
    counters.extend(policy.counters());
    counters
}

/// True when the counter has subjects that the policy does not name.
pub(super) fn is_open(policy: &Policy, counter: &Counter) -> bool {
    is_for_strangers(policy, counter) || counter.scope.contains(&Scope::Session)
}

/// True when callers whom the policy does not name can reach the counter.
fn is_for_strangers(policy: &Policy, counter: &Counter) -> bool {
    let identities = policy.grants.is_none() && !policy.identity.is_empty();
    let scopes = &counter.scope;
    scopes
        .iter()
        .any(|scope| scope.is_open() || identities && scope.counts_callers())
}

/// The callers whom the policy names, as scopes count them.
fn callers(policy: &Policy) -> Vec<String> {
    match &policy.grants {
        Some(grants) => grants
            .iter()
            .map(|grant| grant_subject(&grant.name))
            .collect(),
        None => vec![ANONYMOUS.into()],
    }
}

fn subjects(
    policy: &Policy,
    counter: &Counter,
    callers: &[String],
) -> impl Iterator<Item = String> {
    let by_caller = counter.scope.iter().any(Scope::counts_callers);
    let outside = counter.scope.iter().any(Scope::is_open);
    let callers = if by_caller { callers } else { &[] };
    let own = callers.iter().map(move |caller| {
        if outside {
            overflow_of(caller)
        } else {
            subject(counter, caller)
        }
    });
    let shared = (!by_caller && !outside).then(|| subject(counter, ""));
    let overflow = is_for_strangers(policy, counter).then(|| OVERFLOW.into());
    own.chain(shared).chain(overflow)
}

/// The subject of a caller, for scopes that count by nothing from outside.
fn subject(counter: &Counter, caller: &str) -> String {
    let part = |scope: &Scope| one_part(if scope.counts_callers() { caller } else { "" });
    counter.scope.iter().map(part).collect()
}
