//! Finds the places in a text where a secret may start, by three rare bytes of each form.
//!
//! It compares pairs of bytes, eight bytes at a time. It reports only where to look closer, never a secret.

use super::tables::{ANCHORS, Anchor, LOWER, PAIRS, fold, folded, hash};
use crate::words::work::{Budget, Exhausted};
use std::ops::Range;

/// The price of a closer look at one place, in steps.
const LOOK: usize = 7;

/// The places in a text where forms start, in the order of their anchors.
pub(super) struct Places<'t> {
    text: &'t [u8],
    /// The position up to which pairs of bytes are compared.
    at: usize,
    /// The positions at which an anchor may start.
    near: Range<usize>,
    /// The start below which places are already reported, among those with an anchor at the first position of `near`.
    from: usize,
}

impl<'t> Places<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self {
            text: text.as_bytes(),
            at: 0,
            near: 0..0,
            from: 0,
        }
    }

    /// Skips the text up to `to`, where forms are known already.
    pub(super) fn pass(&mut self, to: usize) {
        if to > self.at {
            (self.at, self.near, self.from) = (to, 0..0, 0);
        }
    }

    /// The next place where a form starts; `None` at the end of the text.
    pub(super) fn next(&mut self, budget: &Budget) -> Result<Option<usize>, Exhausted> {
        loop {
            while !self.near.is_empty() {
                budget.take(LOOK)?;
                if let Some(start) = self.start(self.near.start) {
                    self.from = start.wrapping_add(1);
                    return Ok(Some(start));
                }
                self.near.next();
                self.from = 0;
            }
            if self.skip().is_none() {
                return Ok(None);
            }
        }
    }

    /// The first unreported place where a form starts whose anchor is at `at`.
    fn start(&self, at: usize) -> Option<usize> {
        let bytes = *self.text.get(at..)?.first_chunk()?;
        let [one, two, three] = bytes;
        if !is_pair([one, two]) || !is_pair([two, three]) {
            return None;
        }
        let anchors = with_middle(two).iter();
        let anchors = anchors.filter(|anchor| anchor.folded == folded(bytes));
        let starts = anchors.filter_map(|anchor| {
            let start = at.checked_sub(anchor.offset)?;
            let text = self.text.get(start..).filter(|_| start >= self.from)?;
            anchor.form.starts(text).then_some(start)
        });
        starts.min()
    }

    /// Advances to the next pair of bytes that an anchor may contain. Every second position suffices: an anchor has
    /// three bytes, so a pair of them begins at one.
    fn skip(&mut self) -> Option<()> {
        let (pairs, _) = self.text.get(self.at..)?.as_chunks();
        let pair = match pairs.first() {
            Some(pair) if is_pair(*pair) => 0,
            _ => first_pair(pairs)?,
        };
        let pair = self.at.wrapping_add(pair.wrapping_mul(2));
        self.near = pair.saturating_sub(1)..pair.wrapping_add(1);
        self.at = pair.wrapping_add(2);
        Some(())
    }
}

/// The anchors with this middle byte, in either case.
fn with_middle(byte: u8) -> &'static [Anchor] {
    let byte = fold(byte);
    let before = |byte: u8| LOWER.get(usize::from(byte)).copied().unwrap_or_default();
    let (start, end) = (before(byte), before(byte.saturating_add(1)));
    let anchors = ANCHORS.get(usize::from(start)..usize::from(end));
    anchors.unwrap_or_default()
}

/// The index of the first pair that an anchor may contain.
fn first_pair(pairs: &[[u8; 2]]) -> Option<usize> {
    let (fours, _) = pairs.as_chunks();
    let quiet = fours.iter().take_while(|four| !any_pair(four)).count();
    let quiet = quiet.wrapping_mul(4);
    let passed = pairs.get(quiet..)?.iter().position(|pair| is_pair(*pair))?;
    Some(quiet.wrapping_add(passed))
}

/// True where an anchor may contain one of the four pairs.
fn any_pair([one, two, three, four]: &[[u8; 2]; 4]) -> bool {
    is_pair(*one) | is_pair(*two) | is_pair(*three) | is_pair(*four)
}

/// True where an anchor may contain the pair.
fn is_pair(pair: [u8; 2]) -> bool {
    PAIRS.get(hash(pair)).is_some_and(|is_pair| *is_pair)
}

#[cfg(test)]
mod tests {
    use super::super::tables::FORMS;
    use super::*;

    fn first(text: &str) -> Option<usize> {
        Places::of(text).next(&Budget::unlimited()).unwrap()
    }

    #[test]
    fn form_is_found_at_its_start() {
        for form in FORMS {
            for length in 0..20 {
                let text = format!("{}{} and more", "#".repeat(length), form.start);
                assert_eq!(first(&text), Some(length), "{text}");
                let upper = text.to_ascii_uppercase();
                assert!(first(&upper).is_some() || !form.ignores_case(), "{upper}");
            }
        }
    }

    #[test]
    fn prose_has_few_candidate_places() {
        let text =
            "It was the best of times, it was the worst of times: key, secret, access and account.";
        assert_eq!(first(text), None);
        let pairs = text.as_bytes().windows(2);
        let found: Vec<_> = pairs.filter(|pair| is_pair([pair[0], pair[1]])).collect();
        assert!(found.len() < 8, "{found:?}");
    }
}
