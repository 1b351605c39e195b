//! Turns latencies into percentiles, in bounded memory.
//!
//! A percentile is exact below 64 ms, and at most 3 % too high above. It never holds the latencies themselves.

use std::collections::BTreeMap;

/// Counts of latencies, by the highest one of their bucket.
#[derive(Clone, Debug, Default)]
pub(super) struct Latencies {
    counts: BTreeMap<u64, u64>,
    highest: u64,
}

/// Each power of two has this many buckets, as bits.
const BITS: u32 = 5;

impl Latencies {
    pub(super) fn add(&mut self, millis: u64) {
        let count = self.counts.entry(highest(millis)).or_default();
        *count = count.saturating_add(1);
        self.highest = self.highest.max(millis);
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.highest = self.highest.max(other.highest);
        for (highest, more) in other.counts {
            let count = self.counts.entry(highest).or_default();
            *count = count.saturating_add(more);
        }
    }

    /// The latency that this share of them does not exceed, in percent; `None` without any.
    pub(super) fn percentile(&self, percent: u64) -> Option<u64> {
        let all: u64 = self.counts.values().sum();
        let wanted = all.saturating_mul(percent).div_ceil(100).max(1);
        let mut seen = 0_u64;
        let mut buckets = self.counts.iter();
        let bucket = buckets.find(|(_, count)| {
            seen = seen.saturating_add(**count);
            seen >= wanted
        });
        bucket.map(|(highest, _)| self.highest.min(*highest))
    }
}

/// The highest latency in the same bucket.
fn highest(millis: u64) -> u64 {
    let bits = u64::BITS.saturating_sub(millis.leading_zeros());
    let unused = bits.saturating_sub(BITS.saturating_add(1));
    let rest = 1_u64.checked_shl(unused).unwrap_or(1).saturating_sub(1);
    millis | rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_within_three_percent() {
        let mut latencies = Latencies::default();
        (1..=1_000).for_each(|millis| latencies.add(millis));
        for (percent, exact) in [(5, 50), (50, 500), (95, 950), (100, 1_000)] {
            let found = latencies.percentile(percent).expect("latencies");
            assert!(found >= exact && found * 100 <= exact * 104, "{found}");
        }
        assert_eq!(latencies.percentile(5), Some(50));
        assert_eq!(latencies.percentile(100), Some(1_000));
        latencies.add(u64::MAX);
        assert!(latencies.counts.len() < 300);
    }
}
