//! Turns a call whose caller or server was not recorded into one call for each kind of them.
//!
//! It never takes two grants for one kind that either policy treats differently.

use super::call::Call;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// A line that may stand for more calls than this is not played.
const MOST: usize = 256;

/// The calls that a line may stand for.
pub(super) struct Crowd {
    pub(super) calls: Vec<Call>,
    /// They are of several callers: who makes the call was not recorded.
    pub(super) several_callers: bool,
    /// They are at several servers: where the call went was not recorded.
    pub(super) several_servers: bool,
}

impl Crowd {
    /// `None` where the line may stand for too many calls.
    pub(super) fn of(call: &Call, policies: [&Json; 2]) -> Option<Self> {
        let callers = recorded_or_kinds(&call.caller, policies, "grants");
        let servers = recorded_or_kinds(&call.server, policies, "servers");
        if callers.len().saturating_mul(servers.len()) > MOST {
            return None;
        }
        let calls = callers.iter().flat_map(|caller| {
            let call = |server: &Option<String>| Call {
                caller: caller.clone(),
                server: server.clone(),
                ..call.clone()
            };
            servers.iter().map(call)
        });
        Some(Self {
            calls: calls.collect(),
            several_callers: callers.len() > 1,
            several_servers: servers.len() > 1,
        })
    }
}

fn recorded_or_kinds(
    recorded: &Option<String>,
    policies: [&Json; 2],
    key: &str,
) -> Vec<Option<String>> {
    if recorded.is_some() {
        return vec![recorded.clone()];
    }
    let kinds: Vec<_> = kinds(policies, key).into_iter().map(Some).collect();
    match kinds.is_empty() {
        true => vec![None],
        false => kinds,
    }
}

/// One name of each kind: those of one kind differ only by their names and their `match`, in both policies.
fn kinds(policies: [&Json; 2], key: &str) -> Vec<String> {
    let members = policies.map(|policy| policy.get(key).and_then(Json::as_object));
    if members.iter().all(Option::is_none) {
        return Vec::new();
    }
    let names = members.into_iter().flatten();
    let names = names.flat_map(|members| members.keys());
    // A condition may tell callers or servers apart by their names.
    let told_apart = policies.into_iter().any(reads_names);
    let mut seen = BTreeSet::new();
    let mut kinds = Vec::new();
    for name in names {
        let rules = members.map(|members| without_match(members?.get(name)?));
        let kind = json!([rules, told_apart.then_some(name)]);
        if seen.insert(kind.to_string()) {
            kinds.push(name.clone());
        }
    }
    kinds
}

fn without_match(of: &Json) -> Option<Json> {
    let mut rules = of.as_object()?.clone();
    rules.remove("match");
    Some(rules.into())
}

/// Some condition reads the name of the caller or of the server.
fn reads_names(policy: &Json) -> bool {
    let is_name = |path: &Json| path == "grant" || path == "server";
    match policy {
        Json::Object(members) => {
            let mut places = ["path", "ref"].into_iter();
            let read = places.any(|place| members.get(place).is_some_and(is_name));
            read || members.values().any(reads_names)
        }
        Json::String(text) => text.contains("/{grant}"),
        Json::Array(elements) => elements.iter().any(reads_names),
        _ => false,
    }
}
