//! An event stream as the SDK for TypeScript reads it, with `eventsource-parser`: a text into the data of its events.

use super::browser;

/// The data of each event. The parser takes off what a byte order mark looks like in Latin-1.
pub(super) fn events(text: &str) -> Vec<String> {
    browser::events(text.strip_prefix("\u{ef}\u{bb}\u{bf}").unwrap_or(text))
}
