//! Reads an event stream as the SDK for TypeScript does, with `eventsource-parser`: turns a text into the data of its
//! events.

use super::browser;

/// The data of each event. The parser removes the characters that a byte order mark becomes in Latin-1.
pub(super) fn events(text: &str) -> Vec<String> {
    browser::events(text.strip_prefix("\u{ef}\u{bb}\u{bf}").unwrap_or(text))
}
