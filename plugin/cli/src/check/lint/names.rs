//! Finds the names and patterns that cover another one.
//!
//! It never compares every name with every other: a policy may have tens of thousands.

use mcp_policy::document::{NamePattern, Star};
use std::collections::HashSet;

/// Names and patterns, of which there may be tens of thousands.
pub(super) struct Names<'n> {
    star: Star,
    exact: HashSet<&'n str>,
    patterns: Vec<(&'n str, NamePattern)>,
}

impl<'n> Names<'n> {
    pub(super) fn new(names: impl IntoIterator<Item = &'n str>, star: Star) -> Self {
        let (patterns, exact): (Vec<_>, Vec<_>) =
            names.into_iter().partition(|name| name.contains('*'));
        Self {
            star,
            exact: exact.into_iter().collect(),
            patterns: patterns
                .into_iter()
                .filter_map(|name| Some((name, NamePattern::parse(name, star)?)))
                .collect(),
        }
    }

    /// A name that covers every name that `key` covers, and is not `key`.
    pub(super) fn other_covering(&self, key: &str) -> Option<&'n str> {
        let own = NamePattern::parse(key, self.star)?;
        let mut others = self.patterns.iter().filter(|(name, _)| *name != key);
        let covering = others.find(|(_, pattern)| pattern.contains(&own));
        covering.map(|(name, _)| *name)
    }

    /// A name that covers every name that `key` covers, `key` included.
    pub(super) fn covering(&self, key: &str) -> Option<&'n str> {
        let exact = self.exact.get(key);
        let pattern = || self.patterns.iter().find(|(name, _)| *name == key);
        let same = exact.copied().or_else(|| pattern().map(|(name, _)| *name));
        same.or_else(|| self.other_covering(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_covered_by_itself_and_by_patterns() {
        let names = Names::new(["read_file", "read_*", "write_*", "w*", "*_x"], Star::Any);
        assert_eq!(names.covering("read_file"), Some("read_file"));
        assert_eq!(names.other_covering("read_file"), Some("read_*"));
        assert_eq!(names.covering("write_*"), Some("write_*"));
        assert_eq!(names.other_covering("write_*"), Some("w*"));
        assert_eq!(names.covering("w*"), Some("w*"));
        assert_eq!(names.other_covering("w*"), None);
        assert_eq!(names.covering("read"), None);
        assert_eq!(names.covering("*_a_x"), Some("*_x"));
    }
}
