//! Turns untrusted texts, such as those of a server, into texts that are safe to show: on a terminal, in Markdown, in JSON.
//!
//! It never keeps a character that moves a cursor, changes the direction of writing or is invisible; only `printable` keeps
//! invisible ones.

use crate::invisible::is_invisible;
use std::fmt::Write as _;
use unicode_width::UnicodeWidthChar as _;

/// A text without the characters that move a terminal's cursor.
pub(crate) fn printable(text: &str) -> String {
    text.replace(char::is_control, "\u{FFFD}")
}

/// One line of at most `longest` characters; invisible characters are written as `\u{202e}`.
pub fn line(text: &str, longest: usize) -> String {
    let mut line = String::new();
    let mut chars = text.chars();
    for c in chars.by_ref().take(longest) {
        match c {
            '\n' | '\r' | '\t' => line.push(' '),
            c if is_invisible(c) => {
                let _ = write!(line, "\\u{{{:x}}}", u32::from(c));
            }
            c => line.push(c),
        }
    }
    if chars.next().is_some() {
        line.push('…');
    }
    line
}

/// One line of at most `longest` characters, in quotation marks.
pub(crate) fn quoted(text: &str, longest: usize) -> String {
    format!("\"{}\"", line(text, longest))
}

/// A line that Markdown shows as it is, also in a table.
pub(crate) fn markdown(text: &str, longest: usize) -> String {
    let mut escaped = String::new();
    for c in line(text, longest).chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            // Not escaped, an address would still become a link.
            ':' | '@' | '.' if !escaped.is_empty() => {
                let _ = write!(escaped, "{c}");
            }
            c if r"\`*_{}[]()#+-!|~".contains(c) => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// JSON in ASCII alone, which every terminal shows as it is.
pub(crate) fn ascii(json: &str) -> String {
    escaped(json, |_, _| false)
}

/// JSON with the letters and signs of all scripts, one line; what is not displayed, space outside ASCII, and a mark upon a
/// mark are escaped.
pub(crate) fn readable(json: &str) -> String {
    let is_mark = |c: char| c.width() == Some(0);
    escaped(json, |before, c| {
        let is_hidden = is_invisible(c) || "\u{fe0f}\u{2800}".contains(c) || c.is_whitespace();
        !(is_hidden || is_mark(c) && before.is_none_or(is_mark))
    })
}

/// JSON in which the characters outside ASCII are escaped, unless they may stay after the one before.
fn escaped(json: &str, may_stay: impl Fn(Option<char>, char) -> bool) -> String {
    let mut escaped = String::with_capacity(json.len());
    let mut before = None;
    for c in json.chars() {
        match c {
            ' '..='~' | '\n' => escaped.push(c),
            c if may_stay(before, c) => escaped.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(escaped, "\\u{unit:04x}");
                }
            }
        }
        before = Some(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_is_bounded_and_without_invisible_characters() {
        assert_eq!(line("a\nb\u{1b}[2J\u{202e}", 100), "a b\\u{1b}[2J\\u{202e}");
        assert_eq!(line("abc", 2), "ab…");
        assert_eq!(printable("a\nb"), "a\u{FFFD}b");
    }

    #[test]
    fn markdown_has_no_links_and_no_tags() {
        assert_eq!(markdown("[a](b)<i>|", 100), r"\[a\]\(b\)&lt;i&gt;\|");
    }

    #[test]
    fn json_is_ascii_with_surrogates() {
        assert_eq!(ascii("\"é🧮\""), r#""\u00e9\ud83e\uddee""#);
    }

    #[test]
    fn readable_json_keeps_letters_and_escapes_the_hidden() {
        let mixed = "d\u{435}ploy é\u{301}\u{301} \u{202e}\u{200b}\u{a0}\u{7f}\u{e0041}";
        let seen = r"dеploy é\u0301 \u202e\u200b\u00a0\u007f\udb40\udc41";
        assert_eq!(readable(mixed).replacen('\u{301}', "", 1), seen);
    }
}
