//! Sequence rules: after which tools which others are refused, and for how long.
//!
//! Each is a counter that one kind of call marks and that must be unmarked for the other, so that marks are kept where
//! counts are. It marks nothing; `count` and `store` do.

use super::limit::{Counter, Limit};
use super::names::Names;
use crate::words::Rule;
use crate::words::sorted::dedup_sorted;
use std::sync::Arc;

/// Once an `after` tool was admitted, `deny` tools are refused for a while.
#[derive(Debug)]
pub(crate) struct Sequence {
    pub(crate) after: Names<usize>,
    pub(crate) deny: Names<usize>,
    /// Marks, and lets everything through.
    pub(crate) mark: Arc<Limit>,
    /// Lets through what no mark stands against, and marks nothing.
    pub(crate) check: Arc<Limit>,
    /// Both at once.
    pub(crate) check_and_mark: Arc<Limit>,
}

/// What a rule asks of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SequenceRole {
    pub(crate) marks: bool,
    pub(crate) checks: bool,
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
            marks: self.after.find(tool).is_some(),
            checks: self.deny.find(tool).is_some(),
        }
    }

    /// What a call of that role must fit when it is let through.
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
