//! Names that some server or client confuses: other case, folded letters, text after a NUL.
//!
//! It never reports two names as different where a known reader confuses them.

use std::borrow::Cow;

/// The member through which an object of JavaScript inherits. A server that copies an object may read the members of
/// this one as the object's own.
pub(crate) const PROTOTYPE: &str = "__proto__";

/// The name up to its first control character. A program that reads C strings ends it at a NUL; no honest name has a
/// control character, so the name ends at any of them.
pub(crate) fn ended(name: &str) -> &str {
    name.split(char::is_control).next().unwrap_or_default()
}

/// True for a text with a control character, which no honest name has.
pub(super) fn has_control(text: &str) -> bool {
    match text.is_ascii() {
        true => text.bytes().any(|byte| byte.is_ascii_control()),
        false => text.chars().any(char::is_control),
    }
}

/// The name with an ASCII letter for each letter that folds into one.
pub(crate) fn fold(name: &str) -> String {
    name.chars().map(ascii_letter).collect()
}

fn ascii_letter(c: char) -> char {
    match c {
        '\u{17F}' => 's',
        '\u{212A}' => 'k',
        '\u{130}' | '\u{131}' => 'i',
        c => c,
    }
}

/// True for names that a server may confuse if it ignores case and ends names at a NUL. All letters outside ASCII count
/// as equal, so that no table of cases is needed.
pub(crate) fn similar(one: &str, other: &str) -> bool {
    similar_after(one, other).0
}

/// Whether the names are similar, and the number of letters that were compared.
pub(crate) fn similar_after(one: &str, other: &str) -> (bool, usize) {
    let (mut others, mut compared) = (other.bytes(), 0_usize);
    for byte in one.bytes() {
        compared = compared.wrapping_add(1);
        match others.next() {
            Some(other) if byte.eq_ignore_ascii_case(&other) && is_letter(byte) => {}
            Some(other) if is_letter(byte) && is_letter(other) => return (false, compared),
            _ => return similar_folded(one, other),
        }
    }
    match others.next() {
        None => (true, compared),
        Some(_) => similar_folded(one, other),
    }
}

/// True for a byte that only the same letter in either case resembles.
fn is_letter(byte: u8) -> bool {
    byte.is_ascii() && !byte.is_ascii_control()
}

fn similar_folded(one: &str, other: &str) -> (bool, usize) {
    let (mut one, mut other) = (folded(one), folded(other));
    let mut compared = 0_usize;
    loop {
        compared = compared.wrapping_add(1);
        match (one.next(), other.next()) {
            (None, None) => return (true, compared),
            (one, other) if one != other => return (false, compared),
            _ => {}
        }
    }
}

/// The letters that similar names share.
fn folded(name: &str) -> impl Iterator<Item = char> {
    let letter = |c| match ascii_letter(c) {
        c if c.is_ascii() => c.to_ascii_lowercase(),
        _ => char::REPLACEMENT_CHARACTER,
    };
    // Ends the name as `ended` does, but lazily: a comparison stops at the first different letter.
    name.chars().take_while(|c| !c.is_control()).map(letter)
}

/// The text that similar names share, and that no other name has.
pub(crate) fn similar_form(name: &str) -> Cow<'_, str> {
    let is_own = |byte: u8| matches!(byte, b' '..=b'~') && !byte.is_ascii_uppercase();
    match name.bytes().all(is_own) {
        true => Cow::Borrowed(name),
        false => folded(name).collect(),
    }
}

/// True where some reader could mistake the name for one of `known`, or it is one of them.
pub(crate) fn is_confusable<'n>(name: &str, mut known: impl Iterator<Item = &'n str>) -> bool {
    known.any(|known| similar(known, name))
}

#[cfg(test)]
mod tests {
    use super::{folded, is_confusable, similar, similar_form};

    #[test]
    fn names_of_other_case_or_cut_at_a_nul_are_similar() {
        for (one, other) in [
            ("amount", "Amount"),
            ("amount", "amount\0"),
            ("amount", "amount\0x"),
            ("amount", "AMOUNT\0\0\u{e9}"),
            ("amount\0x", "amount\0y"),
            ("amount", "amount\u{1}x"),
            ("key", "\u{212A}ey"),
            ("files", "file\u{17F}"),
            ("größe", "GRÖßE"),
            ("ς", "Σ"),
        ] {
            assert!(similar(one, other), "{one} {other}");
            assert_eq!(similar_form(one), similar_form(other), "{one} {other}");
            assert!(
                is_confusable(other, ["a", one].into_iter()),
                "{one} {other}"
            );
        }
        for (one, other) in [
            ("amount", "amounts"),
            ("amount", "amounts\0"),
            ("amount", "amoun\0t"),
            ("amount", "\0amount"),
            ("a_b", "a-b"),
            ("amount", " amount"),
            ("größe", "grosse"),
        ] {
            assert!(!similar(one, other), "{one} {other}");
            assert_ne!(similar_form(one), similar_form(other), "{one} {other}");
            assert!(
                !is_confusable(other, ["a", one].into_iter()),
                "{one} {other}"
            );
        }
    }
    #[test]
    fn similar_matches_a_comparison_of_folded_letters() {
        let parts = ["", "a", "K", "k", "\u{212A}", "\u{e9}", "\0", "\u{7F}", "_"];
        let names = || {
            let pairs = parts.iter().flat_map(|one| parts.map(|two| (one, two)));
            pairs.flat_map(|(one, two)| parts.map(|three| [one, two, three].concat()))
        };
        for one in names() {
            for other in names() {
                let same = folded(&one).eq(folded(&other));
                assert_eq!(similar(&one, &other), same, "{one:?} {other:?}");
            }
        }
    }
}
