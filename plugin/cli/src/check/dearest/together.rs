//! Turns a policy document into the rule sets that apply to one call together: a server's, its caller's, and the caller's own
//! `tools`.
//!
//! It never lists a combination twice, and lists no more of them than a check has time for.

use crate::rule_set_pointer::of_policy;
use crate::source_map::pointer_token;
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;

/// The most combinations.
const MOST: usize = 16;

/// The JSON Pointers of rule sets that apply together, two or three of them each time.
pub(super) fn together(policy: &Json) -> Vec<Vec<String>> {
    let servers = members(policy, "servers").map(|(_, server)| named(server));
    let servers: BTreeSet<_> = servers.collect();
    let of_callers: BTreeSet<_> = match policy.get("grants") {
        Some(_) => members(policy, "grants").map(of_grant).collect(),
        None => BTreeSet::from([vec![String::new()]]),
    };
    let none = BTreeSet::from([None]);
    let servers = if servers.is_empty() { none } else { servers };
    let sets = of_callers.iter().flat_map(|of_caller| {
        let with = move |server: &Option<String>| {
            let server = server.iter().filter(|server| !of_caller.contains(server));
            server.chain(of_caller).cloned().collect()
        };
        servers.iter().map(with)
    });
    let sets: BTreeSet<Vec<String>> = sets.filter(|sets: &Vec<_>| sets.len() > 1).collect();
    sets.into_iter().take(MOST).collect()
}

fn members<'p>(policy: &'p Json, key: &str) -> impl Iterator<Item = (&'p String, &'p Json)> {
    let members = policy.get(key).and_then(Json::as_object);
    members.into_iter().flat_map(Map::iter)
}

fn named(of: &Json) -> Option<String> {
    Some(of_policy(of.get("policy")?.as_str()?))
}

/// The sets of a grant's callers; none where the grant admits nobody.
fn of_grant((name, grant): (&String, &Json)) -> Vec<String> {
    let own = grant.get("tools");
    let own = own.map(|_| format!("/grants/{}", pointer_token(name)));
    let policy = named(grant).into_iter();
    policy
        .flat_map(|policy| [policy].into_iter().chain(own.clone()))
        .collect()
}
