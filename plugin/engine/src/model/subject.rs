//! Names the subjects that counters count: callers, and the overflow of the callers without room. Lists the cells that
//! a policy needs for them.
//!
//! It admits no call: if a subject has no cell, its calls are refused.

use super::limit::{Counter, Scope};
use super::policy::Policy;
use super::rule_set::AppliedSets;
use crate::words::sorted::{dedup_sorted, insert};
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
    let reaches = reaches(policy);
    let cells = counters_of_sets(policy).zip(&reaches);
    let cells = cells.flat_map(|(counters, reach)| {
        let of_counter = |counter| {
            let subjects = subjects(policy, counter, reach);
            subjects.map(move |subject| (counter, subject))
        };
        counters.into_iter().flat_map(of_counter)
    });
    cells.collect()
}

/// How many cells `configured` lists, without making the list.
pub(crate) fn configured_cells(policy: &Policy) -> usize {
    let reaches = reaches(policy);
    let counters = counters_of_sets(policy).zip(&reaches);
    let cells = counters.flat_map(|(counters, reach)| {
        let of_counter = |counter: &Counter| subjects(policy, counter, reach).count();
        counters.into_iter().map(of_counter)
    });
    cells.fold(0, usize::saturating_add)
}

/// The callers and the servers whose calls a rule set judges.
#[derive(Clone, Default)]
struct Reach {
    /// The subjects of the callers that the policy names.
    callers: Vec<String>,
    servers: Vec<Box<str>>,
}

/// The reach of each rule set, in their order.
fn reaches(policy: &Policy) -> Vec<Reach> {
    let mut reaches = vec![Reach::default(); policy.sets().count()];
    let every_server = servers(policy);
    for (sets, subject) in callers(policy) {
        for id in sets.iter() {
            if let Some(reach) = reaches.get_mut(id.0) {
                reach.callers.push(subject.clone());
                reach.servers.clone_from(&every_server);
            }
        }
    }
    let everybody: Vec<_> = callers(policy).map(|(_, subject)| subject).collect();
    let by_server = policy.servers.iter().flat_map(|servers| &servers.list);
    for server in by_server {
        let reach = server.policy.and_then(|id| reaches.get_mut(id.0));
        if let Some(reach) = reach {
            reach.callers.clone_from(&everybody);
            insert(&mut reach.servers, server.name.clone());
        }
    }
    reaches
}

/// For each rule set the parts in names of state of the servers at which it judges calls.
pub(crate) fn server_parts_of_sets(policy: &Policy) -> impl Iterator<Item = Vec<String>> {
    let part = |server: Box<str>| match server.is_empty() {
        true => String::new(),
        false => length_prefixed(&server),
    };
    let reaches = reaches(policy).into_iter();
    reaches.map(move |reach| reach.servers.into_iter().map(part).collect())
}

/// The names of the servers, in order; an empty one where the policy lists none.
fn servers(policy: &Policy) -> Vec<Box<str>> {
    match &policy.servers {
        Some(servers) => dedup_sorted(servers.list.iter().map(|server| server.name.clone())),
        None => vec!["".into()],
    }
}

/// The callers that the policy names, each with the rule sets that it brings and its subject.
fn callers(policy: &Policy) -> impl Iterator<Item = (AppliedSets, String)> {
    let grants = policy.grants.iter().flat_map(|grants| &grants.list);
    let of_grants = grants.map(|grant| {
        let sets = AppliedSets::new(None, grant.policy, grant.own);
        (sets, grant_subject(&grant.name))
    });
    let without = policy.grants.is_none();
    let anonymous = without.then(|| (AppliedSets::main(), ANONYMOUS.into()));
    of_grants.chain(anonymous)
}

/// For each rule set its counters, each once.
fn counters_of_sets(policy: &Policy) -> impl Iterator<Item = BTreeSet<&Counter>> {
    policy.sets().map(|set| once(set.counters()))
}

/// The policy's counters, each once.
pub(crate) fn counters(policy: &Policy) -> BTreeSet<&Counter> {
    once(policy.counters())
}

fn once<'p>(all: impl Iterator<Item = &'p Counter>) -> BTreeSet<&'p Counter> {
    // One by one: `collect` sorts first, which adds some kilobytes to the module.
    let mut counters = BTreeSet::new();
    counters.extend(all);
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

fn subjects<'p>(
    policy: &'p Policy,
    counter: &'p Counter,
    reach: &'p Reach,
) -> impl Iterator<Item = String> + use<'p> {
    let by_caller = counter.scope.iter().any(Scope::counts_callers);
    let outside = counter.scope.iter().any(Scope::is_open);
    let callers: &[String] = if by_caller { &reach.callers } else { &[] };
    let own = callers.iter().flat_map(move |caller| {
        let overflow = outside.then(|| overflow_of(caller));
        let named = (!outside).then(|| by_server(counter, caller, reach));
        overflow.into_iter().chain(named.into_iter().flatten())
    });
    let shared = !by_caller && !outside && !reach.callers.is_empty();
    let shared = shared.then(|| by_server(counter, "", reach));
    let overflow = is_for_strangers(policy, counter).then(|| OVERFLOW.into());
    own.chain(shared.into_iter().flatten()).chain(overflow)
}

/// The subjects of a caller, one for each server where the scope counts servers apart.
fn by_server<'p>(
    counter: &'p Counter,
    caller: &'p str,
    reach: &'p Reach,
) -> impl Iterator<Item = String> + use<'p> {
    let apart = counter.scope.contains(&Scope::Server);
    let servers = if apart { reach.servers.len() } else { 1 };
    let names = reach.servers.iter().take(servers);
    names.map(move |server| subject(counter, caller, server))
}

/// The subject of a caller at a server, for a scope without values from outside.
fn subject(counter: &Counter, caller: &str, server: &str) -> String {
    let part = |scope: &Scope| {
        length_prefixed(match scope {
            Scope::Server => server,
            scope if scope.counts_callers() => caller,
            _ => "",
        })
    };
    counter.scope.iter().map(part).collect()
}
