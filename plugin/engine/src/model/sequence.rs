//! Sequence rules: a call of one tool makes calls of others refused for a while.
//!
//! Each rule is a counter: one kind of call marks it, and the other kind is refused while it is marked. Marks are
//! therefore kept where counts are. It marks nothing; `count` and `store` do.

use super::limit::{Counter, Limit};
use super::names::Names;
use crate::words::Rule;
use crate::words::sorted::dedup_sorted;
use std::sync::Arc;

/// After an admitted call of an `after` tool, calls of `deny` tools are refused for a while.
#[derive(Debug)]
pub(crate) struct Sequence {
    pub(crate) after: Names<usize>,
    pub(crate) deny: Names<usize>,
    /// Sets the mark and refuses nothing.
    pub(crate) mark: Arc<Limit>,
    /// Refuses a call while the mark is set, and sets none.
    pub(crate) check: Arc<Limit>,
    /// Refuses a call while the mark is set, and otherwise sets it.
    pub(crate) check_and_mark: Arc<Limit>,
}

/// The part of a tool's calls in a sequence rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SequenceRole {
    pub(crate) marks: bool,
    pub(crate) checks: bool,
}

/// Whether a list has the tool; true also where that is unclear.
fn is_in(names: &Names<usize>, tool: &str) -> bool {
    names.is_unclear(tool) || names.find(tool).is_some()
}

/// The counters of the rules, each once, by their ids.
pub(crate) fn sequence_counters<'s>(rules: impl Iterator<Item = &'s Sequence>) -> Vec<String> {
    dedup_sorted(rules.map(|rule| rule.counter().id.clone()))
}

impl Sequence {
    pub(crate) fn counter(&self) -> &Counter {
        &self.mark.counter
    }

    pub(crate) fn rule(&self) -> &Rule {
        &self.mark.rule
    }

    pub(crate) fn role(&self, tool: &str) -> SequenceRole {
        SequenceRole {
            marks: is_in(&self.after, tool),
            checks: is_in(&self.deny, tool),
        }
    }

    /// The limit that a call of that role must fit when it is admitted.
    pub(crate) fn limit(&self, role: SequenceRole) -> Option<&Arc<Limit>> {
        match role {
            SequenceRole {
                marks: true,
                checks: true,
            } => Some(&self.check_and_mark),
            SequenceRole {
                marks: true,
                checks: false,
            } => Some(&self.mark),
            SequenceRole {
                marks: false,
                checks: true,
            } => Some(&self.check),
            SequenceRole {
                marks: false,
                checks: false,
            } => None,
        }
    }
}
