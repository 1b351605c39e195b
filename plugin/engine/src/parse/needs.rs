//! Derives from a parsed policy the facts that a host must fetch: headers, the peer's address, sessions, responses.
//!
//! It reads the whole policy once, so that no request has to.

use crate::model::{
    Action, Attribute, Condition, Effect, Mode, Names, NeededIdentities, Needs, Policy, Refunds,
    ResponseNeeds, Scope, hides,
};
use crate::words::sorted::dedup_sorted;

impl ResponseNeeds {
    fn of(policy: &Policy) -> Self {
        let tables = [&policy.tools, &policy.prompts, &policy.resources];
        let entries = tables.into_iter().flat_map(Names::values);
        let modes: Vec<_> = entries
            .filter(|own| hides(own))
            .map(|own| own.mode)
            .collect();
        // A default of deny hides names from lists; a denied method can be one that servers send.
        let denies = policy.default == Effect::Deny
            || policy
                .methods
                .values()
                .any(|entry| entry.action == Action::Deny);
        let pins = policy.tools.values().any(|entry| entry.pin.is_some());
        let mut results = policy.tools.values().map(|entry| &entry.rules.result);
        let results = policy.all_tools.result.is_some() || results.any(Option::is_some);
        let by_entry = |mode| modes.iter().any(|own| own.unwrap_or(mode) == Mode::Enforce);
        Self {
            enforced: denies || !policy.hide.is_empty() || by_entry(Mode::Enforce),
            shadowed: by_entry(Mode::Shadow),
            pins,
            results,
            cached: tells_callers_apart(policy) || policy.host.list_ttl.is_some(),
        }
    }
}

impl Needs {
    pub(super) fn of(policy: &Policy) -> Self {
        let responses = ResponseNeeds::of(policy);
        Self {
            headers: headers(policy),
            peer: reads_peer(policy),
            verified: NeededIdentities::of(&policy.identity),
            sessions: counts_by(policy, &Scope::Session),
            ids: responses.results || policy.refunds() > Refunds::Unsent,
            responses,
        }
    }
}

fn headers(policy: &Policy) -> Vec<Box<str>> {
    let scopes = policy.counters().flat_map(|counter| &counter.scope);
    let counted = scopes.filter_map(Scope::header);
    let read = policy.conditions().filter_map(Condition::header);
    let tools = policy.tools.values();
    let schemas = tools.filter_map(|tool| tool.schema.as_ref());
    let mirrors = schemas.flat_map(|schema| &schema.mirrors);
    let mirrored = mirrors.map(|mirror| mirror.header.to_ascii_lowercase().into());
    dedup_sorted(counted.chain(read).map(Into::into).chain(mirrored))
}

/// Whether callers may get different answers to one request. Without it a result that its server marks as public is
/// public behind the gateway too.
fn tells_callers_apart(policy: &Policy) -> bool {
    let identified = !policy.identity.sources.is_empty() || policy.grants.is_some();
    let of_caller = |scope: &Scope| matches!(scope, Scope::Session | Scope::Ip | Scope::Header(_));
    let mut scopes = policy.counters().flat_map(|counter| &counter.scope);
    let mut conditions = policy.conditions();
    identified
        || scopes.any(of_caller)
        || conditions
            .any(|condition| condition.header().is_some() || condition.reads(&Attribute::Ip))
}

fn reads_peer(policy: &Policy) -> bool {
    let mut conditions = policy.conditions();
    counts_by(policy, &Scope::Ip) || conditions.any(|condition| condition.reads(&Attribute::Ip))
}

fn counts_by(policy: &Policy, scope: &Scope) -> bool {
    let mut counters = policy.counters();
    counters.any(|counter| counter.scope.contains(scope))
}
