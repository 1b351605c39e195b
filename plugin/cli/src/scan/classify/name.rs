//! Verbs in the name of a tool.
//!
//! It never reads the description, but for knowing whether that has a verb.

use super::evidence::Evidence;
use super::reason::{Reason, reason};
use crate::scan::class::Class;
use crate::scan::vocabulary;

impl Evidence<'_> {
    /// The first verb of the name, and the verbs that are joined to it. A word that is often a noun is a verb if the
    /// name has no other: `run_tests`; not in its middle, if the description has a verb.
    pub(super) fn verbs_of_name(&self, described: Option<Class>) -> Vec<Reason> {
        let mut verbs = self.verbs(false);
        if verbs.is_empty() {
            verbs = self.verbs(true);
            verbs.retain(|(at, _)| *at == 0 || described.is_none());
        }
        let Some(&(first, main)) = verbs.first() else {
            return Vec::new();
        };
        let counts = |&(at, class): &(usize, Class)| {
            let joined = at.checked_sub(1).and_then(|before| self.name.get(before));
            let joined = joined.is_some_and(|word| word == "and" || word == "or");
            let second = main == Class::Read && described != Some(Class::Read);
            at == first || joined || class == Class::Destructive || second
        };
        let counted = verbs.iter().filter(|verb| counts(verb));
        let word = |at| self.name.get(at).map_or("", String::as_str);
        counted
            .map(|&(at, class)| reason(class, format!("name: `{}`", word(at))))
            .collect()
    }

    fn verbs(&self, nouns: bool) -> Vec<(usize, Class)> {
        let words = self.name.iter().enumerate();
        let words = words.filter(|(_, word)| nouns || !vocabulary::often_noun(word));
        words
            .filter_map(|(at, word)| {
                Some((at, self.dragged(word).or_else(|| vocabulary::verb(word))?))
            })
            .collect()
    }
}
