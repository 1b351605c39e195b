//! Turns an event of a stream into the text of its message, and the cuts of that text into the event without them.
//!
//! It never cuts the field name or the ending of a line, even if a message is on several lines.

use super::cut::{Cut, spliced};
use super::framing::values;
use std::borrow::Cow;
use std::ops::Range;

/// An event with data.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Event<'a> {
    /// Its bytes, from the first line with data to the blank line.
    pub(super) raw: &'a [u8],
    /// The ranges of the data in `raw`, one for each line with data.
    pub(super) data: Vec<Range<usize>>,
}

impl<'a> Event<'a> {
    /// An event with these bytes.
    pub(super) fn of(raw: &'a [u8]) -> Self {
        let data = values(raw).collect();
        Self { raw, data }
    }

    /// An event with these bytes, of which one line has data, in the range `data`.
    pub(super) fn of_line(raw: &'a [u8], data: Range<usize>) -> Self {
        let data = vec![data];
        Self { raw, data }
    }

    /// The data as a client joins it: lines separated by LF.
    pub(super) fn text(&self) -> Cow<'a, [u8]> {
        let line = |range: &Range<usize>| self.raw.get(range.clone()).unwrap_or_default();
        match &self.data[..] {
            [one] => Cow::Borrowed(line(one)),
            lines => Cow::Owned(lines.iter().map(line).collect::<Vec<_>>().join(&b'\n')),
        }
    }

    /// The bytes of the event after the cuts of its text.
    pub(super) fn without(&self, cuts: &[Cut]) -> Vec<u8> {
        let placed = cuts.iter().flat_map(|cut| self.placed(cut));
        spliced(self.raw, &placed.collect::<Vec<_>>())
    }

    /// A cut of the text as cuts of the lines of the event. The first of them has the replacement.
    fn placed(&self, Cut { range, with }: &Cut) -> Vec<Cut> {
        let mut placed = Vec::new();
        let mut with = with.clone();
        for (line, at) in self.lines() {
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
        placed
    }

    /// Each line of the data, and its offset in the text, in which one byte separates two lines.
    fn lines(&self) -> impl Iterator<Item = (&Range<usize>, usize)> {
        self.data.iter().scan(0, |at, line| {
            let start: usize = *at;
            *at = start.saturating_add(line.len()).saturating_add(1);
            Some((line, start))
        })
    }
}
