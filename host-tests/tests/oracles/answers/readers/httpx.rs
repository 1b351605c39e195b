//! Reads an event stream as httpx with httpx-sse does: turns a text into the data of its events. A leading byte order
//! mark stays.

use super::browser::{decoded, ended};

/// The line ends of `str.splitlines`, which httpx-sse 0.4.0 uses.
const ENDS: [char; 10] = [
    '\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}',
];

/// The data of each event.
pub(super) fn events(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n");
    decoded(ended(text.split(ENDS)))
}
