//! Turns times of decisions into counts of equal spans, few enough for a plot.
//!
//! It never has more spans than [`MOST`], whatever the times are.

use super::moment::{DAY, HOUR, MINUTE, Moment};
use serde::Serialize;
use std::collections::BTreeMap;

/// The most spans, with empty ones between them.
pub(super) const MOST: i64 = 120;

/// The lengths of spans; beyond them, each is twice the one before.
const SPANS: [i64; 8] = [
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
];

/// Counts of decisions by spans of time.
#[derive(Debug)]
pub(super) struct Timeline {
    /// The length of a span, in milliseconds.
    pub(super) span: i64,
    /// The counts by the number of the span since 1970.
    pub(super) counts: BTreeMap<i64, Decisions>,
}

/// Decisions of a span.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Decisions {
    pub(super) allowed: u64,
    pub(super) refused: u64,
}

impl Default for Timeline {
    fn default() -> Self {
        Self {
            span: MINUTE,
            counts: BTreeMap::new(),
        }
    }
}

impl Timeline {
    pub(super) fn add(&mut self, time: Moment, allowed: bool) {
        let counts = self.counts.entry(time.0.div_euclid(self.span)).or_default();
        counts.add(Decisions {
            allowed: u64::from(allowed),
            refused: u64::from(!allowed),
        });
        while self.len() > MOST {
            self.widen();
        }
    }

    /// The number of spans from the first to the last.
    fn len(&self) -> i64 {
        let ends = (self.counts.keys().next(), self.counts.keys().next_back());
        match ends {
            (Some(first), Some(last)) => last.saturating_sub(*first).saturating_add(1),
            _ => 0,
        }
    }

    fn widen(&mut self) {
        let old = self.span;
        let longer = SPANS.into_iter().find(|span| *span > old);
        self.span = longer.unwrap_or_else(|| old.saturating_mul(2));
        for (number, counts) in std::mem::take(&mut self.counts) {
            let number = number.saturating_mul(old).div_euclid(self.span);
            self.counts.entry(number).or_default().add(counts);
        }
    }

    /// The first time of a span.
    pub(super) fn start(&self, number: i64) -> Moment {
        Moment(number.saturating_mul(self.span))
    }
}

impl Decisions {
    pub(super) fn add(&mut self, more: Self) {
        self.allowed = self.allowed.saturating_add(more.allowed);
        self.refused = self.refused.saturating_add(more.refused);
    }

    pub(super) fn all(self) -> u64 {
        self.allowed.saturating_add(self.refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeline_of_any_times_is_short_and_complete() {
        let mut timeline = Timeline::default();
        for minute in 0..10_000 {
            timeline.add(Moment(minute * MINUTE), minute % 2 == 0);
            assert!(timeline.len() <= MOST);
        }
        timeline.add(Moment(253_402_300_799_000), true);
        assert!(timeline.len() <= MOST);
        let all: u64 = timeline.counts.values().map(|counts| counts.all()).sum();
        assert_eq!(all, 10_001);
    }
}
