//! The parts of a policy that decide about a call.
//!
//! It never judges a call: it only says where two policies have the same rules for it.

use super::call::Call;
use crate::name_patterns::matches;
use crate::rule_set_pointer::of_policy;
use crate::source_map::pointer_token;
use mcp_policy::document::Star;
use serde_json::{Map, Value as Json};

/// The parts of a policy that decide about a call.
#[derive(PartialEq)]
pub(super) struct Rules<'a> {
    sets: Vec<RuleSet<'a>>,
    caller: Option<&'a Json>,
    server: Option<&'a Json>,
    for_all: [Option<&'a Json>; 3],
    /// The whole policy, where nobody can tell which grant the caller has.
    any: Option<&'a Json>,
}

/// The parts of a rule set that decide about a call.
#[derive(PartialEq)]
struct RuleSet<'a> {
    /// By table; `None` where the set has no such table.
    entries: [Option<Vec<(&'a String, &'a Json)>>; 3],
    for_all: [Option<&'a Json>; 4],
    sequence: Option<&'a Json>,
}

impl<'a> Rules<'a> {
    pub(super) fn of(call: &Call, policy: &'a Json) -> Self {
        let sets = applied(call, policy).into_iter();
        let sets = sets.filter_map(|set| policy.pointer(&set));
        let caller = member(policy, "grants", &call.caller);
        let is_unknown = policy.get("grants").is_some() && caller.is_none();
        Self {
            sets: sets.map(|set| RuleSet::of(call, set)).collect(),
            caller,
            server: member(policy, "servers", &call.server),
            for_all: ["mode", "frozen", "identity"].map(|key| policy.get(key)),
            any: is_unknown.then_some(policy),
        }
    }

    pub(super) fn count_calls(&self) -> bool {
        self.sets.iter().any(RuleSet::counts_calls)
    }
}

/// The JSON Pointers of the rule sets that apply to a call: its server's, its caller's, and the caller's own `tools`.
pub(super) fn applied(call: &Call, policy: &Json) -> Vec<String> {
    let named = |of: &Json| Some(of_policy(of.get("policy")?.as_str()?));
    let server = member(policy, "servers", &call.server);
    let caller = member(policy, "grants", &call.caller);
    let of_caller = match policy.get("grants") {
        Some(_) => caller.and_then(named),
        None => Some(String::new()),
    };
    let own = caller.filter(|grant| grant.get("tools").is_some());
    let name = call.caller.as_deref().unwrap_or_default();
    let own = own.map(|_| format!("/grants/{}", pointer_token(name)));
    let mut sets: Vec<_> = [server.and_then(named), of_caller, own]
        .into_iter()
        .flatten()
        .collect();
    sets.dedup();
    sets
}

fn member<'a>(policy: &'a Json, key: &str, name: &Option<String>) -> Option<&'a Json> {
    policy.get(key)?.get(name.as_deref()?)
}

impl<'a> RuleSet<'a> {
    fn of(call: &Call, set: &'a Json) -> Self {
        let name = call.name.as_deref().unwrap_or_default();
        Self {
            entries: ["tools", "prompts", "resources"]
                .map(|table| Some(entries(name, set.get(table)?.as_object()?))),
            for_all: ["default", "hide", "all_tools", "methods"].map(|key| set.get(key)),
            sequence: set.get("sequence"),
        }
    }

    fn counts_calls(&self) -> bool {
        let entries = self.entries.iter().flatten().flatten();
        let rules = entries.map(|(_, entry)| *entry);
        let mut rules = rules.chain(self.for_all.into_iter().flatten());
        self.sequence.is_some() || rules.any(has_limits)
    }
}

/// Whether a limit is anywhere in the rules.
fn has_limits(rules: &Json) -> bool {
    let text = rules.to_string();
    let mut keys = ["\"limits\"", "\"rate_limit\""].iter();
    keys.any(|key| text.contains(key))
}

/// The entries of a table that may be that of a name.
fn entries<'a>(name: &str, table: &'a Map<String, Json>) -> Vec<(&'a String, &'a Json)> {
    // In each table a `*` stands for no more than in that of tools.
    let may_be = |key: &str| matches(key, name, Star::Any);
    table.iter().filter(|(key, _)| may_be(key)).collect()
}
