//! Turns parts of a policy's text into the parts of the file from which they came.
//!
//! It never reads either text.

use crate::source_map::SourceMap;
use crate::yaml::Mark;
use std::ops::Range;

/// The parts of a policy's text, in order, each with the part of the file from which it came.
#[derive(Debug, Default)]
pub(in crate::check) struct Places(Vec<Place>);

#[derive(Debug)]
struct Place {
    policy: Range<usize>,
    file: Range<usize>,
}

impl Places {
    /// Adds the part behind the last one. Parts of the same length have the same characters.
    pub(super) fn add(&mut self, policy: Range<usize>, file: Range<usize>) {
        self.0.push(Place { policy, file });
    }

    /// The part of the file that holds a part of the policy: exactly, or the whole value around it.
    pub(in crate::check) fn of(&self, span: &Range<usize>) -> Range<usize> {
        let start = self
            .place(span.start)
            .map_or(0, |place| place.start(span.start));
        let last = span.end.saturating_sub(1).max(span.start);
        let end = self.place(last).map_or(start, |place| place.end(span.end));
        start..end.max(start)
    }

    /// The last part that begins at or before an offset.
    fn place(&self, at: usize) -> Option<&Place> {
        let behind = self.0.partition_point(|place| place.policy.start <= at);
        self.0.get(behind.saturating_sub(1))
    }
}

impl Place {
    /// The same characters are in both texts.
    fn is_exact(&self) -> bool {
        self.policy.len() == self.file.len()
    }

    fn start(&self, at: usize) -> usize {
        let offset = at.saturating_sub(self.policy.start);
        match self.is_exact() {
            true => self.file.start.saturating_add(offset).min(self.file.end),
            false => self.file.start,
        }
    }

    fn end(&self, at: usize) -> usize {
        match self.is_exact() {
            true => self.start(at),
            false => self.file.end,
        }
    }
}

/// The offset of a place of YAML in the text of the file.
pub(super) fn offset(text: &str, lines: &SourceMap, mark: Mark) -> usize {
    lines.offset(text, mark.line, mark.column)
}
