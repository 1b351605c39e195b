//! Names and patterns, and the one entry that applies to a name: the exact one, else the pattern that every other matching
//! one contains.
//!
//! A lookup costs a binary search for exact names, prefixes and suffixes, and a look at each of at most [`MOST_OTHERS`]
//! other patterns.

use crate::words::pattern::{Pattern, Star};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The most patterns that are neither a prefix nor a suffix.
pub(crate) const MOST_OTHERS: usize = 64;

/// The longest name that such patterns are compared with, in bytes.
const LONGEST: usize = 1024;

/// Values by exact name or by a pattern.
#[derive(Debug)]
pub(crate) struct Names<T> {
    index: Index,
    values: Vec<T>,
}

/// The places of the values. It is no generic type, so that its code is in the module once.
#[derive(Debug, Default)]
struct Index {
    exact: BTreeMap<Box<str>, usize>,
    prefixes: Affixes,
    /// By their ends, from the last character.
    suffixes: Affixes,
    /// In the order of [`Pattern::order`].
    others: Vec<(Pattern, usize)>,
}

/// Places by the beginning of a text.
#[derive(Debug, Default)]
struct Affixes(Vec<Affix>);

#[derive(Debug)]
struct Affix {
    text: Box<str>,
    place: usize,
    /// The longest other one that this one begins with.
    outer: Option<usize>,
}

impl<T> Names<T> {
    /// Values by exact names and patterns, in which a `*` stands for any text; no key may occur twice, and none holds `**`.
    pub(crate) fn new(entries: impl IntoIterator<Item = (Box<str>, T)>) -> Self {
        Self::with(entries, Star::Any)
    }

    /// The same, where a `*` before the end of a pattern stands for this; no key may occur twice, and none holds `**`.
    pub(crate) fn with(entries: impl IntoIterator<Item = (Box<str>, T)>, star: Star) -> Self {
        let entries = entries.into_iter();
        // A vector that grows has room for twice as many entries.
        let (least, _) = entries.size_hint();
        let (mut keys, mut values) = (Vec::with_capacity(least), Vec::with_capacity(least));
        for (key, value) in entries {
            keys.push(key);
            values.push(value);
        }
        Self {
            index: Index::new(keys, star),
            values,
        }
    }

    /// The value for `name`, and whether it is listed by its exact name. `None` also where that is
    /// [unclear](Self::is_unclear).
    pub(crate) fn find(&self, name: &str) -> Option<(&T, bool)> {
        let (place, exact) = self.index.find(name)?;
        Some((self.values.get(place)?, exact))
    }

    /// Whether `name` is too long to be compared with the patterns that there are. Such a name is refused.
    pub(crate) fn is_unclear(&self, name: &str) -> bool {
        self.index.is_unclear(name)
    }

    /// The steps that a lookup of this name takes beyond a search; `None` where that is [unclear](Self::is_unclear).
    pub(crate) fn steps(&self, name: &str) -> Option<usize> {
        let others = self.index.others.len();
        let bytes = others.saturating_mul(name.len().min(LONGEST));
        (!self.is_unclear(name)).then_some(bytes.div_ceil(BYTES_A_STEP))
    }

    /// Takes the value for `name` itself, and those of all its prefixes.
    pub(crate) fn take_all(&self, name: &str, mut take: impl FnMut(&T)) {
        let exact = self.index.exact.get(name).copied();
        let prefixes = self.index.prefixes.of(name).map(|prefix| prefix.place);
        for place in exact.into_iter().chain(prefixes) {
            self.values.get(place).into_iter().for_each(&mut take);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub(crate) fn values(&self) -> std::slice::Iter<'_, T> {
        self.values.iter()
    }
}

impl Index {
    fn new(keys: Vec<Box<str>>, star: Star) -> Self {
        let (mut exact, mut others) = (BTreeMap::new(), BTreeMap::new());
        let (mut prefixes, mut suffixes) = (BTreeMap::new(), BTreeMap::new());
        for (place, key) in keys.into_iter().enumerate() {
            let Some(pattern) = Pattern::parse(&key, star) else {
                continue;
            };
            if let Some(suffix) = pattern.suffix() {
                suffixes.insert(reversed(suffix), place);
            } else if pattern.is_other() {
                others.insert((pattern.order(), key), (pattern, place));
            } else if let Some(prefix) = key.strip_suffix('*') {
                prefixes.insert(prefix.into(), place);
            } else {
                exact.insert(key, place);
            }
        }
        Self {
            exact,
            prefixes: Affixes::new(prefixes),
            suffixes: Affixes::new(suffixes),
            others: others.into_values().collect(),
        }
    }

    fn find(&self, name: &str) -> Option<(usize, bool)> {
        if let Some(place) = self.exact.get(name) {
            return Some((*place, true));
        }
        let only_prefixes = self.suffixes.0.is_empty() && self.others.is_empty();
        if only_prefixes && self.prefixes.0.is_empty() {
            return None;
        }
        let prefix = self.prefixes.of(name).next();
        let place = match only_prefixes {
            true => prefix.map(|prefix| prefix.place),
            false => self.find_pattern(name, prefix),
        };
        place.map(|place| (place, false))
    }

    /// The pattern for `name` that every other matching one contains; `prefix` is the longest one.
    fn find_pattern(&self, name: &str, prefix: Option<&Affix>) -> Option<usize> {
        if self.is_unclear(name) {
            return None;
        }
        let backwards = reversed(name);
        let suffix = self.suffixes.of(&backwards).next();
        let mut others = self.others.iter();
        let other = others.find(|(pattern, _)| pattern.matches(name));
        let affix = |affix: &Affix| ((Reverse(affix.text.len()), 1), affix.place);
        let found = [
            prefix.map(affix),
            suffix.map(affix),
            other.map(|(pattern, place)| (pattern.order(), *place)),
        ];
        let first = found.into_iter().flatten().min_by_key(|(order, _)| *order);
        first.map(|(_, place)| place)
    }

    fn is_unclear(&self, name: &str) -> bool {
        !self.others.is_empty() && name.len() > LONGEST && !self.exact.contains_key(name)
    }
}

/// The bytes that one step compares.
const BYTES_A_STEP: usize = 8;

fn reversed(text: &str) -> Box<str> {
    text.chars().rev().collect()
}

impl Affixes {
    /// Sorted order puts a text after every one that it begins with, so one pass with a stack finds them.
    fn new(texts: BTreeMap<Box<str>, usize>) -> Self {
        let mut affixes: Vec<Affix> = Vec::with_capacity(texts.len());
        let mut around: Vec<(Box<str>, usize)> = Vec::new();
        for (index, (text, place)) in texts.into_iter().enumerate() {
            while around
                .last()
                .is_some_and(|(outer, _)| !text.starts_with(&**outer))
            {
                around.pop();
            }
            let outer = around.last().map(|&(_, index)| index);
            around.push((text.clone(), index));
            affixes.push(Affix { text, place, outer });
        }
        Self(affixes)
    }

    /// Those that `text` begins with, the longest first.
    fn of<'t>(&'t self, text: &str) -> impl Iterator<Item = &'t Affix> {
        let before = self.0.partition_point(|affix| *affix.text <= *text);
        let mut candidate = before.checked_sub(1);
        let chain = std::iter::from_fn(move || {
            let affix = self.0.get(candidate?)?;
            candidate = affix.outer;
            Some(affix)
        });
        chain.filter(move |affix| text.starts_with(&*affix.text))
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

        /// The result is the pattern that every other matching one contains, wherever there is one.
        #[test]
        fn find_returns_the_pattern_that_all_others_contain(keys in proptest::collection::btree_set(r"[ab*]{1,4}", 0..12), name in "[ab]{0,5}") {
            let patterns: Vec<_> = keys.iter().filter_map(|key| Pattern::parse(key, Star::Any)).collect();
            let matching: Vec<_> = patterns.iter().filter(|pattern| !pattern.is_exact() && pattern.matches(&name)).collect();
            let least = matching.iter().find(|one| matching.iter().all(|other| other.contains(one)));
            let exact = patterns.iter().find(|pattern| pattern.as_str() == name);
            let names = names(&patterns.iter().map(|pattern| pattern.as_str().to_owned()).collect::<Vec<_>>());
            let found = names.find(&name).map(|(key, _)| key.as_str());
            let expected = exact.or_else(|| least.copied());
            if expected.is_some() || matching.is_empty() {
                prop_assert_eq!(found, expected.map(Pattern::as_str));
            }
        }

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
