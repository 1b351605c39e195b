//! A set of rules that apply together: those at the top of the document, those of one of its `policies`, or the `tools`
//! of a grant.
//!
//! It judges no call; `decide` does.

use super::condition::{Condition, Group};
use super::entry::{Entry, Rules};
use super::limit::{Counter, Limit};
use super::names::Names;
use super::options::Effect;
use super::sequence::Sequence;
use super::unknown_result::UnknownResult;
use crate::words::Place;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The rules of one place of the document.
#[derive(Debug)]
pub(crate) struct RuleSet {
    pub(crate) place: Place,
    pub(crate) default: Effect,
    /// Positions in the set's `hide` list.
    pub(crate) hide: Names<usize>,
    pub(crate) all_tools: Rules,
    pub(crate) tools: Names<Entry>,
    pub(crate) prompts: Names<Entry>,
    pub(crate) resources: Names<Entry>,
    pub(crate) methods: BTreeMap<Box<str>, Entry>,
    pub(crate) sequence: Vec<Sequence>,
    pub(crate) unknown_results: Vec<UnknownResult>,
}

/// The position of a rule set in its policy. 0 is the set at the top of the document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RuleSetId(pub(crate) usize);

/// The rule sets that must all admit a call, in their order: its server's policy, its caller's policy, and the caller's
/// own `tools`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AppliedSets([Option<RuleSetId>; Self::MOST]);

impl AppliedSets {
    /// The most sets that apply to one call.
    pub(crate) const MOST: usize = 3;

    /// Each set once, although the server and the caller may name the same one.
    pub(crate) fn new(
        server: Option<RuleSetId>,
        caller: Option<RuleSetId>,
        own: Option<RuleSetId>,
    ) -> Self {
        Self([server, caller.filter(|_| caller != server), own])
    }

    /// The set at the top of the document alone.
    pub(crate) fn main() -> Self {
        Self::new(None, Some(RuleSetId::default()), None)
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = RuleSetId> {
        self.0.into_iter().flatten()
    }
}

// Lists and no iterators: each adapter of an iterator that is used in one more place adds a kilobyte to the module.
impl RuleSet {
    pub(super) fn tables(&self) -> [&Names<Entry>; 3] {
        [&self.tools, &self.prompts, &self.resources]
    }

    /// The rules of all tools, then those of each entry.
    pub(crate) fn rules(&self) -> Vec<&Rules> {
        let mut rules = vec![&self.all_tools];
        for table in self.tables() {
            table.values().for_each(|entry| rules.push(&entry.rules));
        }
        self.methods
            .values()
            .for_each(|entry| rules.push(&entry.rules));
        rules
    }

    pub(super) fn limits(&self) -> Vec<&Arc<Limit>> {
        let mut limits = Vec::new();
        for rules in self.rules() {
            limits.extend(&rules.limits);
        }
        limits
    }

    /// Every group of conditions of the set.
    pub(crate) fn groups(&self) -> Vec<&Group> {
        let mut groups = Vec::new();
        for rules in self.rules() {
            groups.extend(&rules.require);
            groups.extend(&rules.deny_if);
            groups.extend(rules.approval.iter().map(|approval| &approval.group));
        }
        groups
    }

    /// Every condition of the set.
    pub(crate) fn conditions(&self) -> Vec<&Condition> {
        let mut conditions = Vec::new();
        for group in self.groups() {
            conditions.extend(group.conditions());
        }
        conditions
    }

    /// Every counter of the set, once for each rule that names it.
    pub(crate) fn counters(&self) -> Vec<&Counter> {
        let mut counters = Vec::new();
        for limit in self.limits() {
            counters.push(&*limit.counter);
        }
        for rule in &self.sequence {
            counters.push(rule.counter());
        }
        counters
    }
}
