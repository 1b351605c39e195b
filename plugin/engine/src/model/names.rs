//! Names and prefixes, and the one entry that applies to a name: the exact one, else the longest prefix.
//!
//! A lookup costs a binary search, and never visits a prefix outside one chain of nested prefixes.

use std::collections::BTreeMap;

/// Values by exact name or by a prefix that is written with one `*` at its end.
#[derive(Debug)]
pub(crate) struct Names<T> {
    exact: BTreeMap<Box<str>, T>,
    /// In order of `prefix`.
    prefixes: Vec<Prefix<T>>,
}

#[derive(Debug)]
struct Prefix<T> {
    prefix: Box<str>,
    value: T,
    /// The longest other prefix that this one begins with.
    outer: Option<usize>,
}

impl<T> Names<T> {
    /// Keys that end in `*` are prefixes; no key may occur twice.
    pub(crate) fn new(entries: impl IntoIterator<Item = (Box<str>, T)>) -> Self {
        let mut exact = BTreeMap::new();
        let mut prefixes: BTreeMap<Box<str>, T> = BTreeMap::new();
        for (key, value) in entries {
            match key.strip_suffix('*') {
                Some(prefix) => drop(prefixes.insert(prefix.into(), value)),
                None => drop(exact.insert(key, value)),
            }
        }
        let prefix = |(prefix, value)| Prefix {
            prefix,
            value,
            outer: None,
        };
        let prefixes = prefixes.into_iter().map(prefix).collect();
        let mut names = Self { exact, prefixes };
        names.nest();
        names
    }

    /// The value for `name`, and whether it is listed by its exact name.
    pub(crate) fn find(&self, name: &str) -> Option<(&T, bool)> {
        match self.exact.get(name) {
            Some(value) => Some((value, true)),
            None => Some((self.prefixes_of(name).next()?, false)),
        }
    }

    /// The value for `name` itself, and those of all its prefixes.
    pub(crate) fn find_all<'t>(&'t self, name: &str) -> impl Iterator<Item = &'t T> {
        self.exact
            .get(name)
            .into_iter()
            .chain(self.prefixes_of(name))
    }

    /// The values of the prefixes of `name`, the longest first.
    fn prefixes_of<'t>(&'t self, name: &str) -> impl Iterator<Item = &'t T> {
        let before = self
            .prefixes
            .partition_point(|prefix| *prefix.prefix <= *name);
        let mut candidate = before.checked_sub(1);
        let chain = std::iter::from_fn(move || {
            let prefix = self.prefixes.get(candidate?)?;
            candidate = prefix.outer;
            Some(prefix)
        });
        let prefixes = chain.filter(move |prefix| name.starts_with(&*prefix.prefix));
        prefixes.map(|prefix| &prefix.value)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.values().next().is_none()
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.exact
            .values()
            .chain(self.prefixes.iter().map(|prefix| &prefix.value))
    }

    /// Sorted order puts a prefix after every prefix that it begins with, so one pass with a stack finds them.
    fn nest(&mut self) {
        let mut around: Vec<(Box<str>, usize)> = Vec::new();
        for (index, prefix) in self.prefixes.iter_mut().enumerate() {
            while around
                .last()
                .is_some_and(|(outer, _)| !prefix.prefix.starts_with(&**outer))
            {
                around.pop();
            }
            prefix.outer = around.last().map(|&(_, index)| index);
            around.push((prefix.prefix.clone(), index));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(keys: &[String]) -> Names<String> {
        Names::new(keys.iter().map(|key| (key.as_str().into(), key.clone())))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// The result equals that of a scan of every entry.
        #[test]
        fn find_returns_the_longest_prefix(keys in proptest::collection::btree_set(r"[ab]{0,3}\*?", 0..12), name in "[ab]{0,5}") {
            let keys: Vec<_> = keys.into_iter().filter(|key| !key.is_empty()).collect();
            let longest = keys.iter().filter(|key| key.strip_suffix('*').is_some_and(|prefix| name.starts_with(prefix))).max_by_key(|key| key.len());
            let expected = keys.iter().find(|key| **key == name).or(longest);
            let names = names(&keys);
            prop_assert_eq!(names.find(&name).map(|(key, _)| key), expected);
        }
    }
}
