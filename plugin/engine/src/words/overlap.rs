//! Finds a text that two patterns match and none of some others, if there is one.
//!
//! It looks at texts in the order of their lengths, so the one that it finds is a shortest one. Its work is bounded.

use super::pattern::{Pattern, Place};
use std::collections::BTreeSet;

/// A letter for those that no pattern names.
const LETTERS: [char; 3] = ['x', 'y', 'z'];

/// The longest pattern, in characters.
const LONGEST: usize = 126;

/// The result of a search.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Overlap {
    /// Each text that both match is one of another pattern too.
    None,
    Text(String),
    /// The search is too long.
    Unknown,
}

/// For each pattern the places that a text has reached, a bit for each.
type State = Vec<u128>;

/// A pattern with a bit for each of its places.
struct Automaton {
    stars: u128,
    end: u128,
    /// For each letter the places of this letter, and those of a `*` that stands for it.
    letters: Vec<[u128; 2]>,
}

/// A text that both patterns match and none of the others. The search looks at no more than so many states, and counts
/// them down.
pub(crate) fn overlap(both: [&Pattern; 2], others: &[&Pattern], states: &mut usize) -> Overlap {
    let all = both.iter().chain(others);
    let places: Vec<_> = all.map(|own| own.places()).collect();
    if places.iter().any(|own| own.len() > LONGEST) {
        return Overlap::Unknown;
    }
    let letters = alphabet(&places);
    let patterns = places.iter().map(|own| Automaton::new(own, &letters));
    let patterns: Vec<_> = patterns.collect();
    let start: State = patterns.iter().map(|own| own.closed(1)).collect();
    let mut seen = BTreeSet::from([start.clone()]);
    let mut level = vec![(String::new(), start)];
    while !level.is_empty() {
        let mut next = Vec::new();
        for (text, state) in level {
            if is_found(&patterns, &state) {
                return Overlap::Text(text);
            }
            let Some(left) = states.checked_sub(1) else {
                return Overlap::Unknown;
            };
            *states = left;
            for (index, letter) in letters.iter().enumerate() {
                let state = step(&patterns, &state, index);
                let alive = !state.iter().take(2).any(|places| *places == 0);
                if alive && seen.insert(state.clone()) {
                    next.push((format!("{text}{letter}"), state));
                }
            }
        }
        level = next;
    }
    Overlap::None
}

/// The letters of the patterns, and one that is none of them.
fn alphabet(patterns: &[Vec<Place>]) -> BTreeSet<char> {
    let mut letters = BTreeSet::new();
    for place in patterns.iter().flatten() {
        if let Place::One(letter) = place {
            letters.insert(*letter);
        }
    }
    let mut others = LETTERS.into_iter();
    let other = others.find(|letter| !letters.contains(letter));
    letters.insert(other.unwrap_or('\u{10ffff}'));
    letters
}

impl Automaton {
    fn new(places: &[Place], letters: &BTreeSet<char>) -> Self {
        let of = |letter: &char| {
            let ones = bits(places, |place| *place == Place::One(*letter));
            [ones, bits(places, |place| place.skips(*letter))]
        };
        Self {
            stars: bits(places, |place| !matches!(place, Place::One(_))),
            end: bit(places.len()),
            letters: letters.iter().map(of).collect(),
        }
    }

    /// These places, and that after each `*`, which may stand for nothing.
    fn closed(&self, places: u128) -> u128 {
        places | ((places & self.stars) << 1)
    }

    fn step(&self, places: u128, letter: usize) -> u128 {
        let [ones, stars] = self.letters.get(letter).copied().unwrap_or_default();
        self.closed(((places & ones) << 1) | (places & stars))
    }
}

fn bit(place: usize) -> u128 {
    u32::try_from(place).map_or(0, |place| 1_u128.checked_shl(place).unwrap_or(0))
}

fn bits(places: &[Place], is_it: impl Fn(&Place) -> bool) -> u128 {
    let places = places.iter().enumerate();
    let wanted = places.filter(|(_, place)| is_it(place));
    wanted.fold(0, |bits, (at, _)| bits | bit(at))
}

fn step(patterns: &[Automaton], state: &State, letter: usize) -> State {
    let patterns = patterns.iter().zip(state);
    patterns
        .map(|(pattern, places)| pattern.step(*places, letter))
        .collect()
}

fn is_found(patterns: &[Automaton], state: &State) -> bool {
    let ends = patterns.iter().zip(state);
    let matched: Vec<_> = ends.map(|(own, places)| places & own.end != 0).collect();
    matches!(&matched[..], [true, true, others @ ..] if !others.contains(&true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::pattern::Star;
    use proptest::prelude::*;

    fn of(first: &str, second: &str, others: &[&str], star: Star) -> Overlap {
        let pattern = |text: &str| Pattern::parse(text, star).unwrap();
        let (first, second) = (pattern(first), pattern(second));
        let others: Vec<_> = others.iter().map(|text| pattern(text)).collect();
        overlap(
            [&first, &second],
            &others.iter().collect::<Vec<_>>(),
            &mut 10_000,
        )
    }

    #[test]
    fn shortest_text_of_both_patterns_is_found() {
        for (first, second, others, expected) in [
            ("get_*", "*_admin", &[][..], Some("get_admin")),
            ("get_*", "*_admin", &["get_*_admin"], Some("get_admin")),
            ("get_*", "*_admin", &["get_*_admin", "get_admin"], None),
            ("get_*", "put_*", &[], None),
            ("a*c", "ab*", &["ab*c"], None),
            ("*a*", "*b*", &["*a*b*"], Some("ba")),
            ("*a*", "*b*", &["*a*b*", "*b*a*"], None),
        ] {
            let expected = expected.map_or(Overlap::None, |text| Overlap::Text(text.into()));
            let found = of(first, second, others, Star::Any);
            assert_eq!(found, expected, "{first} {second} {others:?}");
        }
    }

    #[test]
    fn star_that_crosses_no_separator_overlaps_less() {
        assert_eq!(of("a/*/d", "a/b/*/d", &[], Star::Part), Overlap::None);
        let any = of("a/*/d", "a/b/*/d", &[], Star::Any);
        assert_eq!(any, Overlap::Text("a/b//d".into()));
    }

    #[test]
    fn search_without_end_is_given_up() {
        let long = "a*b*c*d*e*f*g*h*".repeat(6);
        let other = "*h*g*f*e*d*c*b*a".repeat(6).replace("a*h", "a*x*h");
        let others = ["*aa*", "*bb*", "*cc*", "*abc*ab*"];
        let found = of(&long, &other, &others, Star::Any);
        assert_eq!(found, Overlap::Unknown);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn found_text_matches_both_and_no_other(patterns in prop::collection::vec(r"[ab/*]{1,4}", 2..5), texts in prop::collection::vec("[ab/x]{0,5}", 32), any in any::<bool>()) {
            let star = if any { Star::Any } else { Star::Part };
            let patterns: Vec<_> = patterns.iter().filter_map(|text| Pattern::parse(text, star)).collect();
            if let [first, second, others @ ..] = &patterns[..] {
                let is_wanted = |text: &str| first.matches(text) && second.matches(text) && !others.iter().any(|own| own.matches(text));
                match overlap([first, second], &others.iter().collect::<Vec<_>>(), &mut 10_000) {
                    Overlap::Text(text) => prop_assert!(is_wanted(&text), "{text}"),
                    Overlap::None => prop_assert!(!texts.iter().any(|text| is_wanted(text))),
                    Overlap::Unknown => {}
                }
            }
        }
    }
}
