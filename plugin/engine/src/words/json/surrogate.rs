//! Turns a JSON string that holds half of a surrogate pair into what can be said of it all the same: its characters, and
//! its one canonical spelling.
//!
//! Programs that cut texts between two UTF-16 units write such strings. It never takes a half for a character of its own.

/// A part of a string as it is written, without its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part<'a> {
    /// Text and escapes of whole characters.
    Whole(&'a str),
    /// The escape of a lone surrogate.
    Half(&'a str),
}

/// The characters of a string in quotes, U+FFFD in the place of each half of a pair.
pub(super) fn characters(quoted: &str) -> String {
    let part = |part| match part {
        Part::Whole(text) => decoded(text),
        Part::Half(_) => char::REPLACEMENT_CHARACTER.into(),
    };
    parts(quoted).map(part).collect()
}

/// The canonical spelling (RFC 8785) of a string in quotes: a half of a pair is its escape in lower case.
pub(super) fn canonical(quoted: &str) -> String {
    let mut text = String::from("\"");
    for part in parts(quoted) {
        match part {
            Part::Whole(whole) => {
                // Writing plain text into memory cannot fail.
                let whole = serde_json::to_string(&decoded(whole)).unwrap_or_default();
                text.push_str(inner(&whole));
            }
            Part::Half(escape) => text.push_str(&escape.to_ascii_lowercase()),
        }
    }
    text.push('"');
    text
}

/// Escapes were checked when the document was read, so that whole characters can be decoded.
fn decoded(whole: &str) -> String {
    serde_json::from_str(&format!("\"{whole}\"")).unwrap_or_default()
}

fn inner(quoted: &str) -> &str {
    quoted
        .get(1..quoted.len().saturating_sub(1))
        .unwrap_or_default()
}

fn parts(quoted: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = inner(quoted);
    std::iter::from_fn(move || {
        let (part, after) = next_part(rest)?;
        rest = after;
        Some(part)
    })
}

/// The part at the beginning, up to the next half or that half itself, and what follows it.
fn next_part(text: &str) -> Option<(Part<'_>, &str)> {
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let length = match half(rest) {
            Some(length) if at == 0 => {
                let (escape, after) = text.split_at_checked(length)?;
                return Some((Part::Half(escape), after));
            }
            Some(_) => break,
            None => whole(rest),
        };
        at = at.saturating_add(length);
    }
    let (part, after) = text.split_at_checked(at)?;
    (!part.is_empty()).then_some((Part::Whole(part), after))
}

const ESCAPE: usize = r"\u0000".len();

/// How long the half of a pair at the beginning is.
fn half(text: &str) -> Option<usize> {
    match unit(text)? {
        0xD800..=0xDBFF if !is_low(text.get(ESCAPE..)?) => Some(ESCAPE),
        0xDC00..=0xDFFF => Some(ESCAPE),
        _ => None,
    }
}

/// How long the character or the escape at the beginning is, where it is no half.
fn whole(text: &str) -> usize {
    match (unit(text), text.starts_with('\\')) {
        (Some(0xD800..=0xDBFF), _) => ESCAPE.saturating_mul(2),
        (Some(_), _) => ESCAPE,
        (None, true) => 2,
        (None, false) => text.find('\\').unwrap_or(text.len()),
    }
}

fn is_low(text: &str) -> bool {
    unit(text).is_some_and(|unit| (0xDC00..=0xDFFF).contains(&unit))
}

/// The UTF-16 unit of the `\u` escape at the beginning.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix(r"\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_a_pair_is_no_character_and_keeps_its_spelling() {
        for (quoted, text, spelling) in [
            (r#""cut \uD83D""#, "cut \u{FFFD}", r#""cut \ud83d""#),
            (r#""\ude00 \/""#, "\u{FFFD} /", r#""\ude00 /""#),
            (
                r#""\ud83d\uDE00\ud83d\u0041""#,
                "😀\u{FFFD}A",
                r#""😀\ud83dA""#,
            ),
            (
                r#""\ud83d\ud83d\ude00\\ud83d""#,
                "\u{FFFD}😀\\ud83d",
                r#""\ud83d😀\\ud83d""#,
            ),
            (r#""""#, "", r#""""#),
            (r#""é\n""#, "é\n", r#""é\n""#),
        ] {
            assert_eq!(characters(quoted), text, "{quoted}");
            assert_eq!(canonical(quoted), spelling, "{quoted}");
        }
    }
}
