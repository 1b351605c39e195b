//! Derives from a parsed policy what a host must bring for it: headers, the peer's address, sessions, responses.
//!
//! It reads the whole policy once, so that no request has to.

use crate::model::{
    Action, Attribute, Condition, Counter, Effect, Mode, Names, Policy, ResponseNeeds, Scope, hides,
};
use crate::words::sorted::dedup_sorted;

impl ResponseNeeds {
    pub(crate) fn new(policy: &Policy) -> Self {
        let tables = [&policy.tools, &policy.prompts, &policy.resources];
        let entries = tables.into_iter().flat_map(Names::values);
        let modes: Vec<_> = entries
            .filter(|own| hides(own))
            .map(|own| own.mode)
            .collect();
        // Names are lacking from lists, or servers may not ask for something.
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
        }
    }
}

impl Policy {
    pub(super) fn headers(&self) -> Vec<Box<str>> {
        let scopes = self.counters().flat_map(|counter| &counter.scope);
        let counted = scopes.filter_map(Scope::header);
        let looked_at = self.conditions().filter_map(Condition::header);
        let schemas = self.tools.values().filter_map(|tool| tool.schema.as_ref());
        let repeating = schemas.flat_map(|schema| &schema.mirrors);
        let repeating = repeating.map(|mirror| mirror.header.to_ascii_lowercase().into());
        let named = counted.chain(looked_at).map(Into::into);
        dedup_sorted(named.chain(repeating))
    }

    pub(super) fn asks_for_peer(&self) -> bool {
        let counted = |counter: &Counter| counter.scope.contains(&Scope::Ip);
        self.counters().any(counted)
            || self
                .conditions()
                .any(|condition| condition.reads(&Attribute::Ip))
    }

    pub(super) fn asks_for_sessions(&self) -> bool {
        let mut counters = self.counters();
        counters.any(|counter| counter.scope.contains(&Scope::Session))
    }
}
