//! Texts that may be expensive for a regular expression: mixtures of its own characters, its matches, and prose.
//!
//! It never ranks them: the engine plays them.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// The most characters that are mixed.
const LETTERS: usize = 6;

/// The bytes of a mixture before it repeats.
const MIXTURE: usize = 1024;

/// The most repetitions of a part that are written out.
const REPEATED: u32 = 16;

/// Characters that people and programs write.
pub(super) const PROSE: &str =
    "The build of 2026-11-28 passed: 143 tests, see https://ci.example.com/runs/8731 for its log. ";

/// The units of texts that are worth a try; prose alone where another parser than the engine's does not read the expression.
pub(super) fn units(expression: &str) -> Vec<String> {
    let mut units = vec![PROSE.to_owned()];
    let mut parser = ParserBuilder::new().unicode(false).utf8(false).build();
    let Ok(hir) = parser.parse(expression) else {
        return units;
    };
    let mut letters = Vec::new();
    collect(&hir, &mut letters);
    letters.truncate(LETTERS);
    units.push(mixture(&letters));
    let without = |left_out: &char| {
        let kept = letters.iter().filter(|letter| *letter != left_out);
        mixture(&kept.copied().collect::<Vec<_>>())
    };
    units.extend(letters.iter().map(without));
    let matched = example(&hir);
    units.push(format!("{matched} "));
    units.extend(
        matched
            .char_indices()
            .next_back()
            .map(|(end, _)| matched.get(..end).unwrap_or_default().to_owned()),
    );
    units.retain(|unit| !unit.is_empty());
    units.dedup();
    units
}

/// Some characters of the expression.
fn collect(hir: &Hir, letters: &mut Vec<char>) {
    let mut add = |letter: char| {
        if !letters.contains(&letter) {
            letters.push(letter);
        }
    };
    match hir.kind() {
        HirKind::Literal(literal) => String::from_utf8_lossy(&literal.0).chars().for_each(add),
        HirKind::Class(class) => visible(class).into_iter().for_each(&mut add),
        _ => {}
    }
    parts(hir)
        .into_iter()
        .for_each(|part| collect(part, letters));
}

fn parts(hir: &Hir) -> Vec<&Hir> {
    match hir.kind() {
        HirKind::Repetition(repetition) => vec![&*repetition.sub],
        HirKind::Capture(capture) => vec![&*capture.sub],
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().collect(),
        _ => Vec::new(),
    }
}

/// The ends of the ranges of a class, as far as they can be seen.
fn visible(class: &Class) -> Vec<char> {
    let ends: Vec<(char, char)> = match class {
        Class::Unicode(class) => class
            .ranges()
            .iter()
            .map(|range| (range.start(), range.end()))
            .collect(),
        Class::Bytes(class) => {
            let ranges = class.ranges().iter();
            ranges
                .map(|range| (char::from(range.start()), char::from(range.end())))
                .collect()
        }
    };
    let seen = ends
        .into_iter()
        .map(|(first, last)| (first.max(' '), last.min('~')));
    let seen = seen.filter(|(first, last)| first <= last);
    seen.flat_map(|(first, last)| [first, last]).collect()
}

/// A text that the expression matches, except for its assertions and for long repetitions.
fn example(hir: &Hir) -> String {
    match hir.kind() {
        HirKind::Literal(literal) => String::from_utf8_lossy(&literal.0).into_owned(),
        HirKind::Class(class) => visible(class)
            .first()
            .map(char::to_string)
            .unwrap_or_default(),
        HirKind::Repetition(repetition) => {
            let times = repetition.min.clamp(1, REPEATED);
            example(&repetition.sub).repeat(usize::try_from(times).unwrap_or(1))
        }
        HirKind::Alternation(parts) => parts.first().map(example).unwrap_or_default(),
        _ => parts(hir).into_iter().map(example).collect(),
    }
}

/// The letters in an order that is the same each time and follows no rule that an expression could know.
fn mixture(letters: &[char]) -> String {
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let at = usize::try_from(state >> 16)
            .ok()?
            .checked_rem(letters.len())?;
        letters.get(at).copied()
    };
    std::iter::from_fn(next).take(MIXTURE).collect()
}

#[cfg(test)]
mod tests {
    use super::units;

    #[test]
    fn units_of_expression_hold_its_characters_and_its_match() {
        let units = units("a[bc]{2}d");
        let mixes = |letters: &str| {
            let only =
                |unit: &&String| unit.len() > 100 && unit.chars().all(|c| letters.contains(c));
            units
                .iter()
                .any(|unit| only(&unit) && letters.chars().all(|c| unit.contains(c)))
        };
        assert!(mixes("abcd") && mixes("abc") && mixes("bcd"));
        assert!(units.iter().any(|unit| unit == "abbd ") && units.iter().any(|unit| unit == "abb"));
    }

    #[test]
    fn expression_of_another_dialect_still_gets_prose() {
        assert_eq!(units("(?<=a)b").len(), 1);
    }
}
