//! Names the subjects that counters count: callers, and the overflow of the callers without room. Lists the cells that
//! a policy needs for them.
//!
//! It admits no call: if a subject has no cell, its calls are refused.

use super::limit::{Counter, Scope};
use super::policy::Policy;
use crate::words::text::length_prefixed;
use std::collections::BTreeSet;

/// The subject of the overflow cell, which counts subjects without room in the table.
pub(crate) const OVERFLOW: &str = "overflow";

pub(crate) fn overflow_of(caller: &str) -> String {
    format!("{OVERFLOW} {caller}")
}

pub(crate) const ANONYMOUS: &str = "anonymous";

pub(crate) fn grant_subject(name: &str) -> String {
    ["grant ", name].concat()
}

/// The cells of a policy, each by its counter and its subject.
pub(crate) fn configured(policy: &Policy) -> Vec<(&Counter, String)> {
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
pub(crate) fn counters(policy: &Policy) -> BTreeSet<&Counter> {
    // One by one: `collect` sorts first, which adds some kilobytes to the module.
    let mut counters = BTreeSet::new();
    counters.extend(policy.counters());
    counters
}

/// True when the counter has subjects that the policy does not name.
pub(crate) fn is_open(policy: &Policy, counter: &Counter) -> bool {
    is_for_strangers(policy, counter) || counter.scope.contains(&Scope::Session)
}

/// True when callers that the policy does not name can reach the counter.
fn is_for_strangers(policy: &Policy, counter: &Counter) -> bool {
    let identities = policy.grants.is_none() && !policy.identity.sources.is_empty();
    let scopes = &counter.scope;
    scopes
        .iter()
        .any(|scope| scope.is_open() || identities && scope.counts_callers())
}

/// The subjects of the callers that the policy names.
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

/// The subject of a caller, for a scope without values from outside.
fn subject(counter: &Counter, caller: &str) -> String {
    let part = |scope: &Scope| length_prefixed(if scope.counts_callers() { caller } else { "" });
    counter.scope.iter().map(part).collect()
}
