//! Turns a text and what is cut out of it into the rest, byte for byte.
//!
//! Where a text stands on several lines of an event, no line's beginning or end is ever cut.

use super::message::Cut;
use super::sse::Message;
use std::borrow::Cow;
use std::ops::Range;

/// The text without its cuts, which stand in its order.
pub(super) fn spliced(text: &[u8], cuts: &[Cut]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut from = 0;
    for cut in cuts {
        out.extend_from_slice(text.get(from..cut.range.start).unwrap_or_default());
        out.extend_from_slice(cut.with.as_bytes());
        from = cut.range.end;
    }
    out.extend_from_slice(text.get(from..).unwrap_or_default());
    out
}

/// The event without the cuts of its text.
pub(super) fn spliced_lines(message: &Message<'_>, cuts: &[Cut]) -> Vec<u8> {
    let mut placed = Vec::new();
    for Cut { range, with } in cuts {
        let mut with = with.clone();
        for (line, at) in lines(message) {
            let start = range.start.max(at);
            let end = range.end.min(at.saturating_add(line.len()));
            if start < end {
                let place = |of: usize| line.start.saturating_add(of.saturating_sub(at));
                placed.push(Cut {
                    range: place(start)..place(end),
                    with: std::mem::take(&mut with),
                });
            }
        }
    }
    spliced(message.raw, &placed)
}

/// Each line of the data, and where in the text it begins: a line break stands between two.
fn lines<'m>(message: &'m Message<'_>) -> impl Iterator<Item = (&'m Range<usize>, usize)> {
    message.data.iter().scan(0, |at, line| {
        let start: usize = *at;
        *at = start.saturating_add(line.len()).saturating_add(1);
        Some((line, start))
    })
}

impl<'a> Message<'a> {
    /// The data as a client puts it together.
    pub(super) fn text(&self) -> Cow<'a, [u8]> {
        let line = |range: &Range<usize>| self.raw.get(range.clone()).unwrap_or_default();
        match &self.data[..] {
            [one] => Cow::Borrowed(line(one)),
            lines => Cow::Owned(lines.iter().map(line).collect::<Vec<_>>().join(&b'\n')),
        }
    }
}
