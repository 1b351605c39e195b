//! Finds the places of a text where a secret may start, by three bytes of each form that stand in few other texts.
//!
//! It looks at pairs of bytes, eight bytes at a time, and says only where it is worth to look closer.

use super::tables::{ANCHORS, Anchor, LOWER, PAIRS, hash};
use std::ops::Range;

/// The places of one text, in its order.
pub(super) struct Places<'t> {
    text: &'t [u8],
    /// The pairs before it were looked at.
    at: usize,
    /// An anchor may stand there.
    near: Range<usize>,
}

impl<'t> Places<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self {
            text: text.as_bytes(),
            at: 0,
            near: 0..0,
        }
    }

    /// From the first place where a form starts that has its anchor at this one up to the anchor.
    fn starts(&self, at: usize) -> Option<Range<usize>> {
        let bytes = *self.text.get(at..)?.first_chunk()?;
        let [one, two, three] = bytes;
        if !is_pair([one, two]) || !is_pair([two, three]) {
            return None;
        }
        let lower = bytes.map(|byte| byte.to_ascii_lowercase());
        let anchors = with_middle(two.to_ascii_lowercase()).iter();
        let anchors = anchors.filter(|anchor| match anchor.form.ignores_case() {
            true => anchor.bytes == lower,
            false => anchor.bytes == bytes,
        });
        let starts = anchors.filter_map(|anchor| {
            let start = at.checked_sub(anchor.offset)?;
            let text = self.text.get(start..)?;
            anchor.form.starts(text).then_some(start)
        });
        Some(starts.min()?..at.wrapping_add(1))
    }

    /// Goes on to the next two bytes that may be of an anchor, which begins with them or one byte before. Every second place
    /// is enough: of three bytes, the first two or the last two stand at one.
    fn skip(&mut self) -> Option<()> {
        let (pairs, _) = self.text.get(self.at..)?.as_chunks();
        let (fours, _) = pairs.as_chunks();
        let quiet = fours.iter().take_while(|four| !any_pair(four)).count();
        let rest = pairs.get(quiet.wrapping_mul(4)..)?;
        let passed = rest.iter().position(|pair| is_pair(*pair))?;
        let pair = quiet.wrapping_mul(4).wrapping_add(passed);
        let pair = self.at.wrapping_add(pair.wrapping_mul(2));
        self.near = pair.saturating_sub(1)..pair.wrapping_add(1);
        self.at = pair.wrapping_add(2);
        Some(())
    }
}

impl Iterator for Places<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        loop {
            while let Some(at) = self.near.next() {
                let starts = self.starts(at);
                if starts.is_some() {
                    return starts;
                }
            }
            self.skip()?;
        }
    }
}

/// The anchors with that middle byte, in lower case.
fn with_middle(byte: u8) -> &'static [Anchor] {
    let before = |byte: u8| LOWER.get(usize::from(byte)).copied().unwrap_or_default();
    let (start, end) = (before(byte), before(byte.saturating_add(1)));
    let anchors = ANCHORS.get(usize::from(start)..usize::from(end));
    anchors.unwrap_or_default()
}

/// Some of these may be two bytes of an anchor.
fn any_pair([one, two, three, four]: &[[u8; 2]; 4]) -> bool {
    is_pair(*one) | is_pair(*two) | is_pair(*three) | is_pair(*four)
}

/// They may be two bytes of an anchor.
fn is_pair(pair: [u8; 2]) -> bool {
    PAIRS.get(hash(pair)).is_some_and(|is_pair| *is_pair)
}

#[cfg(test)]
mod tests {
    use super::super::tables::FORMS;
    use super::*;

    /// All forms are tried at each place, so that places need no more than their order.
    #[test]
    fn every_form_is_met_where_it_starts() {
        for form in FORMS {
            for length in 0..20 {
                let text = format!("{}{} and more", "#".repeat(length), form.start);
                let first = Places::of(&text).next();
                assert!(first.is_some_and(|places| places.start == length), "{text}");
                let upper = text.to_ascii_uppercase();
                let found = Places::of(&upper).next().is_some();
                assert!(found || !form.ignores_case(), "{upper}");
            }
        }
    }

    #[test]
    fn prose_has_few_places() {
        let text =
            "It was the best of times, it was the worst of times: key, secret, access and account.";
        assert_eq!(Places::of(text).next(), None);
        let pairs = text.as_bytes().windows(2);
        let found: Vec<_> = pairs.filter(|pair| is_pair([pair[0], pair[1]])).collect();
        assert!(found.len() < 8, "{found:?}");
    }
}
