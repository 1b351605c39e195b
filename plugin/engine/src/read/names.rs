//! Names that some server or client takes for one another: other case, folded letters, a NUL at the end.
//!
//! It never says that two names differ where a known reader takes them for one.

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

/// True for names that may be one to a server that regards neither case nor NULs at their ends. Letters outside ASCII
/// are all taken for one another's other case, so that no table of them is needed.
pub(crate) fn similar(one: &str, other: &str) -> bool {
    folded(one).eq(folded(other))
}

/// The letters that similar names have in common.
pub(crate) fn folded(name: &str) -> impl Iterator<Item = char> {
    let letter = |c| match ascii_letter(c) {
        c if c.is_ascii() => c.to_ascii_lowercase(),
        _ => char::REPLACEMENT_CHARACTER,
    };
    name.trim_end_matches('\0').chars().map(letter)
}

/// Whether a reader that knows no case, folds letters or ends names at a NUL takes the name for one of these.
pub(crate) fn is_confusable<'n>(name: &str, mut known: impl Iterator<Item = &'n str>) -> bool {
    let folded = fold(name);
    let plain = folded.split(char::is_control).next().unwrap_or_default();
    known.any(|known| known.eq_ignore_ascii_case(plain))
}

#[cfg(test)]
mod tests {
    use super::similar;

    #[test]
    fn names_that_some_server_takes_for_one() {
        for (one, other) in [
            ("amount", "Amount"),
            ("amount", "amount\0"),
            ("key", "\u{212A}ey"),
            ("files", "file\u{17F}"),
            ("größe", "GRÖßE"),
            ("ς", "Σ"),
        ] {
            assert!(similar(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("amount", "amounts"),
            ("a_b", "a-b"),
            ("amount", " amount"),
            ("größe", "grosse"),
        ] {
            assert!(!similar(one, other), "{one} {other}");
        }
    }
}
