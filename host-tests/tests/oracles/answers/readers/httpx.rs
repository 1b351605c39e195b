//! An event stream as httpx with httpx-sse reads it: a text into the data of its events. A mark at the beginning stays.

use super::browser::{decoded, ended};

/// What ends a line for `str.splitlines`, which httpx-sse 0.4.0 uses.
const ENDS: [char; 10] = [
    '\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}',
];

/// The data of each event.
pub(super) fn events(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n");
    decoded(ended(text.split(ENDS)))
}
