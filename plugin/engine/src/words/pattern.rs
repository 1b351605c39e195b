//! Patterns for whole texts, in which `*` stands for any text.
//!
//! In texts of callers and in URIs, a `*` before the end of a pattern crosses no separator: `repo:acme/*:main` matches no
//! branch of another organisation. Matching takes time in proportion to the text and never backtracks.

use std::cmp::Reverse;

/// A text, or a pattern with `*`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pattern {
    text: Box<str>,
    star: Star,
}

/// The texts that a `*` before the end of a pattern stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Star {
    /// Any text, as in names of tools.
    Any,
    /// A text without a separator of a URI, a path or an address.
    Part,
}

/// The characters that a `*` before the end of a pattern does not match.
const SEPARATORS: [char; 5] = ['/', '?', '#', ':', '@'];

/// A character that texts of callers do not have: it never means one, and is no separator.
const ANY: &str = "\u{10ffff}";

/// The kinds of patterns, by the way in which they are found for a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape<'p> {
    Exact,
    /// One `*`, at the end.
    Prefix,
    /// One `*`, at the beginning.
    Suffix(&'p str),
    Other,
}

/// The letters of a pattern, and its stars.
pub(crate) type Order = (Reverse<usize>, usize);

/// A character of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    One(char),
    /// A `*` for any text.
    Any,
    /// A `*` for a text without separators.
    Part,
}

impl Place {
    /// Whether a `*` may stand for this character.
    pub(crate) fn skips(self, letter: char) -> bool {
        match self {
            Self::One(_) => false,
            Self::Any => true,
            Self::Part => !SEPARATORS.contains(&letter),
        }
    }
}

impl Pattern {
    /// `None` for an empty text, and for `**`.
    pub fn parse(text: &str, star: Star) -> Option<Self> {
        (!text.is_empty() && !text.contains("**")).then(|| Self {
            text: text.into(),
            star,
        })
    }

    /// The pattern as it is written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The order of patterns that match one text: those that others contain come first.
    pub fn order(&self) -> Order {
        let stars = self.text.bytes().filter(|byte| *byte == b'*').count();
        (Reverse(self.text.len().saturating_sub(stars)), stars)
    }

    /// True without a `*`.
    pub fn is_exact(&self) -> bool {
        !self.text.contains('*')
    }

    pub(crate) fn shape(&self) -> Shape<'_> {
        match (self.text.split_once('*'), self.text.rsplit_once('*')) {
            (None, _) => Shape::Exact,
            (Some((_, "")), _) => Shape::Prefix,
            (_, Some(("", after))) => Shape::Suffix(after),
            (Some(_), _) => Shape::Other,
        }
    }

    /// The end that alone shows whether a text matches; `None` for a pattern that is no such suffix.
    pub(crate) fn suffix(&self) -> Option<&str> {
        match self.shape() {
            Shape::Suffix(suffix) if self.star == Star::Any => Some(suffix),
            _ => None,
        }
    }

    /// True for a pattern of which neither its beginning nor its end alone shows whether a text matches.
    pub(crate) fn is_other(&self) -> bool {
        let simple = matches!(self.shape(), Shape::Exact | Shape::Prefix);
        !simple && self.suffix().is_none()
    }

    /// True where this pattern matches every text that the other one matches; false also where that is not certain.
    pub fn contains(&self, other: &Self) -> bool {
        !self.text.contains(ANY) && self.matches(&other.sample())
    }

    /// A text that the pattern matches, with a character for each `*` that no other pattern names. A pattern that matches
    /// it has a `*` there, which matches every text that this `*` does.
    pub(crate) fn sample(&self) -> String {
        self.text.replace('*', ANY)
    }

    /// True where the pattern matches the whole text. Each part between two `*` is taken at its first place: a `*` that
    /// skipped that place would cross a separator in the part, or match no more than the next `*` may.
    pub fn matches(&self, text: &str) -> bool {
        let mut parts = self.text.split('*');
        let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else {
            return false;
        };
        let Some(last) = parts.next_back() else {
            return rest.is_empty();
        };
        for part in parts {
            let Some((skipped, after)) = rest.split_once(part) else {
                return false;
            };
            if !self.skips(skipped) {
                return false;
            }
            rest = after;
        }
        let skipped = rest.strip_suffix(last);
        skipped.is_some_and(|skipped| last.is_empty() || self.skips(skipped))
    }

    /// Whether a `*` before the end stands for this text.
    fn skips(&self, text: &str) -> bool {
        self.star == Star::Any || !text.contains(SEPARATORS)
    }

    /// The characters of the pattern, each with whether it is a `*`, and whether that stands for this character.
    pub(crate) fn places(&self) -> Vec<Place> {
        let mut places = Vec::new();
        for (at, letter) in self.text.char_indices() {
            let ends = at.saturating_add(1) == self.text.len();
            places.push(match letter {
                '*' if ends || self.star == Star::Any => Place::Any,
                '*' => Place::Part,
                letter => Place::One(letter),
            });
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn star_before_the_end_crosses_no_separator() {
        for (pattern, text, matches) in [
            ("alice", "alice", true),
            ("alice", "alice2", false),
            ("repo:acme/*", "repo:acme/site:main", true),
            ("repo:acme/*", "repo:acme-evil/site", false),
            ("repo:*:main", "repo:site:main", true),
            ("repo:*:main", "repo:site:pull:main", false),
            ("*@acme.example", "ada@acme.example", true),
            ("*@acme.example", "x@evil@acme.example", false),
            ("*@acme.example", "ada@acme.example.evil", false),
            ("spiffe://acme/*/ci", "spiffe://acme/a/ci", true),
            ("spiffe://acme/*/ci", "spiffe://acme/a/b/ci", false),
            ("a*a", "a", false),
            ("*", "", true),
            ("*", "a/b", true),
        ] {
            let parsed = Pattern::parse(pattern, Star::Part).unwrap();
            assert_eq!(parsed.matches(text), matches, "{pattern} and {text}");
        }
    }

    #[test]
    fn pattern_contains_those_whose_every_text_it_matches() {
        for (pattern, other, contains) in [
            ("ada", "ada", true),
            ("ada", "ad*", false),
            ("a*", "ada", true),
            ("a*", "a*", true),
            ("a*", "ab*c", true),
            ("a*c", "a*", false),
            ("a*c", "ab*c", true),
            ("repo:acme/*", "repo:acme/site:*", true),
            ("repo:*:main", "repo:acme/*:main", false),
            ("repo:acme/*", "repo:acme/*:main", true),
            ("repo:acme/*:main", "repo:acme/*", false),
            ("a*/*", "a*", false),
            ("*", "*@acme.example", true),
            ("*@acme.example", "*", false),
        ] {
            let [parsed, of] =
                [pattern, other].map(|text| Pattern::parse(text, Star::Part).unwrap());
            assert_eq!(parsed.contains(&of), contains, "{pattern} and {other}");
        }
    }

    #[test]
    fn empty_pattern_and_two_stars_in_a_row_are_invalid() {
        assert_eq!(Pattern::parse("", Star::Any), None);
        assert_eq!(Pattern::parse("a**b", Star::Any), None);
    }

    fn star_of(any: bool) -> Star {
        if any { Star::Any } else { Star::Part }
    }

    /// Every way to divide the text among the stars.
    fn slow(pattern: &str, text: &str, any: Star) -> bool {
        let Some((before, after)) = pattern.split_once('*') else {
            return pattern == text;
        };
        let Some(rest) = text.strip_prefix(before) else {
            return false;
        };
        let ends = (0..=rest.len()).filter(|end| rest.is_char_boundary(*end));
        let mut splits = ends.map(|end| rest.split_at(end));
        splits.any(|(star, rest)| {
            let skips = any == Star::Any || !star.contains(SEPARATORS);
            (after.is_empty() || skips) && slow(after, rest, any)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn text_of_a_contained_pattern_matches_both(patterns in prop::array::uniform2(r"[ab/*]{1,5}"), text in "[ab/]{0,6}", any in any::<bool>()) {
            let star = star_of(any);
            let [outer, inner] = patterns.each_ref().map(|text| Pattern::parse(text, star));
            if let (Some(outer), Some(inner)) = (outer, inner) {
                let is_found = outer.contains(&inner) && inner.matches(&text);
                prop_assert!(!is_found || outer.matches(&text), "{outer:?} {inner:?} {text}");
                let is_inner = is_found && outer != inner;
                prop_assert!(!is_inner || inner.order() < outer.order(), "{outer:?} {inner:?}");
            }
        }

        #[test]
        fn matching_equals_a_search_of_all_divisions(pattern in r"[ab/*]{1,8}", text in "[ab/]{0,10}", any in any::<bool>()) {
            let star = star_of(any);
            if let Some(parsed) = Pattern::parse(&pattern, star) {
                prop_assert_eq!(parsed.matches(&text), slow(&pattern, &text, star));
            }
        }
    }
}
