//! Turns a policy into the lists of its rules and of its limits, for tools that show a whole policy.
//!
//! It decides nothing, and no adapter of a gateway calls it.

use super::entry::{Action, Entry, Rules};
use super::limit::Window;
use super::names::Names;
use super::options::{Effect, Mode};
use super::policy::Policy;
use super::rule_set::{AppliedSets, RuleSet, RuleSetId};
use super::sequence::Sequence;
use super::shared_counters::RateLimitProtocol;
use crate::words::{Amount, Rule};
use std::collections::BTreeSet;

/// A rule of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleInfo {
    /// The rule's place in the document, as a JSON Pointer (RFC 6901): the name that the log and explanations use.
    pub pointer: String,
    /// True for a rule that refuses calls, false for one that admits them.
    pub refuses: bool,
}

/// A limit of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitInfo {
    /// The limit's place in the document, as a JSON Pointer.
    pub pointer: String,
    /// The limit's counter; limits with equal counters share one count.
    pub counter: String,
    /// The duration of a count.
    pub window: Window,
    /// The largest count in a window.
    pub max: Amount,
    /// False where the limit is in shadow mode for every call that it counts.
    pub enforced: bool,
}

/// The limits that a rate limit service counts for several gateways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedLimits {
    /// The name under which the service has them.
    pub domain: String,
    /// One question may be about several counters: the service adds to all of them or to none.
    pub atomic: bool,
    /// The question is one of Limitador's HTTP API: its counters are keys of one descriptor.
    pub of_limitador: bool,
    /// The first enforced limit on each counter.
    pub limits: Vec<LimitInfo>,
}

impl Policy {
    /// Every rule that can decide about a call, in the order of the tables.
    pub fn rules(&self) -> Vec<RuleInfo> {
        let mut rules = Overview::default();
        rules.add(self.frozen.is_some(), &Rule::new("frozen"));
        for server in self.servers.iter().flat_map(|servers| &servers.list) {
            let rule = Rule::new("servers").key(&server.name);
            match server.frozen.is_some() {
                true => rules.refusing(&rule.member("frozen")),
                false => rules.passing(&rule),
            }
        }
        for grant in self.grants.iter().flat_map(|grants| &grants.list) {
            let rule = Rule::new("grants").key(&grant.name);
            match (grant.revoked, grant.frozen.is_some()) {
                (true, _) => rules.refusing(&rule.member("revoked")),
                (false, true) => rules.refusing(&rule.member("frozen")),
                (false, false) if grant.policy.is_some() => rules.passing(&rule),
                (false, false) => rules.refusing(&rule),
            }
        }
        self.sets().for_each(|set| rules.set(set));
        rules.0
    }

    /// Every limit.
    pub fn limits(&self) -> Vec<LimitInfo> {
        let enforced = self.enforced_sets();
        let mut limits = Vec::new();
        for (position, set) in self.sets().enumerate() {
            let mode = match enforced.contains(&RuleSetId(position)) {
                true => Mode::Enforce,
                false => Mode::Shadow,
            };
            limits_of(&set.all_tools, mode, &mut limits);
            let tables = set.tables().into_iter().flat_map(Names::values);
            for entry in tables.chain(set.methods.values()) {
                limits_of(&entry.rules, entry.mode.unwrap_or(mode), &mut limits);
            }
        }
        limits
    }

    /// The limits that the service of `counters` counts; `None` where each gateway counts by itself.
    pub fn shared_limits(&self) -> Option<SharedLimits> {
        let shared = self.shared_counters.as_ref()?;
        let mut seen = BTreeSet::new();
        let limits = self.limits().into_iter().filter(|limit| limit.enforced);
        Some(SharedLimits {
            domain: shared.domain.to_string(),
            atomic: shared.is_atomic,
            of_limitador: shared.protocol == RateLimitProtocol::Limitador,
            limits: limits
                .filter(|limit| seen.insert(limit.counter.clone()))
                .collect(),
        })
    }

    /// The rule sets that are enforced for some caller at some server, as far as their entries have no mode of their own.
    fn enforced_sets(&self) -> BTreeSet<RuleSetId> {
        let main = (Some(RuleSetId::default()), None, None);
        let callers: Vec<_> = match &self.grants {
            None => vec![main],
            Some(grants) => {
                let grants = grants.list.iter();
                grants
                    .map(|grant| (grant.policy, grant.own, grant.mode))
                    .collect()
            }
        };
        let servers: Vec<_> = match &self.servers {
            None => vec![(None, None)],
            Some(servers) => {
                let servers = servers.list.iter();
                servers.map(|server| (server.policy, server.mode)).collect()
            }
        };
        let mut enforced = BTreeSet::new();
        for (policy, own, of_caller) in callers {
            for &(of_server, at_server) in &servers {
                if self.is_enforced(of_caller, at_server) {
                    enforced.extend(AppliedSets::new(of_server, policy, own).iter());
                }
            }
        }
        enforced
    }

    /// Whether rules without a mode of their own are enforced for a caller and a server with these modes.
    fn is_enforced(&self, caller: Option<Mode>, server: Option<Mode>) -> bool {
        match (caller, server) {
            (None, None) => self.mode == Mode::Enforce,
            modes => [modes.0, modes.1].contains(&Some(Mode::Enforce)),
        }
    }
}

fn limits_of(rules: &Rules, mode: Mode, limits: &mut Vec<LimitInfo>) {
    for limit in &rules.limits {
        limits.push(LimitInfo {
            pointer: limit.rule.to_string(),
            counter: limit.counter.id.clone(),
            window: limit.counter.window,
            max: limit.max,
            enforced: mode == Mode::Enforce,
        });
    }
}

#[derive(Default)]
struct Overview(Vec<RuleInfo>);

impl Overview {
    fn set(&mut self, set: &RuleSet) {
        let mut hidden: Vec<_> = set.hide.values().copied().collect();
        hidden.sort_unstable();
        for position in hidden {
            self.refusing(&set.place.rule("hide").index(position));
        }
        match set.default {
            Effect::Allow if set.place.is_of_grant() => {}
            Effect::Allow => self.passing(&set.place.rule("default")),
            Effect::Deny => self.refusing(&set.place.rule("default")),
        }
        let tables = set.tables();
        let entries = tables.into_iter().flat_map(Names::values);
        entries
            .chain(set.methods.values())
            .for_each(|entry| self.entry(entry));
        for rule in set.sequence.iter().map(Sequence::rule) {
            self.refusing(rule);
        }
        self.of(&set.all_tools);
    }

    fn entry(&mut self, entry: &Entry) {
        let rule = &entry.rule;
        self.add(entry.frozen.is_some(), &rule.clone().member("frozen"));
        match entry.action {
            Action::Allow if entry.frozen.is_some() => {}
            Action::Allow => self.passing(rule),
            Action::Deny | Action::Hide => self.refusing(&rule.clone().member("action")),
        }
        self.add(entry.pin.is_some(), &rule.clone().member("pin"));
        self.add(entry.schema.is_some(), &rule.clone().member("schema"));
        self.of(&entry.rules);
    }

    fn of(&mut self, rules: &Rules) {
        let groups = rules.require.iter().chain(&rules.deny_if);
        groups.for_each(|group| self.refusing(&group.rule));
        if let Some(approval) = &rules.approval {
            self.refusing(approval.rule());
        }
        rules
            .limits
            .iter()
            .for_each(|limit| self.refusing(&limit.rule));
    }

    fn refusing(&mut self, rule: &Rule) {
        self.add(true, rule);
    }

    fn passing(&mut self, rule: &Rule) {
        self.0.push(RuleInfo {
            pointer: rule.to_string(),
            refuses: false,
        });
    }

    fn add(&mut self, there: bool, rule: &Rule) {
        self.0.extend(there.then(|| RuleInfo {
            pointer: rule.to_string(),
            refuses: true,
        }));
    }
}
