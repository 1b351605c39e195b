//! Turns a policy and a caller into a filter of server messages: the names that lists may show, and the methods that
//! servers may send.
//!
//! It evaluates no condition: a tool that the caller may call under some condition is shown.

use super::principal::Principal;
use crate::model::{
    Action, AppliedRules, Effect, Listed, Mode, Pinned, Policy, Section, Table, hides,
};
use crate::read::{Call, MethodKind, Target, confusable_method, is_normal};
use crate::words::Rule;
use std::sync::Arc;

/// The filter of the messages that servers send to one caller.
#[derive(Clone, Debug)]
pub(crate) struct Visibility {
    policy: Arc<Policy>,
    /// The mode of rules outside entries.
    mode: Mode,
}

impl Visibility {
    /// `None` where the policy edits and remembers no part of a response: it need not be read for the filter.
    pub(crate) fn new(policy: &Arc<Policy>, caller: &Principal) -> Option<Self> {
        let mode = match caller {
            Principal::Grant { mode, .. } => mode.unwrap_or(policy.mode),
            _ => policy.mode,
        };
        policy.needs.responses.any(mode).then(|| Self {
            policy: policy.clone(),
            mode,
        })
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Whether every response is read, and not only the results that caches may reuse.
    pub(crate) fn reads_every_response(&self) -> bool {
        self.policy.needs.responses.every(self.mode)
    }

    /// The rule that denies a server this method; `asks` is true for a request and false for a notification.
    pub(crate) fn denies(&self, method: &str, asks: bool) -> Option<Rule> {
        if self.mode == Mode::Shadow {
            return None;
        }
        // A client that matches methods less exactly reads a look-alike as the method.
        let method = confusable_method(method).unwrap_or(method);
        match self.policy.methods.get(method) {
            Some(entry) if entry.action == Action::Deny => Some(Rule::new("methods").key(method)),
            Some(_) => None,
            None => {
                let asks = match MethodKind::of(method) {
                    Some(MethodKind::ServerRequest) => true,
                    Some(MethodKind::Lifecycle) => false,
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
        match self.policy.needs.responses.pins {
            true => Pinned::all(&self.policy, self.mode).collect(),
            false => Vec::new(),
        }
    }

    /// The rules that a result must meet.
    pub(crate) fn result_rules(&self, result_of: &ResultOf) -> Vec<AppliedRules<'_>> {
        let policy = &self.policy;
        match result_of {
            ResultOf::None => Vec::new(),
            _ if !policy.needs.responses.results => Vec::new(),
            ResultOf::Tool(name) => {
                let entry = policy.tools.find(name).map(|(entry, _)| entry);
                let own = entry.and_then(|entry| {
                    let mode = entry.mode.unwrap_or(self.mode);
                    Some(AppliedRules::all(entry.rules.result.as_ref()?, mode))
                });
                let all = policy.all_tools.result.as_ref();
                let all = all.map(|rules| AppliedRules::all(rules, self.mode));
                own.into_iter().chain(all).collect()
            }
            ResultOf::Unknown => {
                let parts = policy.unknown_results.iter();
                parts.map(|part| part.applied(self.mode)).collect()
            }
        }
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

/// Only an entry of exactly that text admits a URI that is not in normal form.
fn is_certain(section: Section, name: &str) -> bool {
    section != Section::Resources || is_normal(name)
}

/// The tool whose result a response holds.
#[derive(Debug, Default)]
pub(crate) enum ResultOf {
    /// The response holds no tool's result.
    None,
    Tool(Box<str>),
    /// It may hold the result of any tool.
    #[default]
    Unknown,
}

impl ResultOf {
    pub(crate) fn of(call: &Call<'_>) -> Self {
        match &call.target {
            Target::Tool(name) => Self::Tool(name.as_ref().into()),
            Target::Task(_) => Self::Unknown,
            Target::Listen { tasks, .. } if !tasks.is_empty() => Self::Unknown,
            _ => Self::None,
        }
    }
}
