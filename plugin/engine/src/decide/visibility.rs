//! Turns a policy and a caller into a filter of server messages: the names that lists may show, and the methods that
//! servers may send.
//!
//! Of the conditions it evaluates those about the caller alone: a tool that the caller may call with some arguments is
//! shown.

use super::caller::{Caller, CallerDocuments};
use super::condition::CallerFacts;
use crate::model::{
    Action, AppliedRules, Effect, Listed, Mode, Pinned, Policy, RuleSet, Rules, Section, Table,
    hides,
};
use crate::read::{Call, MethodKind, Target, confusable_method, is_normal};
use crate::words::Rule;
use crate::words::work::Budget;
use std::sync::Arc;

/// The filter of the messages that servers send to one caller.
#[derive(Clone, Debug)]
pub(crate) struct Visibility {
    policy: Arc<Policy>,
    caller: Arc<Caller>,
}

impl Visibility {
    /// `None` where the policy edits and remembers no part of a response: it need not be read for the filter.
    pub(crate) fn new(policy: &Arc<Policy>, caller: &Arc<Caller>) -> Option<Self> {
        policy.needs.responses.any(caller.mode).then(|| Self {
            policy: policy.clone(),
            caller: caller.clone(),
        })
    }

    fn sets(&self) -> impl Iterator<Item = &RuleSet> {
        self.policy.applied(self.caller.sets)
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Whether every response is read, and not only the results that caches may reuse.
    pub(crate) fn reads_every_response(&self) -> bool {
        self.policy.needs.responses.every(self.caller.mode)
    }

    /// The rule that denies a server this method; `asks` is true for a request and false for a notification.
    pub(crate) fn denies(&self, method: &str, asks: bool) -> Option<Rule> {
        if self.caller.mode == Mode::Shadow {
            return None;
        }
        // A client that matches methods less exactly reads a look-alike as the method.
        let method = confusable_method(method).unwrap_or(method);
        self.sets().find_map(|set| denies(set, method, asks))
    }

    /// The tool of that name, once for each rule set that pins it.
    pub(crate) fn pinned(&self, tool: &str) -> Vec<Pinned> {
        let pinned = |set: &RuleSet| {
            let (entry, _) = set.tools.find(tool)?;
            Pinned::new(set, entry, &self.caller.server.part(), self.caller.mode)
        };
        match self.policy.needs.responses.pins {
            true => self.sets().filter_map(pinned).collect(),
            false => Vec::new(),
        }
    }

    /// Every tool that is pinned.
    pub(crate) fn all_pinned(&self) -> Vec<Pinned> {
        match self.policy.needs.responses.pins {
            true => {
                let (server, mode) = (self.caller.server.part(), self.caller.mode);
                let sets = self.sets();
                sets.flat_map(|set| Pinned::all(set, &server, mode))
                    .collect()
            }
            false => Vec::new(),
        }
    }

    /// The rules that a result must meet.
    pub(crate) fn result_rules(&self, result_of: &ResultOf) -> Vec<AppliedRules<'_>> {
        if !self.policy.needs.responses.results {
            return Vec::new();
        }
        let mode = self.caller.mode;
        let mut rules = Vec::new();
        for set in self.sets() {
            match result_of {
                ResultOf::None => {}
                ResultOf::Tool(name) => rules.extend(result_rules(set, name, mode)),
                ResultOf::Unknown => {
                    let parts = set.unknown_results.iter();
                    rules.extend(parts.map(|part| part.applied(mode)));
                }
            }
        }
        rules
    }

    /// The filter of one list of so many bytes.
    pub(crate) fn of_list(&self, bytes: usize) -> ListFilter<'_> {
        let by_caller = self.policy.needs.caller_conditions;
        ListFilter {
            visibility: self,
            documents: match by_caller {
                true => self.caller.documents(),
                false => CallerDocuments::default(),
            },
            budget: self.policy.budgets(bytes).enforced,
        }
    }
}

/// The filter of one list.
#[derive(Debug)]
pub(crate) struct ListFilter<'v> {
    visibility: &'v Visibility,
    documents: CallerDocuments<'v>,
    /// A condition that it does not cover is unknown.
    budget: Budget,
}

impl ListFilter<'_> {
    /// Whether the list of this section may show the name, the URI or the template.
    pub(crate) fn shows(&self, section: Section, name: &str) -> bool {
        let mut sets = self.visibility.sets();
        sets.all(|set| self.set_shows(set, section, name))
    }

    fn set_shows(&self, set: &RuleSet, section: Section, name: &str) -> bool {
        let of_caller = self.visibility.caller.mode;
        let entries = Table::of(section).entries(set);
        let is_tool = section == Section::Tools;
        let covers =
            |steps: Option<usize>| steps.is_some_and(|steps| self.budget.take(steps).is_ok());
        if !covers(entries.steps(name)) || is_tool && !covers(set.hide.steps(name)) {
            return false;
        }
        let hidden = is_tool && set.hide.find(name).is_some();
        if hidden && of_caller == Mode::Enforce {
            return false;
        }
        let found = entries.find(name);
        let mode = found.and_then(|(entry, _)| entry.mode).unwrap_or(of_caller);
        let hides = found.is_some_and(|(entry, _)| hides(entry));
        if mode == Mode::Enforce && hides {
            return false;
        }
        let all_but_hidden = self.visibility.policy.list == Listed::AllButHidden;
        let listed = found.is_some() || set.default == Effect::Allow || all_but_hidden;
        let exact = found.is_some_and(|(_, exact)| exact);
        let admitted = mode == Mode::Shadow || exact || listed && is_certain(section, name);
        if all_but_hidden {
            return admitted;
        }
        let own = found.map(|(entry, _)| (&entry.rules, mode));
        let all = is_tool.then_some((&set.all_tools, of_caller));
        admitted
            && !own
                .into_iter()
                .chain(all)
                .any(|(rules, mode)| self.refuses(rules, mode))
    }

    /// Whether some group refuses every call of the caller.
    fn refuses(&self, rules: &Rules, mode: Mode) -> bool {
        let Visibility { policy, caller } = self.visibility;
        if mode == Mode::Shadow || !policy.needs.caller_conditions {
            return false;
        }
        let facts = CallerFacts {
            caller,
            documents: &self.documents,
        };
        rules.groups().any(|(group, clause)| {
            group.refuses_caller(facts, &policy.identity, clause, &self.budget)
        })
    }
}

/// The rule of the set that denies a server this method.
fn denies(set: &RuleSet, method: &str, asks: bool) -> Option<Rule> {
    match set.methods.get(method) {
        Some(entry) if entry.action == Action::Deny => Some(entry.rule.clone()),
        Some(_) => None,
        None => {
            let asks = match MethodKind::of(method) {
                Some(MethodKind::ServerRequest) => true,
                Some(MethodKind::Lifecycle) => false,
                _ => asks,
            };
            (asks && set.default == Effect::Deny).then(|| set.place.rule("default"))
        }
    }
}

/// The rules of the set for results of the tool: its own, then those of all tools.
fn result_rules<'p>(
    set: &'p RuleSet,
    tool: &str,
    mode: Mode,
) -> impl Iterator<Item = AppliedRules<'p>> {
    let entry = set.tools.find(tool).map(|(entry, _)| entry);
    let own = entry.and_then(|entry| {
        let mode = entry.mode.unwrap_or(mode);
        Some(AppliedRules::all(entry.rules.result.as_ref()?, mode))
    });
    let all = set.all_tools.result.as_ref();
    let all = all.map(|rules| AppliedRules::all(rules, mode));
    own.into_iter().chain(all)
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
