//! Turns a text with secrets into one that names their kinds in their places.
//!
//! It never shows a part of a secret that it found.

use super::find::{Kinds, find, may_stand};
use super::kinds::SECRETS;
use crate::words::work::Budget;
use std::borrow::Cow;
use std::ops::Range;

/// The longest text that is searched, in bytes: more than any name, and than what the log shows of a text.
const SEARCHED: usize = 2048;

/// The shortest secret but the password of a URL, in bytes.
const SHORTEST: usize = 20;

/// What is shown of a text in which a secret may start, if the text is too long to be searched, or the search is.
const WITHHELD: &str = "[REDACTED]";

/// A client's text with `[REDACTED kind]` for each secret, to be shown where the text itself decides nothing.
pub(crate) fn redacted(text: &str) -> Cow<'_, str> {
    if text.len() < SHORTEST && text.bytes().all(|byte| byte != b'@') {
        return text.into();
    }
    let end = text.floor_char_boundary(SEARCHED);
    if !may_stand(text.get(..end).unwrap_or_default()) {
        return text.into();
    }
    if end < text.len() {
        return WITHHELD.into();
    }
    let Ok(found) = find(text, &Budget::of_shown_text(), Kinds::ALL) else {
        return WITHHELD.into();
    };
    let name = |kind: usize| SECRETS.get(kind).map_or("", |secret| secret.name);
    let found = found.into_iter().map(|own| (own.range, name(own.kind)));
    let replaced = replaced(text, found, usize::MAX);
    replaced.map_or_else(|| WITHHELD.into(), Cow::Owned)
}

/// The text with `[REDACTED name]` for each match; `None` if it exceeds `max` bytes. Matches are in the order of the
/// text.
pub(crate) fn replaced(
    text: &str,
    found: impl IntoIterator<Item = (Range<usize>, &'static str)>,
    max: usize,
) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (range, what) in found {
        out.push_str(text.get(from..range.start).unwrap_or_default());
        out.push_str("[REDACTED ");
        out.push_str(what);
        out.push(']');
        from = range.end;
        if out.len() > max {
            return None;
        }
    }
    out.push_str(text.get(from..).unwrap_or_default());
    (out.len() <= max).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = concat!("AKIA", "IOSFODNN7EXAMPLE");

    #[test]
    fn text_without_a_secret_is_unchanged() {
        let long = "https://files.example/".repeat(1000);
        for text in ["", "run", "https://ada@files.example/a:b@c", &long] {
            assert!(matches!(redacted(text), Cow::Borrowed(own) if own == text));
        }
    }

    #[test]
    fn secret_is_replaced_by_its_kind() {
        let text = format!("a-{KEY} postgres://ada:word@db/{KEY}");
        let expected =
            "a-[REDACTED aws_key] postgres://ada:[REDACTED url_password]@db/[REDACTED aws_key]";
        assert_eq!(redacted(&text), expected);
    }

    #[test]
    fn shortest_secret_is_replaced() {
        assert_eq!(KEY.len(), SHORTEST);
        assert_eq!(redacted(KEY), "[REDACTED aws_key]");
        assert_eq!(redacted("a://:p@b"), "a://:[REDACTED url_password]@b");
    }

    #[test]
    fn text_is_withheld_if_it_is_too_long_or_its_search_is() {
        let long = format!("{KEY} {}", "x".repeat(SEARCHED));
        let dear = "eyJ-".repeat(SEARCHED / 4);
        for text in [long, dear] {
            assert_eq!(redacted(&text), WITHHELD);
        }
    }

    #[test]
    fn secret_behind_the_searched_part_changes_nothing() {
        let text = format!("{}é{KEY}", "x".repeat(SEARCHED - 1));
        assert_eq!(redacted(&text), text);
    }
}
