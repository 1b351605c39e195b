//! Turns texts into scalars of YAML that every reader reads back as the same text.
//!
//! It never writes a text without quotes, except as a literal block of characters that no reader changes.

use std::fmt::Write as _;

/// A text as a double-quoted scalar in ASCII, on one line.
pub(crate) fn quoted(text: &str) -> String {
    let mut written = String::from('"');
    for char in text.chars() {
        let _ = match char {
            '"' | '\\' => write!(written, "\\{char}"),
            ' '..='~' => write!(written, "{char}"),
            _ if u32::from(char) < 0x1_0000 => write!(written, "\\u{:04x}", u32::from(char)),
            _ => write!(written, "\\U{:08x}", u32::from(char)),
        };
    }
    written + "\""
}

/// A text as a literal block of which each line has this indentation, or else [`quoted`].
pub(crate) fn block(text: &str, indentation: usize) -> String {
    if !is_literal(text) {
        return quoted(text);
    }
    let (mark, lines) = match text.strip_suffix('\n') {
        Some(lines) => ("|", lines),
        None => ("|-", text),
    };
    let mut written = String::from(mark);
    for line in lines.split('\n') {
        let indentation = if line.is_empty() { 0 } else { indentation };
        let _ = write!(written, "\n{:indentation$}{line}", "");
    }
    written
}

/// Whether readers find these very characters in a literal block: it begins with neither a space, a tab nor a line break, ends
/// with one line break at most, has no line of blanks alone, and no character that a reader takes for a line break or refuses.
fn is_literal(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let is_blank = |char: char| matches!(char, ' ' | '\t');
    let mut lines = body.split('\n');
    let no_blank_lines = lines.all(|line| line.is_empty() || !line.chars().all(is_blank));
    let starts = !body.starts_with([' ', '\t', '\n']);
    let ends = !body.is_empty() && !body.ends_with('\n');
    starts && ends && no_blank_lines && body.chars().all(is_kept)
}

fn is_kept(char: char) -> bool {
    match char {
        '\t' | '\n' | ' '..='~' => true,
        '\u{2028}' | '\u{2029}' | '\u{feff}' => false,
        '\u{a0}'..='\u{fffd}' | '\u{1_0000}'.. => true,
        _ => false,
    }
}
