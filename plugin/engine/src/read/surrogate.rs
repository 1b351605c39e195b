//! Turns a body in which some text holds half of a surrogate pair into the id of its request, for the answer.
//!
//! It never makes such a body acceptable, and gives no id that another reader could find elsewhere.

use super::message::envelope;
use crate::words::json::{Bounds, Document};

/// The id of the message in a body that is refused for nothing but halves of surrogate pairs; `None` where it is not
/// certain, because such a half stands in the id or in the name of a member beside it.
pub(crate) fn id_beside_surrogates(body: &[u8], bounds: Bounds) -> Option<String> {
    let mended = without_halves(body);
    let document = Document::read(&mended, bounds).ok()?;
    let root = document.root();
    let id = envelope(root).ok()??;
    let clear = |name: &str| !name.contains(char::REPLACEMENT_CHARACTER);
    let place = root.get("id")?.range();
    let same = body.get(place) == Some(id.as_bytes());
    (same && root.members().all(|(name, _)| clear(&name))).then(|| id.into())
}

/// The same number of bytes, with U+FFFD in the place of each half.
fn without_halves(body: &[u8]) -> Vec<u8> {
    let mut mended = body.to_vec();
    let mut at = 0_usize;
    while let Some(rest) = body.get(at..).filter(|rest| !rest.is_empty()) {
        let (length, half) = step(rest);
        if half && let Some(digits) = mended.get_mut(at.saturating_add(2)..at.saturating_add(6)) {
            digits.copy_from_slice(b"fffd");
        }
        at = at.saturating_add(length);
    }
    mended
}

/// The length of what the text begins with (a byte, an escape or a pair of escapes), and whether it is half of a pair.
fn step(text: &[u8]) -> (usize, bool) {
    match (text, code_unit(text)) {
        (_, Some(0xD800..=0xDBFF)) => match code_unit(text.get(6..).unwrap_or_default()) {
            Some(0xDC00..=0xDFFF) => (12, false),
            _ => (6, true),
        },
        (_, Some(unit)) => (6, (0xDC00..=0xDFFF).contains(&unit)),
        ([b'\\', ..], None) => (2, false),
        _ => (1, false),
    }
}

/// The value of the `\u` escape that the text begins with.
fn code_unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(br"\u")?.get(..4)?;
    digits.iter().try_fold(0, |unit: u16, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some(unit << 4 | u16::try_from(digit).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Option<String> {
        let bounds = Bounds {
            depth: 8,
            values: 64,
        };
        assert!(Document::read(text.as_bytes(), bounds).is_err(), "{text}");
        id_beside_surrogates(text.as_bytes(), bounds)
    }

    #[test]
    fn id_beside_half_a_pair_is_found() {
        for half in [
            r"\ud83d",
            r"\uDE00",
            r"\ude00\ud83d",
            r"\ud83d\ud83d\ude00",
            r"\\\ud83d",
            r"\ud83d\\u",
        ] {
            let text = format!(r#"{{"jsonrpc":"2.0","id":"\u0061","params":["{half}"]}}"#);
            assert_eq!(id(&text).as_deref(), Some(r#""\u0061""#), "{text}");
        }
    }

    #[test]
    fn id_that_is_not_certain_is_none() {
        for text in [
            r#"{"jsonrpc":"2.0","id":"\ud83d"}"#,
            r#"{"jsonrpc":"2.0","id":1,"id\ud83d":2}"#,
            r#"{"jsonrpc":"2.0","id":1,"\ud83d":2}"#,
            r#"{"jsonrpc":"2.0","id":1,"ID":2,"a":"\ud83d"}"#,
            r#"{"jsonrpc":"2.0","id":1,"id":2,"a":"\ud83d"}"#,
            r#"{"jsonrpc":"2.0","id":1,"a":"\ud83d"} {}"#,
            r#"{"jsonrpc":"2.0","id":1,"a":"\ud83"}"#,
            r#"[{"jsonrpc":"2.0","id":1,"a":"\ud83d"}]"#,
        ] {
            assert_eq!(id(text), None, "{text}");
        }
    }
}
