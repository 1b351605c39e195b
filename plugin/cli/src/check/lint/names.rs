//! Finds the names and prefixes that cover another one.
//!
//! It never compares every name with every other: a policy may have tens of thousands.

use std::collections::HashSet;

/// Names and prefixes, of which there may be tens of thousands.
#[derive(Default)]
pub(super) struct Names<'n> {
    exact: HashSet<&'n str>,
    prefixes: Vec<&'n str>,
}

impl<'n> Names<'n> {
    pub(super) fn new(names: impl IntoIterator<Item = &'n str>) -> Self {
        let (prefixes, exact): (Vec<_>, Vec<_>) =
            names.into_iter().partition(|name| name.ends_with('*'));
        Self {
            exact: exact.into_iter().collect(),
            prefixes,
        }
    }

    /// A name that covers every name that `key` covers, and is not `key`.
    pub(super) fn other_covering(&self, key: &str) -> Option<&'n str> {
        let stem = key.strip_suffix('*').unwrap_or(key);
        let mut prefixes = self.prefixes.iter().filter(|prefix| **prefix != key);
        let covering = prefixes.find(|prefix| stem.starts_with(prefix.trim_end_matches('*')));
        covering.copied()
    }

    /// A name that covers every name that `key` covers, `key` included.
    pub(super) fn covering(&self, key: &str) -> Option<&'n str> {
        let exact = self.exact.get(key);
        let prefix = || self.prefixes.iter().find(|prefix| **prefix == key);
        let same = exact.or_else(prefix).copied();
        same.or_else(|| self.other_covering(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_covered_by_itself_and_by_prefixes() {
        let names = Names::new(["read_file", "read_*", "write_*", "w*"]);
        assert_eq!(names.covering("read_file"), Some("read_file"));
        assert_eq!(names.other_covering("read_file"), Some("read_*"));
        assert_eq!(names.covering("write_*"), Some("write_*"));
        assert_eq!(names.other_covering("write_*"), Some("w*"));
        assert_eq!(names.covering("w*"), Some("w*"));
        assert_eq!(names.other_covering("w*"), None);
        assert_eq!(names.covering("read"), None);
    }
}
