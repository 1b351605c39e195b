//! Turns the raw text of a JSON string into its characters, and into its one canonical spelling.
//!
//! Programs that cut a text between two UTF-16 units write half of a surrogate pair. This reader never treats a half as
//! a character.

use super::line::push_escaped;

/// A part of the raw text of a string, without its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part<'a> {
    /// Characters without escapes.
    Plain(&'a str),
    /// The character of one escape, or of the two of a surrogate pair.
    Escaped(char),
    /// The escape of a lone surrogate.
    Half(&'a str),
}

/// The characters of a quoted string, which has no inner quote without a backslash. `None` for half of a surrogate
/// pair, and for escapes that JSON does not have.
pub(crate) fn unquoted(quoted: &str) -> Option<String> {
    let mut rest = quoted.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::new();
    while !rest.is_empty() {
        let (part, after) = next_part(rest)?;
        match part {
            Part::Plain(plain) => text.push_str(plain),
            Part::Escaped(c) => text.push(c),
            Part::Half(_) => return None,
        }
        rest = after;
    }
    Some(text)
}

/// The characters of a valid quoted string, with U+FFFD in place of each half of a surrogate pair.
pub(super) fn characters(quoted: &str) -> String {
    let mut text = String::with_capacity(quoted.len());
    for part in parts(quoted) {
        match part {
            Part::Plain(plain) => text.push_str(plain),
            Part::Escaped(c) => text.push(c),
            Part::Half(_) => text.push(char::REPLACEMENT_CHARACTER),
        }
    }
    text
}

/// The canonical spelling (RFC 8785, section 3.2.2.2) of a valid quoted string. Half of a surrogate pair keeps its
/// escape, in lower case.
pub(super) fn canonical(quoted: &str) -> String {
    let mut text = String::from("\"");
    for part in parts(quoted) {
        match part {
            Part::Plain(plain) => text.push_str(plain),
            Part::Escaped(c) => push_escaped(&mut text, c),
            Part::Half(escape) => text.push_str(&escape.to_ascii_lowercase()),
        }
    }
    text.push('"');
    text
}

/// True for a valid quoted string that contains half of a surrogate pair.
pub(super) fn has_half(quoted: &str) -> bool {
    parts(quoted).any(|part| matches!(part, Part::Half(_)))
}

fn parts(quoted: &str) -> impl Iterator<Item = Part<'_>> {
    let inner = quoted.get(1..quoted.len().saturating_sub(1));
    let mut rest = inner.unwrap_or_default();
    std::iter::from_fn(move || {
        let (part, after) = next_part(rest)?;
        rest = after;
        Some(part)
    })
}

/// The first part and the rest; `None` at the end.
fn next_part(text: &str) -> Option<(Part<'_>, &str)> {
    let plain = text.find('\\').unwrap_or(text.len());
    if plain > 0 {
        let (plain, rest) = text.split_at_checked(plain)?;
        return Some((Part::Plain(plain), rest));
    }
    let c = match *text.as_bytes().get(1)? {
        b'u' => return code_unit(text),
        b'b' => '\u{8}',
        b'f' => '\u{C}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        own @ (b'"' | b'\\' | b'/') => char::from(own),
        _ => return None,
    };
    Some((Part::Escaped(c), text.get(2..)?))
}

const ESCAPE: usize = r"\u0000".len();

/// The `\u` escape at the start, together with the next one where both form one character.
fn code_unit(text: &str) -> Option<(Part<'_>, &str)> {
    let (escape, rest) = text.split_at_checked(ESCAPE)?;
    let first = unit(escape)?;
    if let Some(c) = char::from_u32(first.into()) {
        return Some((Part::Escaped(c), rest));
    }
    let pair = [first, unit(rest).unwrap_or_default()];
    match char::decode_utf16(pair).next() {
        Some(Ok(c)) => Some((Part::Escaped(c), rest.get(ESCAPE..)?)),
        _ => Some((Part::Half(escape), rest)),
    }
}

/// The UTF-16 unit of the `\u` escape at the start.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix(r"\u")?.get(..4)?;
    let digits = Some(digits).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    u16::from_str_radix(digits?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lone_surrogate_is_replaced_and_keeps_its_spelling() {
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
            let half = text.contains('\u{FFFD}');
            assert_eq!(has_half(quoted), half, "{quoted}");
            assert_eq!(unquoted(quoted), (!half).then(|| text.into()), "{quoted}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn string_is_decoded_and_spelled_as_by_serde_json(parts in r#"(\\[bfnrtu/"\\x]|\\u(00[0-7f][0-9a-fA-F]|[dD][89a-fA-F][0-9a-f]{2}|20..|\+041)|[ -!#-\[\]-~é😀]){0,8}"#) {
            let quoted = format!("\"{parts}\"");
            let expected: Option<String> = serde_json::from_str(&quoted).ok();
            prop_assert_eq!(unquoted(&quoted), expected.clone());
            if let Some(expected) = expected {
                prop_assert_eq!(canonical(&quoted), serde_json::to_string(&expected).unwrap());
                prop_assert_eq!(characters(&quoted), expected);
            }
        }
    }
}
