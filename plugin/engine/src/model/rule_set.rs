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
pub(crate) struct AppliedSets([Option<RuleSetId>; 3]);

impl AppliedSets {
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

impl RuleSet {
    pub(super) fn tables(&self) -> [&Names<Entry>; 3] {
        [&self.tools, &self.prompts, &self.resources]
    }

    pub(super) fn limits(&self) -> impl Iterator<Item = &Limit> {
        self.rules()
            .flat_map(|rules| &rules.limits)
            .map(AsRef::as_ref)
    }

    /// Every group of conditions of the set.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &Group> {
        let groups = self.rules().flat_map(Rules::groups);
        groups.map(|(group, _)| group)
    }

    /// Every condition of the set.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.groups().flat_map(|group| &group.conditions)
    }

    fn rules(&self) -> impl Iterator<Item = &Rules> {
        let entries = self.tables().into_iter().flat_map(Names::values);
        let entries = entries.map(|entry| &entry.rules);
        [&self.all_tools].into_iter().chain(entries)
    }

    /// Every counter of the set, once for each rule that names it.
    pub(crate) fn counters(&self) -> impl Iterator<Item = &Counter> {
        let limits = self.limits().map(|limit| &*limit.counter);
        let marks = self.sequence.iter().map(Sequence::counter);
        limits.chain(marks)
    }
}
