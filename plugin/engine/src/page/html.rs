//! Writes HTML piece by piece: markup of the program as it is, texts escaped.
//!
//! Markup is written in the program, so a text of a client is never markup.

use crate::words::digits::push_decimal;
use maud::Render;

/// The end of an HTML text that grows.
pub(super) struct Html<'b>(pub(super) &'b mut String);

// Not inlined: the code by which a text grows would stand at each of many calls.
impl Html<'_> {
    /// Appends markup.
    #[inline(never)]
    pub(super) fn markup(&mut self, markup: &'static str) {
        self.0.push_str(markup);
    }

    /// Appends a text.
    #[inline(never)]
    pub(super) fn text(&mut self, text: &str) {
        text.render_to(self.0);
    }

    /// Appends a number in decimal.
    #[inline(never)]
    pub(super) fn number(&mut self, number: usize) {
        push_decimal(self.0, u64::try_from(number).unwrap_or(u64::MAX), 1);
    }
}
