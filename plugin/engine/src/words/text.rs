//! Prepares texts of clients and servers for display: clips them, redacts secrets, escapes them, and holds the one table of
//! invisible characters.
//!
//! It never changes a text that is judged.

use super::digits::push_decimal;
use super::plain::after_printable;
use super::secret::redacted;
use std::borrow::Cow;

/// The longest part of a client's text that a log line repeats, in characters.
const LOGGED: usize = 256;

/// The first `max` characters, without secrets: one that is cut would not be recognized later.
pub(crate) fn clip(text: &str, max: usize) -> String {
    redacted(text).chars().take(max).collect()
}

/// The longest part of a name that a sentence repeats, in characters.
const NAMED: usize = 128;

/// A name that the client sent, clipped to fit a sentence.
pub(crate) fn clip_name(name: &str) -> String {
    clip(name, NAMED)
}

/// A client's text on one line of the log: clipped, without control characters and secrets.
pub(crate) fn logged(text: &str) -> Cow<'_, str> {
    match redacted(text) {
        Cow::Borrowed(text) => on_a_line(text),
        Cow::Owned(text) => on_a_line(&text).into_owned().into(),
    }
}

/// A sentence on one line of the log: clipped, without control characters. What it repeats of a client's text is
/// [clipped](clip), so it has no secret.
pub(crate) fn on_a_line(text: &str) -> Cow<'_, str> {
    if text.len() <= LOGGED && after_printable(text.as_bytes()).is_empty() {
        return text.into();
    }
    let cut = text.char_indices().nth(LOGGED);
    let kept = cut.and_then(|(end, _)| text.get(..end)).unwrap_or(text);
    kept.replace(char::is_control, "\u{FFFD}").into()
}

/// The part with its length in front, so that different lists of parts never give the same text.
pub(crate) fn length_prefixed(part: &str) -> String {
    let mut text = String::with_capacity(part.len().saturating_add(LONGEST_PREFIX));
    push_decimal(&mut text, u64::try_from(part.len()).unwrap_or(u64::MAX), 1);
    text.push(':');
    text.push_str(part);
    text
}

/// The longest prefix: the digits of a length, and a colon.
const LONGEST_PREFIX: usize = 21;

/// True for a name without white space around it and without invisible characters.
pub(crate) fn is_visible(name: &str) -> bool {
    name.trim() == name && !name.chars().any(is_invisible)
}

/// True for a character that is not displayed, so that a name with it looks the same as one without: control and format
/// characters, fillers, tags. [Joiners and variation selectors](is_joiner) are not among them.
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}')
}

/// True for joiners and variation selectors: they change the shape of the characters beside them and are not displayed
/// themselves. Names in some scripts need them, so a policy may name such a tool.
pub fn is_joiner(c: char) -> bool {
    matches!(c, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{e0100}'..='\u{e01ef}')
}

/// The text on one line, with invisible characters escaped as in JSON.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if is_invisible(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                line.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            line.push(c);
        }
    }
    line
}
