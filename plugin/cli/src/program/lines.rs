//! Turns a stream of bytes into lines of a bounded length.
//!
//! It never holds more than one line.

use std::io::{BufRead, Result};
use std::ops::ControlFlow;

/// Lines out of pieces of a stream. Of a line that is too long, one byte more than allowed is kept.
#[derive(Debug)]
pub(super) struct Lines {
    longest: usize,
    line: Vec<u8>,
}

impl Lines {
    pub(super) fn new(longest: usize) -> Self {
        Self {
            longest,
            line: Vec::new(),
        }
    }

    /// Hands over each line of what can be read now. The last line stays until its end is there.
    pub(super) fn read(
        &mut self,
        source: &mut impl BufRead,
        mut each: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>> {
        loop {
            let piece = source.fill_buf()?;
            if piece.is_empty() {
                return Ok(ControlFlow::Continue(()));
            }
            let end = piece.iter().position(|byte| *byte == b'\n');
            let (text, _) = piece.split_at(end.unwrap_or(piece.len()));
            let room = self
                .longest
                .saturating_add(1)
                .saturating_sub(self.line.len());
            self.line.extend(text.iter().take(room));
            let used = text.len().saturating_add(usize::from(end.is_some()));
            source.consume(used);
            if end.is_some() && self.finish(&mut each).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
    }

    /// Hands over the last line, which has no line break.
    pub(super) fn end(
        &mut self,
        mut each: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        if self.line.is_empty() {
            return ControlFlow::Continue(());
        }
        self.finish(&mut each)
    }

    /// Drops the line that has begun.
    #[cfg(feature = "program")]
    pub(super) fn forget(&mut self) {
        self.line.clear();
    }

    fn finish(&mut self, each: &mut impl FnMut(&[u8]) -> ControlFlow<()>) -> ControlFlow<()> {
        let flow = each(&self.line);
        self.line.clear();
        flow
    }
}
