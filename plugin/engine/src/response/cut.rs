//! Bytes to cut out of a text, and the text without them, byte for byte.
//!
//! It never changes a byte outside a cut.

use std::borrow::Cow;
use std::ops::Range;

/// Bytes of a text, and what takes their place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) range: Range<usize>,
    pub(super) with: Cow<'static, str>,
}

/// How long the text is without its cuts; nothing where it does not become longer.
pub(super) fn grown(length: usize, cuts: &[Cut]) -> usize {
    let sum = |lengths: &mut dyn Iterator<Item = usize>| lengths.fold(0, usize::saturating_add);
    let without = sum(&mut cuts.iter().map(|cut| cut.range.len()));
    let with = sum(&mut cuts.iter().map(|cut| cut.with.len()));
    let more = with.checked_sub(without);
    more.map_or(0, |more| length.saturating_add(more))
}

impl Cut {
    /// Nothing takes the place of these bytes.
    pub(super) fn nothing(range: Range<usize>) -> Self {
        Self {
            range,
            with: "".into(),
        }
    }
}

/// The text without its cuts, which stand in its order.
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
