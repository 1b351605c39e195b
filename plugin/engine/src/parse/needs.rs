//! Derives from a parsed policy the facts that a host must fetch: headers, the peer's address, sessions, responses.
//!
//! It reads the whole policy once, so that no request has to.

use crate::model::{
    Action, Attribute, Condition, Effect, Mode, Names, NeededIdentities, Needs, Policy, Refunds,
    ResponseNeeds, RuleSet, Scope, Segment, ServerFact, Source, hides,
};
use crate::words::sorted::dedup_sorted;

impl ResponseNeeds {
    fn of(policy: &Policy) -> Self {
        let sets = || policy.sets().map(Self::of_set);
        Self {
            enforced: sets().any(|needs| needs.enforced) || refuses_callers(policy),
            shadowed: sets().any(|needs| needs.shadowed),
            pins: sets().any(|needs| needs.pins),
            results: sets().any(|needs| needs.results),
            cached: tells_callers_apart(policy) || policy.host.list_ttl.is_some(),
        }
    }

    fn of_set(set: &RuleSet) -> Self {
        let tables = [&set.tools, &set.prompts, &set.resources];
        let entries = tables.into_iter().flat_map(Names::values);
        let modes: Vec<_> = entries
            .filter(|own| hides(own))
            .map(|own| own.mode)
            .collect();
        // A default of deny hides names from lists; a denied method can be one that servers send.
        let mut methods = set.methods.values();
        let denies =
            set.default == Effect::Deny || methods.any(|entry| entry.action == Action::Deny);
        let pins = set.tools.values().any(|entry| entry.pin.is_some());
        let mut results = set.tools.values().map(|entry| &entry.rules.result);
        let results = set.all_tools.result.is_some() || results.any(Option::is_some);
        let by_entry = |mode| modes.iter().any(|own| own.unwrap_or(mode) == Mode::Enforce);
        Self {
            enforced: denies || !set.hide.is_empty() || by_entry(Mode::Enforce),
            shadowed: by_entry(Mode::Shadow),
            pins,
            results,
            cached: false,
        }
    }
}

impl Needs {
    pub(super) fn of(policy: &Policy) -> Self {
        let responses = ResponseNeeds::of(policy);
        let counted_claims = counted_claims(policy);
        let claims = policy.conditions().any(Condition::reads_claims);
        let accepts_issuers = !policy.identity.issuers.is_empty();
        let mut verified = NeededIdentities::of(sources(policy));
        verified.claims |= claims || accepts_issuers || !counted_claims.is_empty();
        let cluster = policy.servers.iter();
        Self {
            headers: headers(policy),
            peer: reads_peer(policy),
            verified,
            cluster: cluster
                .into_iter()
                .any(|servers| servers.read(ServerFact::Cluster)),
            counted_claims,
            claims,
            caller_conditions: refuses_callers(policy),
            sessions: counts_by(policy, &Scope::Session),
            ids: responses.results || policy.refunds() > Refunds::Unsent,
            responses,
        }
    }
}

/// The sources that identify callers, by `identity` or by `grants`.
fn sources(policy: &Policy) -> impl Iterator<Item = &Source> {
    let grants = policy.grants.iter();
    let required = grants.flat_map(|grants| &grants.sources);
    policy.identity.sources.iter().chain(required)
}

fn counted_claims(policy: &Policy) -> Vec<Vec<Segment>> {
    let scopes = policy.counters().flat_map(|counter| &counter.scope);
    dedup_sorted(scopes.filter_map(Scope::claim).cloned())
}

/// Whether some group refuses every call of some callers.
fn refuses_callers(policy: &Policy) -> bool {
    let identity = &policy.identity;
    let mut conditions = policy.conditions();
    conditions.any(|condition| condition.is_about_caller(identity))
}

fn headers(policy: &Policy) -> Vec<Box<str>> {
    let scopes = policy.counters().flat_map(|counter| &counter.scope);
    let counted = scopes.filter_map(Scope::header);
    let read = policy.conditions().filter_map(Condition::header);
    let tools = policy.sets().flat_map(|set| set.tools.values());
    let schemas = tools.filter_map(|tool| tool.schema.as_ref());
    let mirrors = schemas.flat_map(|schema| &schema.mirrors);
    let mirrored = mirrors.map(|mirror| mirror.header.to_ascii_lowercase().into());
    dedup_sorted(counted.chain(read).map(Into::into).chain(mirrored))
}

/// Whether callers may get different answers to one request. Without it a result that its server marks as public is
/// public behind the gateway too.
fn tells_callers_apart(policy: &Policy) -> bool {
    let identified = !policy.identity.sources.is_empty() || policy.grants.is_some();
    let of_caller = |scope: &Scope| matches!(scope, Scope::Session) || scope.is_open();
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
