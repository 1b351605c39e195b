//! An event of a stream that holds a message, and the event without what is cut out of its message, byte for byte.
//!
//! Where a message stands on several lines, no line's beginning or end is ever cut.

use super::cut::{Cut, spliced};
use super::framing::values;
use std::borrow::Cow;
use std::ops::Range;

/// An event with data.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Event<'a> {
    /// Its bytes, from the first line with data to the blank line.
    pub(super) raw: &'a [u8],
    /// Where in them the data stands, one range for each line.
    pub(super) data: Vec<Range<usize>>,
}

impl<'a> Event<'a> {
    /// Of its bytes.
    pub(super) fn of(raw: &'a [u8]) -> Self {
        let data = values(raw).collect();
        Self { raw, data }
    }

    /// Of its bytes, where only one line has data, and only there.
    pub(super) fn of_line(raw: &'a [u8], data: Range<usize>) -> Self {
        let data = vec![data];
        Self { raw, data }
    }

    /// The data as a client puts it together.
    pub(super) fn text(&self) -> Cow<'a, [u8]> {
        let line = |range: &Range<usize>| self.raw.get(range.clone()).unwrap_or_default();
        match &self.data[..] {
            [one] => Cow::Borrowed(line(one)),
            lines => Cow::Owned(lines.iter().map(line).collect::<Vec<_>>().join(&b'\n')),
        }
    }

    /// The event without the cuts of its text.
    pub(super) fn without(&self, cuts: &[Cut]) -> Vec<u8> {
        let placed = cuts.iter().flat_map(|cut| self.placed(cut));
        spliced(self.raw, &placed.collect::<Vec<_>>())
    }

    /// A cut of the text as cuts of the event's lines. The first of them has what takes its place.
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

    /// Each line of the data, and where in the text it begins: a line break stands between two.
    fn lines(&self) -> impl Iterator<Item = (&Range<usize>, usize)> {
        self.data.iter().scan(0, |at, line| {
            let start: usize = *at;
            *at = start.saturating_add(line.len()).saturating_add(1);
            Some((line, start))
        })
    }
}
