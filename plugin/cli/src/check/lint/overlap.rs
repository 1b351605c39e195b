//! Grants that have callers in common: a caller that matches two is refused.
//!
//! It never reports a grant that is revoked, which decides about callers in common on purpose.

use super::grant::is_revoked;
use super::list_claim::is_list;
use super::rule_set::{RuleSet, members};
use crate::check::diagnostic::Diagnostic;
use crate::source_map::pointer_token;
use mcp_policy::document::{ContainedGrant, Value};
use mcp_policy::host::Policy;
use std::collections::{BTreeMap, BTreeSet};

/// The most grants of which each is compared with every other.
const MOST_COMPARED: usize = 200;

pub(super) fn all(policy: &Policy, root: Value<'_>) -> Vec<Diagnostic> {
    let contained = policy.contained_grants();
    let mut found = within(&contained);
    found.extend(lists(root, &contained));
    found
}

/// A warning for each grant that all callers of others match.
fn within(contained: &[ContainedGrant]) -> Vec<Diagnostic> {
    let mut places: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for ContainedGrant { name, within } in contained {
        let at = format!("/grants/{}/match", pointer_token(name));
        places.entry(within).or_default().push(at);
    }
    let found = places.into_iter().filter_map(|(outer, places)| {
        Diagnostic::once(places, |at| {
            let message = format!("each caller of this grant also matches `{outer}`, and a caller that matches two grants is refused");
            let help = format!("match fewer callers in `{outer}`, or remove one of the two; a grant that shuts its callers out has `\"revoked\": true`");
            Diagnostic::warning("contained-grant", at, message).help(help)
        })
    });
    found.collect()
}

/// The facts of a grant's `match`, each with its text.
struct Facts<'a> {
    grant: RuleSet<'a>,
    texts: BTreeMap<(&'static str, String), String>,
}

impl<'a> Facts<'a> {
    fn of(grant: RuleSet<'a>) -> Self {
        let mut texts = BTreeMap::new();
        let matched = grant.value.get("match");
        let own = |key: &str| matched.and_then(|matched| matched.get(key));
        for kind in ["claim", "mtls", "header"] {
            for (name, value) in own(kind).into_iter().flat_map(Value::members) {
                let text = value.string().unwrap_or_default();
                texts.insert((kind, name.into_owned()), text.into_owned());
            }
        }
        let digest = own("bearer_sha256").and_then(Value::string);
        let digest = digest.map(|digest| (("bearer_sha256", String::new()), digest.to_lowercase()));
        texts.extend(digest);
        Self { grant, texts }
    }

    /// The claims with a list that both grants match, by different texts; none where another fact of both differs, so that
    /// they have no caller in common.
    fn lists_in_common<'f>(&'f self, other: &Self) -> Vec<&'f str> {
        let mut lists = Vec::new();
        for ((kind, name), text) in &self.texts {
            match other.texts.get(&(*kind, name.clone())) {
                Some(its) if its == text => {}
                Some(_) if *kind == "claim" && is_list(name) => lists.push(&**name),
                Some(_) => return Vec::new(),
                None => {}
            }
        }
        lists
    }
}

/// Grants by different elements of one list, which a person may have both of.
fn lists(root: Value<'_>, contained: &[ContainedGrant]) -> Option<Diagnostic> {
    let pointer = |name: &String| format!("/grants/{}", pointer_token(name));
    let contained = contained.iter();
    let named: BTreeSet<_> = contained
        .flat_map(|grant| [pointer(&grant.name), pointer(&grant.within)])
        .collect();
    let grants = members(root, "grants");
    let grants = grants.filter(|grant| !is_revoked(grant.value) && !named.contains(&grant.at));
    let facts: Vec<_> = grants.map(Facts::of).take(MOST_COMPARED).collect();
    let claim = |own: &Facts<'_>| {
        let others = facts.iter().filter(|other| other.grant.at != own.grant.at);
        let mut lists = others.flat_map(|other| own.lists_in_common(other));
        let name = lists.next()?;
        Some(format!(
            "{}/match/claim/{}",
            own.grant.at,
            pointer_token(name)
        ))
    };
    let places: Vec<_> = facts.iter().filter_map(claim).collect();
    Diagnostic::once(places, |at| {
        let message = "the claim is usually a list: a person whose list has the texts of two of these grants matches both, and is refused";
        let help = "match groups that have no person in common; or let one grant admit all of these persons, and its rules read the list, as `{ \"path\": \"identity.groups\", \"op\": \"contains\", \"value\": \"…\" }` does";
        Diagnostic::note("lists-in-common", at, message).help(help)
    })
}
