//! Counts by keys in bounded memory: the rarest keys are counted together where there are too many.
//!
//! It never loses a count.

use serde::Serialize;
use std::collections::BTreeMap;

/// Adds to each count.
pub(super) fn add_all<const N: usize>(counts: [(&mut u64, u64); N]) {
    for (count, more) in counts {
        *count = count.saturating_add(more);
    }
}

/// Something that is counted.
pub(super) trait Count: Default {
    /// Adds the other count to this one.
    fn merge(&mut self, other: Self);
    /// The count by which entries are ordered.
    fn weight(&self) -> u64;
}

/// Counts by keys.
#[derive(Debug)]
pub(super) struct Tally<K, C> {
    counts: BTreeMap<K, C>,
    /// The count of keys that are no longer told apart.
    other: Option<C>,
    most: usize,
}

/// The counts of a [`Tally`], the largest first.
#[derive(Debug, Serialize)]
pub(super) struct Counted<K, C> {
    pub(super) rows: Vec<Row<K, C>>,
    /// All rarer keys together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) other: Option<C>,
}

/// A key and its count.
#[derive(Debug, Serialize)]
pub(super) struct Row<K, C> {
    #[serde(flatten)]
    pub(super) key: K,
    #[serde(flatten)]
    pub(super) count: C,
}

impl<K: Ord, C: Count> Tally<K, C> {
    /// Counts by at most twice this many keys, of which the most frequent this many last.
    pub(super) fn new(most: usize) -> Self {
        Self {
            counts: BTreeMap::new(),
            other: None,
            most,
        }
    }

    /// The count of a key.
    pub(super) fn of(&mut self, key: K) -> &mut C {
        let is_new = !self.counts.contains_key(&key);
        if is_new && self.counts.len() >= self.most.saturating_mul(2) {
            self.fold();
        }
        self.counts.entry(key).or_default()
    }

    /// Counts all but the most frequent keys together.
    fn fold(&mut self) {
        let mut counts = self.largest_first();
        let rare = counts.split_off(self.most.min(counts.len()));
        for (_, count) in rare {
            self.other.get_or_insert_default().merge(count);
        }
        self.counts = counts.into_iter().collect();
    }

    fn largest_first(&mut self) -> Vec<(K, C)> {
        let mut counts: Vec<_> = std::mem::take(&mut self.counts).into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(count.weight()));
        counts
    }

    /// The counts, the largest first, and those of equal size by their keys.
    pub(super) fn counted(mut self) -> Counted<K, C> {
        if self.counts.len() > self.most {
            self.fold();
        }
        let rows = self.largest_first().into_iter();
        Counted {
            rows: rows.map(|(key, count)| Row { key, count }).collect(),
            other: self.other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Count for u64 {
        fn merge(&mut self, other: Self) {
            *self = self.saturating_add(other);
        }

        fn weight(&self) -> u64 {
            *self
        }
    }

    #[test]
    fn tally_with_too_many_keys_keeps_the_frequent_ones_and_every_count() {
        let mut tally = Tally::new(10);
        for number in 0..1_000_u64 {
            *tally.of(number) += 1;
            *tally.of(7_000) += 1;
            assert!(tally.counts.len() <= 20);
        }
        let counted = tally.counted();
        assert_eq!((counted.rows[0].key, counted.rows[0].count), (7_000, 1_000));
        let rows: u64 = counted.rows.iter().map(|row| row.count).sum();
        assert_eq!(rows + counted.other.expect("rare keys"), 2_000);
        assert!(counted.rows.len() <= 10);
    }
}
