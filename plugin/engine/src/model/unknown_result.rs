//! The rules of a result whose tool is unknown: those of all tools together, each once.
//!
//! They are gathered when the policy is parsed, so that no message reads all of its tools.

use super::entry::{ResultRules, Sought};
use super::options::Mode;
use std::sync::Arc;

/// The part of a tool's rules that applies to results whose tool is unknown.
#[derive(Debug)]
pub(crate) struct UnknownResult {
    pub(crate) rules: Arc<ResultRules>,
    /// The mode of the tool; `None` where it is the caller's.
    pub(crate) mode: Option<Mode>,
    /// Its maximum of result bytes is the smallest of all tools in this mode.
    pub(crate) checks_length: bool,
    /// The positions of the patterns that no earlier rule treats in the same way.
    pub(crate) patterns: Vec<usize>,
}

/// The rules that a result must meet, and their mode.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AppliedRules<'p> {
    pub(crate) rules: &'p ResultRules,
    pub(crate) mode: Mode,
    /// The part of them that applies; `None` for all.
    part: Option<&'p UnknownResult>,
}

impl UnknownResult {
    /// The rules for a caller of this mode.
    pub(crate) fn applied(&self, mode: Mode) -> AppliedRules<'_> {
        AppliedRules {
            rules: &self.rules,
            mode: self.mode.unwrap_or(mode),
            part: Some(self),
        }
    }
}

impl<'p> AppliedRules<'p> {
    /// All of the rules.
    pub(crate) fn all(rules: &'p ResultRules, mode: Mode) -> Self {
        Self {
            rules,
            mode,
            part: None,
        }
    }

    /// The longest result in bytes.
    pub(crate) fn max_bytes(&self) -> Option<usize> {
        let checks = self.part.is_none_or(|part| part.checks_length);
        self.rules.max_bytes.filter(|_| checks)
    }

    /// The patterns that texts are searched for.
    pub(crate) fn patterns(self) -> impl Iterator<Item = &'p Sought> {
        let patterns = &self.rules.patterns;
        let all = self.part.is_none().then_some(patterns);
        let some = self.part.into_iter().flat_map(|part| &part.patterns);
        let some = some.filter_map(|index| patterns.get(*index));
        all.into_iter().flatten().chain(some)
    }
}
