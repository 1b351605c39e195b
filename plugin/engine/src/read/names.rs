//! Names that some server or client takes for one another: other case, folded letters, whatever follows a NUL.
//!
//! It never says that two names differ where a known reader takes them for one.

use std::borrow::Cow;

/// The member through which an object of JavaScript inherits: a server that copies an object may take the members of
/// this one for the object's own.
pub(crate) const PROTOTYPE: &str = "__proto__";

/// The name up to where a reader of C strings ends it: its first NUL. No control character stands in an honest name, so
/// each ends it here.
pub(crate) fn ended(name: &str) -> &str {
    name.split(char::is_control).next().unwrap_or_default()
}

/// True for a text with a character that is not seen and that no honest name has.
pub(super) fn has_control(text: &str) -> bool {
    match text.is_ascii() {
        true => text.bytes().any(|byte| byte.is_ascii_control()),
        false => text.chars().any(char::is_control),
    }
}

/// The name with letters of ASCII in place of those that fold into them.
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

/// True for names that may be one to a server that regards no case and ends names at a NUL. Letters outside ASCII are all
/// taken for one another's other case, so that no table of them is needed.
pub(crate) fn similar(one: &str, other: &str) -> bool {
    similar_after(one, other).0
}

/// The same, and how many letters were compared for it.
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

/// It stands for itself alone, and for its other case.
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

/// The letters that similar names have in common.
fn folded(name: &str) -> impl Iterator<Item = char> {
    let letter = |c| match ascii_letter(c) {
        c if c.is_ascii() => c.to_ascii_lowercase(),
        _ => char::REPLACEMENT_CHARACTER,
    };
    // As `ended`, without reading on behind a letter that differs.
    name.chars().take_while(|c| !c.is_control()).map(letter)
}

/// The text that similar names have in common, and no others.
pub(crate) fn similar_form(name: &str) -> Cow<'_, str> {
    let is_own = |byte: u8| matches!(byte, b' '..=b'~') && !byte.is_ascii_uppercase();
    match name.bytes().all(is_own) {
        true => Cow::Borrowed(name),
        false => folded(name).collect(),
    }
}

/// Whether some reader takes the name for one of these, or it is one of them.
pub(crate) fn is_confusable<'n>(name: &str, mut known: impl Iterator<Item = &'n str>) -> bool {
    known.any(|known| similar(known, name))
}

#[cfg(test)]
mod tests {
    use super::{folded, is_confusable, similar, similar_form};

    #[test]
    fn names_that_some_server_takes_for_one() {
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
    fn similar_names_have_the_same_letters() {
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
