//! Turns texts that a server sent into texts that can be shown: on a terminal, in Markdown, in JSON.
//!
//! It lets no character through that moves a cursor, turns the direction of writing or cannot be seen.

use super::poison::invisible;
use std::fmt::Write as _;

/// One line of at most `longest` characters; what cannot be shown is written as `\u{202e}`.
pub(crate) fn line(text: &str, longest: usize) -> String {
    let mut line = String::new();
    let mut chars = text.chars();
    for c in chars.by_ref().take(longest) {
        match c {
            '\n' | '\r' | '\t' => line.push(' '),
            c if invisible(c) => {
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

/// The same in quotation marks.
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
    let mut ascii = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            ' '..='~' | '\n' => ascii.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(ascii, "\\u{unit:04x}");
                }
            }
        }
    }
    ascii
}
