//! Derives from a parsed policy the facts that a host must fetch: headers, the peer's address, sessions, responses.
//!
//! It reads the whole policy once, so that no request has to.

use crate::model::{
    Action, Condition, Effect, Fact, Mode, Names, NeededIdentities, Needs, Policy, Refunds,
    ResponseNeeds, RuleSet, Scope, Segment, ServerFact, Source, hides,
};
use crate::words::sorted::{dedup_sorted, insert};

impl ResponseNeeds {
    fn of(policy: &Policy) -> Self {
        let sets = || policy.sets().map(Self::of_set);
        Self {
            enforced: sets().any(|needs| needs.enforced) || refuses_callers(policy),
            // An entry may enforce its conditions for a caller whose other rules are in shadow mode.
            shadowed: sets().any(|needs| needs.shadowed) || refuses_callers(policy),
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
        let cluster = policy.servers.as_ref();
        let counted_claims = counted_claims(policy);
        let conditions = policy.conditions();
        let claims = conditions.iter().any(|condition| condition.reads_claims());
        let accepts_issuers = !policy.identity.issuers.is_empty();
        let mut verified = NeededIdentities::of(&sources(policy));
        verified.claims |= claims || accepts_issuers || !counted_claims.is_empty();
        Self {
            headers: headers(policy),
            peer: reads_peer(policy),
            verified,
            cluster: cluster.is_some_and(|servers| servers.read(ServerFact::Cluster)),
            counted_claims,
            // Claims for the log alone identify no caller: a token that no rule reads is no credential.
            claims: claims || policy.audit.opens_claims(),
            caller_conditions: refuses_callers(policy),
            sessions: counts_by(policy, &Scope::Session),
            ids: responses.results || policy.refunds() > Refunds::Unsent,
            running: policy.refunds() == Refunds::Answered,
            responses,
        }
    }
}

/// The sources that identify callers, by `identity` or by `grants`.
fn sources(policy: &Policy) -> Vec<&Source> {
    let mut sources = Vec::new();
    sources.extend(&policy.identity.sources);
    if let Some(grants) = &policy.grants {
        sources.extend(&grants.sources);
    }
    sources
}

/// The parts of the scopes of all counters.
fn scopes(policy: &Policy) -> Vec<&Scope> {
    let mut scopes = Vec::new();
    for counter in policy.counters() {
        scopes.extend(&counter.scope);
    }
    scopes
}

fn counted_claims(policy: &Policy) -> Vec<Vec<Segment>> {
    let scopes = scopes(policy);
    dedup_sorted(scopes.into_iter().filter_map(Scope::claim).cloned())
}

/// Whether some group refuses every call of some callers.
fn refuses_callers(policy: &Policy) -> bool {
    let conditions = policy.conditions();
    let mut conditions = conditions.iter();
    conditions.any(|condition| condition.is_about_caller(&policy.identity))
}

fn headers(policy: &Policy) -> Vec<Box<str>> {
    let mut names: Vec<Box<str>> = Vec::new();
    for name in scopes(policy).into_iter().filter_map(Scope::header) {
        insert(&mut names, name.into());
    }
    for condition in policy.conditions() {
        for name in condition.headers() {
            insert(&mut names, name.into());
        }
    }
    for opened in &policy.audit.facts {
        if let Fact::Header(name) = &opened.fact {
            insert(&mut names, name.clone());
        }
    }
    for set in policy.sets() {
        let schemas = set.tools.values().filter_map(|tool| tool.schema.as_ref());
        for mirror in schemas.flat_map(|schema| &schema.mirrors) {
            insert(&mut names, mirror.header.to_ascii_lowercase().into());
        }
    }
    names
}

/// Whether callers may get different answers to one request. Without it a result that its server marks as public is
/// public behind the gateway too.
fn tells_callers_apart(policy: &Policy) -> bool {
    let identified = !policy.identity.sources.is_empty() || policy.grants.is_some();
    let by_scope = |scope: &&Scope| matches!(scope, Scope::Session) || scope.is_open();
    let by_condition = |condition: &&Condition| {
        !condition.headers().is_empty()
            || condition.reads_peer()
            || condition.is_about_caller(&policy.identity)
    };
    identified
        || scopes(policy).iter().any(by_scope)
        || policy.conditions().iter().any(by_condition)
}

fn reads_peer(policy: &Policy) -> bool {
    let conditions = policy.conditions();
    let mut conditions = conditions.iter();
    let mut facts = policy.audit.facts.iter();
    let is_logged = facts.any(|opened| opened.fact == Fact::Ip);
    is_logged || counts_by(policy, &Scope::Ip) || conditions.any(|condition| condition.reads_peer())
}

fn counts_by(policy: &Policy, scope: &Scope) -> bool {
    scopes(policy).contains(&scope)
}
