//! Turns keys and lists of names into names and patterns, and finds patterns of which none decides.
//!
//! It matches no name of a message.

use super::reader::{Location, PolicyReader};
use crate::model::{MOST_OTHERS, Names};
use crate::words::json::Value;
use crate::words::overlap::{Overlap, overlap};
use crate::words::pattern::{Pattern, Shape, Star};
use crate::words::text::is_visible;
use std::collections::BTreeMap;

const WRITE_NAME: &str = "an exact name, or a pattern in which `*` stands for any text, such as `get_*` or `*_delete`, without `**`, surrounding space or invisible characters";

const WRITE_AUTHORITY: &str =
    "the host in full, or with `*.` at its beginning, such as `https://*.example/*`";

/// The states that the search for overlapping patterns of one table looks at: a quarter of a second.
const MOST_STATES: usize = 65_536;

/// The most overlaps that are told at once.
const MOST_TOLD: usize = 8;

/// The most entries that decide where two patterns overlap.
const MOST_SETTLING: usize = 64;

impl PolicyReader {
    /// A list of names and patterns, each with its position in the list. `*` matches every name.
    pub(super) fn names(&mut self, at: &Location<'_>, value: Value<'_>) -> Names<usize> {
        let elements: Vec<_> = self.list(at, value, "names").enumerate().collect();
        let mut names: BTreeMap<Box<str>, usize> = BTreeMap::new();
        for (index, value) in elements {
            let at = at.index(index);
            let Some(name) = self.string(&at, value) else {
                continue;
            };
            if !is_name(&name) && name != "*" {
                self.invalid(&at, value, WRITE_NAME);
            } else if names.insert(name.as_ref().into(), index).is_some() {
                self.invalid(&at, value, "each name once");
            }
        }
        self.bounded_others(at, &patterns(names.keys().map(AsRef::as_ref), Star::Any));
        Names::new(names)
    }

    /// Checks the key of an entry.
    pub(super) fn name_key(&mut self, at: &Location<'_>, key: &str, star: Star) {
        let found = || format!("the key `{key}`");
        if !is_name(key) {
            self.invalid_key(at, found(), WRITE_NAME);
        } else if star == Star::Part && !is_clear_authority(key) {
            self.invalid_key(at, found(), WRITE_AUTHORITY);
        }
    }

    /// Checks the number of patterns that a lookup compares one by one.
    fn bounded_others(&mut self, at: &Location<'_>, patterns: &[Pattern]) {
        let others = patterns.iter().filter(|own| own.is_other()).count();
        if others > MOST_OTHERS {
            let found = format!("{others} patterns with a `*` before their ends");
            let write = format!("at most {MOST_OTHERS}");
            self.invalid_key(at, found, &write);
        }
    }

    /// Finds pairs of patterns that match one name, of which neither contains the other, where no entry decides.
    pub(super) fn overlaps<'k>(
        &mut self,
        at: &Location<'_>,
        keys: impl Iterator<Item = &'k str>,
        star: Star,
    ) {
        let all = patterns(keys, star);
        self.bounded_others(at, &all);
        // Of two prefixes that match one name, one contains the other.
        let (prefixes, uneven): (Vec<_>, Vec<_>) = all
            .iter()
            .enumerate()
            .filter(|(_, own)| !own.is_exact())
            .partition(|(_, own)| own.shape() == Shape::Prefix);
        let (mut states, mut told) = (MOST_STATES, 0_usize);
        for (place, first) in &uneven {
            // What decides where this pattern and another one overlap is within both.
            let within: Vec<_> = all.iter().filter(|own| first.contains(own)).collect();
            let later = uneven.iter().filter(|(other, _)| other > place);
            for (other, second) in prefixes.iter().chain(later) {
                if told >= MOST_TOLD || first.contains(second) || second.contains(first) {
                    continue;
                }
                let settling = within.iter().filter(|own| second.contains(own)).copied();
                let settling: Vec<_> = settling.take(MOST_SETTLING).collect();
                let found = match overlap([first, second], &settling, &mut states) {
                    Overlap::None => continue,
                    Overlap::Text(name) => Some(name),
                    Overlap::Unknown => None,
                };
                told = told.saturating_add(1);
                let in_order = if other > place {
                    [*first, *second]
                } else {
                    [*second, *first]
                };
                self.overlap(at, in_order, found);
            }
        }
    }

    fn overlap(&mut self, at: &Location<'_>, both: [&Pattern; 2], name: Option<String>) {
        let [first, second] = both.map(Pattern::as_str);
        let at = at.key(second);
        match name {
            Some(name) => {
                let found = format!("the key `{second}`, which matches `{name}` as `{first}` does");
                let write = format!(
                    "{} too: neither key contains the other, so none decides",
                    settles(both, &name)
                );
                self.invalid_key(&at, found, &write);
            }
            None => {
                let found = format!("the key `{second}` beside `{first}`");
                let write = "shorter or fewer patterns: there are too many to see which of them decides for a name";
                self.invalid_key(&at, found, write);
            }
        }
    }
}

fn patterns<'k>(keys: impl Iterator<Item = &'k str>, star: Star) -> Vec<Pattern> {
    keys.filter_map(|key| Pattern::parse(key, star)).collect()
}

/// The keys of entries that decide for the name, and for many others that both patterns match.
fn settles(both: [&Pattern; 2], name: &str) -> String {
    let [first, second] = both.map(Pattern::as_str);
    let orders = [(first, second), (second, first)];
    let joined = orders.iter().filter_map(|(one, other)| joined(one, other));
    let joined: Vec<_> = joined.collect();
    let fitting = joined.iter().find(|joined| joined.matches(name));
    match fitting.or_else(|| joined.first()) {
        Some(joined) if joined.matches(name) => format!("an entry `{}`", joined.as_str()),
        Some(joined) => format!("entries `{}` and `{name}`", joined.as_str()),
        None => format!("an entry `{name}`"),
    }
}

/// The pattern for names that begin as the one and end as the other; `None` where a `*` does not join them.
fn joined(one: &str, other: &str) -> Option<Pattern> {
    let beginning = one.strip_suffix('*')?;
    let joins = other.starts_with('*');
    let text = [beginning, other].concat();
    joins.then(|| Pattern::parse(&text, Star::Any)).flatten()
}

/// True for an exact name, and for a pattern that does not match every name.
fn is_name(name: &str) -> bool {
    is_visible(name) && name != "*" && !name.is_empty() && !name.contains("**")
}

/// A `*` before the end of a URI stands for no part of a host but its first labels.
fn is_clear_authority(key: &str) -> bool {
    let Some((scheme, rest)) = key.split_once("://") else {
        return true;
    };
    let end = rest.find(['/', '?', '#']);
    let host = end.and_then(|end| rest.get(..end)).unwrap_or(rest);
    let host = match end {
        Some(_) => host.strip_prefix("*.").unwrap_or(host),
        None => host.strip_suffix('*').unwrap_or(host),
    };
    !scheme.contains('*') && !host.contains('*')
}
