//! Names the subjects that counters count: callers, and the overflow of the callers without room. Lists the cells that
//! a policy needs for them.
//!
//! It admits no call: if a subject has no cell, its calls are refused.

use super::caller::Identity;
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
    let mut cells = Vec::new();
    for (set, reach) in policy.sets().zip(&reaches(policy)) {
        for counter in once(set.counters()) {
            for subject in subjects(policy, counter, reach) {
                cells.push((counter, subject));
            }
        }
    }
    cells
}

/// How many cells `configured` lists, without making the list.
pub(crate) fn configured_cells(policy: &Policy) -> usize {
    let mut cells: usize = 0;
    for (set, reach) in policy.sets().zip(&reaches(policy)) {
        for counter in once(set.counters()) {
            cells = cells.saturating_add(subjects(policy, counter, reach).len());
        }
    }
    cells
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
    let servers = servers(policy);
    let callers = callers(policy);
    for (sets, subject) in &callers {
        for id in sets.iter() {
            if let Some(reach) = reaches.get_mut(id.0) {
                reach.callers.push(subject.clone());
                reach.servers.clone_from(&servers);
            }
        }
    }
    let Some(servers) = &policy.servers else {
        return reaches;
    };
    for server in &servers.list {
        let of_server = server.policy.and_then(|id| reaches.get_mut(id.0));
        if let Some(reach) = of_server {
            reach.callers.clear();
            for (_, subject) in &callers {
                reach.callers.push(subject.clone());
            }
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
fn callers(policy: &Policy) -> Vec<(AppliedSets, String)> {
    let Some(grants) = &policy.grants else {
        return vec![(AppliedSets::main(), ANONYMOUS.into())];
    };
    let mut callers = Vec::new();
    for grant in &grants.list {
        let sets = AppliedSets::new(None, grant.policy, grant.own);
        callers.push((sets, grant_subject(&grant.name)));
    }
    callers
}

fn once(all: Vec<&Counter>) -> BTreeSet<&Counter> {
    // One by one: `collect` sorts first, which adds some kilobytes to the module.
    let mut counters = BTreeSet::new();
    counters.extend(all);
    counters
}

/// True where a caller can make up values: arguments, sessions, and headers that the gateway does not set.
pub(crate) fn is_chosen(scope: &Scope, identity: &Identity) -> bool {
    match scope {
        Scope::Argument(_) | Scope::Session => true,
        Scope::Header(name) => !identity.trusts(name),
        Scope::Grant | Scope::Server | Scope::Global | Scope::Ip | Scope::Claim(_) => false,
    }
}

/// The tables that count subjects which the policy does not name.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tables {
    /// Callers, addresses and claims, which the gateway vouches for.
    pub(crate) verified: bool,
    /// Subjects that callers make up.
    pub(crate) chosen: bool,
}

impl Tables {
    pub(crate) fn of(policy: &Policy) -> Self {
        let mut tables = Self::default();
        for counter in policy.counters() {
            let scopes = &counter.scope;
            let is_chosen = |scope: &Scope| is_chosen(scope, &policy.identity);
            let is_verified = |scope: &Scope| scope.is_open() && !is_chosen(scope);
            let callers = identifies_strangers(policy) && scopes.iter().any(Scope::counts_callers);
            tables.verified |= callers || scopes.iter().any(is_verified);
            tables.chosen |= scopes.iter().any(is_chosen);
        }
        tables
    }
}

fn identifies_strangers(policy: &Policy) -> bool {
    policy.grants.is_none() && !policy.identity.sources.is_empty()
}

/// True when callers that the policy does not name can reach the counter.
fn is_for_strangers(policy: &Policy, counter: &Counter) -> bool {
    let identities = identifies_strangers(policy);
    let scopes = &counter.scope;
    scopes
        .iter()
        .any(|scope| scope.is_open() || identities && scope.counts_callers())
}

fn subjects(policy: &Policy, counter: &Counter, reach: &Reach) -> Vec<String> {
    let by_caller = counter.scope.iter().any(Scope::counts_callers);
    let outside = counter.scope.iter().any(Scope::is_open);
    let mut subjects = Vec::new();
    match (by_caller, outside) {
        (true, true) => {
            let overflows = reach.callers.iter().map(|caller| overflow_of(caller));
            subjects.extend(overflows);
        }
        (true, false) => {
            for caller in &reach.callers {
                add_by_server(&mut subjects, counter, caller, reach);
            }
        }
        (false, false) if !reach.callers.is_empty() => {
            add_by_server(&mut subjects, counter, "", reach);
        }
        (false, _) => {}
    }
    if is_for_strangers(policy, counter) {
        subjects.push(OVERFLOW.into());
    }
    subjects
}

/// Adds the subjects of a caller, one for each server where the scope counts servers apart.
fn add_by_server(subjects: &mut Vec<String>, counter: &Counter, caller: &str, reach: &Reach) {
    let apart = counter.scope.contains(&Scope::Server);
    let servers = if apart { reach.servers.len() } else { 1 };
    for server in reach.servers.iter().take(servers) {
        subjects.push(subject(counter, caller, server));
    }
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
