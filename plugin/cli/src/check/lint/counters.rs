//! Limits that the service of `counters` does not count: those of calls that two sets of rules limit, and those that stay in
//! each gateway.
//!
//! It never reports what the engine refuses already: two limits of one set of rules.

use super::entry::Rules;
use super::grant::is_revoked;
use super::member::text;
use super::rule_set::{RuleSet, members, rule_sets};
use crate::check::diagnostic::Diagnostic;
use crate::name_patterns::{matches, star};
use crate::rule_set_pointer::of_policy;
use mcp_policy::document::{Star, Value};
use mcp_policy::host::Policy;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn all(policy: &Policy, root: Value<'_>) -> Vec<Diagnostic> {
    let Some(shared) = policy.shared_limits() else {
        return Vec::new();
    };
    let mut found: Vec<_> = local(policy, root).into_iter().collect();
    if !shared.atomic {
        found.extend(together(policy, root));
    }
    found
}

/// Limits in shadow mode, and sequences.
fn local(policy: &Policy, root: Value<'_>) -> Option<Diagnostic> {
    let limits = policy.limits().into_iter().filter(|limit| !limit.enforced);
    let limits = limits.map(|limit| limit.pointer);
    let sequences = rule_sets(root).flat_map(|set| set.sequence().collect::<Vec<_>>());
    let places = limits.chain(sequences.map(|(at, _)| at));
    Diagnostic::once(places, |at| {
        let message = "each gateway counts this by itself: the service of `counters` counts enforced limits alone";
        let help = "lead all requests of a caller to the same gateway, if the rule has to hold for a fleet";
        Diagnostic::note("counted-apart", at, message).help(help)
    })
}

/// Limits of two sets of rules that apply to the same caller, or to a caller and a server.
fn together(policy: &Policy, root: Value<'_>) -> Vec<Diagnostic> {
    let limits = policy.limits().into_iter().filter(|limit| limit.enforced);
    let enforced: BTreeSet<_> = limits.map(|limit| limit.pointer).collect();
    let mut sets = BTreeMap::new();
    for set in rule_sets(root) {
        let limited = Limited::of(&set, &enforced);
        sets.extend(limited.map(|limited| (set.at, limited)));
    }
    let mut found = BTreeMap::new();
    for (first, second) in beside_each_other(root, |at| sets.contains_key(at)) {
        let (Some(first), Some(second)) = (sets.get(&first), sets.get(&second)) else {
            continue;
        };
        if let Some((other, at)) = first.shares_calls_with(second) {
            found.entry(at).or_insert(other);
        }
    }
    found
        .into_iter()
        .map(|(at, other)| refused(at, &other))
        .collect()
}

fn refused(at: String, other: &str) -> Diagnostic {
    let message = format!(
        "a call that {other} counts too is refused: the service of `counters` is asked about one counter"
    );
    let help = "keep one of the two limits, or write `\"atomic\": true` into `counters` where the service adds to all counters of a question or to none";
    Diagnostic::warning("two-counters", at, message).help(help)
}

/// The pairs of sets that may apply to one call, in the order in which they apply, of those for which `is_limited` is true.
fn beside_each_other(
    root: Value<'_>,
    is_limited: impl Fn(&str) -> bool,
) -> BTreeSet<(String, String)> {
    let policy = |member: &RuleSet<'_>| {
        let name = text(member.value, "policy");
        let at = (!name.is_empty()).then(|| of_policy(&name));
        at.filter(|at| is_limited(at))
    };
    let servers: BTreeSet<_> = members(root, "servers")
        .filter_map(|server| policy(&server))
        .collect();
    let main = root.get("grants").is_none().then(String::new);
    let mut callers: BTreeSet<_> = main.into_iter().filter(|at| is_limited(at)).collect();
    let mut pairs = BTreeSet::new();
    for grant in members(root, "grants").filter(|grant| !is_revoked(grant.value)) {
        let of_policy = policy(&grant);
        let own = Some(grant.at).filter(|at| is_limited(at));
        pairs.extend(of_policy.clone().zip(own.clone()));
        callers.extend(of_policy.into_iter().chain(own));
    }
    for server in &servers {
        let others = callers.iter().filter(|caller| *caller != server);
        pairs.extend(others.map(|caller| (server.clone(), caller.clone())));
    }
    pairs
}

/// A set of rules with limits that the service counts.
struct Limited<'a> {
    set: RuleSet<'a>,
    /// The rules with such limits, and the first one of each.
    rules: Vec<(Rules<'a>, String)>,
}

impl<'a> Limited<'a> {
    fn of(set: &RuleSet<'a>, enforced: &BTreeSet<String>) -> Option<Self> {
        let limited = set.rules().filter(admits).filter_map(|rules| {
            let (first, _) = rules.limits().find(|(at, _)| enforced.contains(at))?;
            Some((rules, first))
        });
        let rules: Vec<_> = limited.collect();
        let set = set.clone();
        (!rules.is_empty()).then_some(Self { set, rules })
    }

    /// A limit of each set, where both may count the same call.
    fn shares_calls_with(&self, other: &Self) -> Option<(String, String)> {
        for (rules, limit) in &self.rules {
            for (others, beside) in &other.rules {
                if self.applies_beside(rules, other, others) {
                    return Some((limit.clone(), beside.clone()));
                }
            }
        }
        None
    }

    /// Whether some name has these rules of this set, and those of the other set.
    fn applies_beside(&self, rules: &Rules<'a>, other: &Self, others: &Rules<'a>) -> bool {
        let (own, its) = match (&rules.entry, &others.entry) {
            (None, None) => return true,
            (Some(entry), None) | (None, Some(entry)) => return entry.section == "tools",
            (Some(own), Some(its)) => (own, its),
        };
        if own.section != its.section {
            return false;
        }
        match (own.key.contains('*'), its.key.contains('*')) {
            (true, true) => overlap(&own.key, &its.key),
            (true, false) => self.applies(own.section, &own.key, &its.key),
            (false, true) => other.applies(own.section, &its.key, &own.key),
            (false, false) => own.key == its.key,
        }
    }

    /// Whether an entry with a pattern is the one that applies to a name.
    fn applies(&self, section: &'static str, key: &str, name: &str) -> bool {
        let star = star(section);
        let mut others = self.set.entries_of(section);
        matches(key, name, star) && !others.any(|entry| is_closer(&entry.key, key, name, star))
    }
}

/// Whether the entry of `other` applies to the name in place of that of `key`.
fn is_closer(other: &str, key: &str, name: &str, star: Star) -> bool {
    other != key && matches(other, name, star) && matches(key, other, star)
}

/// Whether a text matches both patterns, each with a `*`.
fn overlap(one: &str, other: &str) -> bool {
    let ends = |text: &str| {
        let (start, rest) = text.split_once('*').unwrap_or((text, ""));
        let end = rest.rsplit('*').next().unwrap_or_default();
        (start.to_owned(), end.to_owned())
    };
    let ((start, end), (its_start, its_end)) = (ends(one), ends(other));
    let starts = start.starts_with(&its_start) || its_start.starts_with(&start);
    starts && (end.ends_with(&its_end) || its_end.ends_with(&end))
}

fn admits(rules: &Rules<'_>) -> bool {
    ["", "allow"].contains(&&*text(rules.value, "action"))
}
