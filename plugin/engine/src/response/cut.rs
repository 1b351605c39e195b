//! Turns a text and its cuts into the text without the bytes that are cut out.
//!
//! It never changes a byte outside a cut.

use std::borrow::Cow;
use std::ops::Range;

/// A range of bytes of a text, and its replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) range: Range<usize>,
    pub(super) with: Cow<'static, str>,
}

/// The length in bytes of the text after its cuts, if they make it longer; otherwise 0.
pub(super) fn grown(length: usize, cuts: &[Cut]) -> usize {
    let sum = |lengths: &mut dyn Iterator<Item = usize>| lengths.fold(0, usize::saturating_add);
    let without = sum(&mut cuts.iter().map(|cut| cut.range.len()));
    let with = sum(&mut cuts.iter().map(|cut| cut.with.len()));
    let more = with.checked_sub(without);
    more.map_or(0, |more| length.saturating_add(more))
}

impl Cut {
    /// A cut without a replacement.
    pub(super) fn nothing(range: Range<usize>) -> Self {
        Self {
            range,
            with: "".into(),
        }
    }

    /// The same cut in a text that has this number of bytes before it.
    pub(super) fn after(self, bytes: usize) -> Self {
        let place = |at: usize| at.saturating_add(bytes);
        Self {
            range: place(self.range.start)..place(self.range.end),
            with: self.with,
        }
    }
}

/// The text after its cuts, which must be in the order of the text.
pub(crate) fn spliced(text: &[u8], cuts: &[Cut]) -> Vec<u8> {
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
