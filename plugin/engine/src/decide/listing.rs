//! Turns a policy and a caller into what servers may send: which names their lists may show, and what they may ask.
//!
//! It looks at nothing that only a call has: what a caller may call under some condition is shown.

use super::{Caller, Pinned, Rule, Table};
use crate::parse::{Action, Effect, Entry, Listed, Mode, Names, Policy, ResultRules};
use crate::read::{Role, is_normal, look_alike};
use crate::response::Whose;
use std::sync::Arc;

/// The lists that servers send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Tools,
    Prompts,
    Resources,
    /// Compared as it is written.
    Templates,
}

/// What one caller may be sent.
#[derive(Clone, Debug)]
pub(crate) struct Listing {
    policy: Arc<Policy>,
    /// The mode of rules that stand in no entry.
    mode: Mode,
}

impl Listing {
    /// `None` where nothing could have to be taken out or remembered, so that nobody need read a response for it.
    pub(crate) fn new(policy: &Arc<Policy>, caller: &Caller) -> Option<Self> {
        let mode = match caller {
            Caller::Grant { mode, .. } => mode.unwrap_or(policy.mode),
            _ => policy.mode,
        };
        policy.filters.of(mode).then(|| Self {
            policy: policy.clone(),
            mode,
        })
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The rule by which a server may not ask a client for this, or tell it, where it asks for nothing.
    pub(crate) fn denies(&self, method: &str, asks: bool) -> Option<Rule> {
        if self.mode == Mode::Shadow {
            return None;
        }
        // A client that matches methods less exactly takes it for that one.
        let method = look_alike(method).unwrap_or(method);
        match self.policy.methods.get(method) {
            Some(entry) if entry.action == Action::Deny => Some(Rule::new("methods").key(method)),
            Some(_) => None,
            None => {
                let asks = match Role::of(method) {
                    Some(Role::Asks) => true,
                    Some(Role::Housekeeping) => false,
                    _ => asks,
                };
                (asks && self.policy.default == Effect::Deny).then(|| Rule::new("default"))
            }
        }
    }

    /// The tool of that name, where it is pinned.
    pub(crate) fn pinned(&self, tool: &str) -> Option<Pinned> {
        let (entry, _) = self.policy.tools.find(tool)?;
        Pinned::new(entry, self.mode)
    }

    /// Every tool that is pinned.
    pub(crate) fn all_pinned(&self) -> Vec<Pinned> {
        match self.policy.filters.pins {
            true => Pinned::all(&self.policy, self.mode).collect(),
            false => Vec::new(),
        }
    }

    /// What results must meet, each with the mode that it stands in.
    pub(crate) fn result_rules(&self, whose: &Whose) -> Vec<(&ResultRules, Mode)> {
        let policy = &self.policy;
        if !policy.filters.results {
            return Vec::new();
        }
        let all = match whose {
            Whose::Nobody => None,
            _ => policy.all_tools.result.as_ref(),
        };
        let own = |entry: &'_ Entry| entry.mode.unwrap_or(self.mode);
        let entries: Vec<&Entry> = match whose {
            Whose::Nobody => Vec::new(),
            Whose::Tool(name) => policy
                .tools
                .find(name)
                .map(|(entry, _)| entry)
                .into_iter()
                .collect(),
            Whose::Anybody => policy.tools.values().collect(),
        };
        let own = entries
            .into_iter()
            .filter_map(|entry| Some((entry.rules.result.as_ref()?, own(entry))));
        own.chain(all.map(|all| (all, self.mode))).collect()
    }

    /// Whether the list of this section may show the name, the URI or the template.
    pub(crate) fn shows(&self, section: Section, name: &str) -> bool {
        let policy = &self.policy;
        let hidden = section == Section::Tools && policy.hide.find(name).is_some();
        if hidden && self.mode == Mode::Enforce {
            return false;
        }
        let found = Table::of(section).entries(policy).find(name);
        let mode = found.and_then(|(entry, _)| entry.mode);
        if mode.unwrap_or(self.mode) == Mode::Shadow {
            return true;
        }
        let admitted = || match found {
            Some((_, true)) => true,
            Some(_) => is_certain(section, name),
            None => policy.default == Effect::Allow && is_certain(section, name),
        };
        let hides = found.is_some_and(|(entry, _)| hides(entry));
        !hides && (policy.list == Listed::AllButHidden || admitted())
    }
}

/// A URI in no normal form is admitted by an entry of exactly that text alone.
fn is_certain(section: Section, name: &str) -> bool {
    section != Section::Resources || is_normal(name)
}

fn hides(entry: &Entry) -> bool {
    entry.action == Action::Hide
}

/// Whether some response has to be read, by the mode of the caller's rules: known before anybody calls.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Filters {
    enforced: bool,
    shadowed: bool,
    /// What lists show of some tools is to be remembered, in every mode.
    pins: bool,
    /// Some results are to be looked into.
    results: bool,
}

impl Filters {
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

    pub(crate) fn of(self, mode: Mode) -> bool {
        let filters = match mode {
            Mode::Enforce => self.enforced,
            Mode::Shadow => self.shadowed,
        };
        filters || self.pins || self.results
    }
}

impl Table {
    fn of(section: Section) -> Self {
        match section {
            Section::Tools => Self::Tools,
            Section::Prompts => Self::Prompts,
            Section::Resources | Section::Templates => Self::Resources,
        }
    }
}
