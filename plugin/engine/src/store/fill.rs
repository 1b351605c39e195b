//! Turns some cells of each table into an estimate of how full it is.
//!
//! It reads a bounded number of cells and writes none.

use super::cell::{BUCKET, Cell};
use super::cells::{Cells, Unavailable};
use super::prepare::Store;
use crate::words::Millis;

/// The cells of a sample. Any cells will do: no client can tell which subjects share one.
const SAMPLE: u64 = 64;

/// How full a table is in which subjects are counted that the policy does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableFill {
    /// The slots with a count whose window has not ended. An estimate, if the table has more than a thousand slots.
    pub used: u64,
    /// All slots.
    pub slots: u64,
}

impl Store {
    /// True where the policy counts subjects that it does not name.
    pub fn has_table(&self) -> bool {
        self.tables().next().is_some()
    }

    /// How full the fuller table is, by a sample of its cells. Other rounds read other cells of a large table.
    ///
    /// # Errors
    /// When the host cannot read its shared data, or lost a cell.
    pub fn table_fill(
        &self,
        cells: &mut impl Cells,
        now: Millis,
        round: u64,
    ) -> Result<TableFill, Unavailable> {
        let mut fuller = TableFill {
            used: 0,
            slots: self.buckets.saturating_mul(SLOTS),
        };
        for table in self.tables() {
            fuller.used = fuller.used.max(self.used(cells, table, now, round)?);
        }
        Ok(fuller)
    }

    /// The used slots of a table.
    fn used(
        &self,
        cells: &mut impl Cells,
        table: &str,
        now: Millis,
        round: u64,
    ) -> Result<u64, Unavailable> {
        let sample = self.buckets.min(SAMPLE);
        let step = self.buckets.checked_div(sample).unwrap_or(1);
        let first = round.checked_rem(step).unwrap_or(0);
        let (mut bucket, mut used) = (first, 0_u64);
        for _ in 0..sample {
            let key = self.bucket_key(table, bucket);
            let (bytes, _) = cells.read(&key)?.ok_or(Unavailable)?;
            let cell = Cell::read(&bytes).ok_or(Unavailable)?;
            used = used.saturating_add(cell.used(now));
            bucket = bucket.saturating_add(step);
        }
        let used = used.saturating_mul(self.buckets).checked_div(sample);
        Ok(used.unwrap_or(0))
    }
}

/// [`BUCKET`] as a number of slots.
const SLOTS: u64 = BUCKET as u64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Policy;
    use crate::store::Memory;

    const DAY: u64 = 86_400_000;

    fn prepared(slots: usize) -> (Store, Memory) {
        let policy = format!(
            r#"{{ "version": "1", "default": "allow", "host": {{ "slots": {slots} }},
                "all_tools": {{ "limits": [{{ "counter": "calls", "window": "day", "max": 5, "scope": "ip" }}] }} }}"#
        );
        let policy = Policy::parse(policy.as_bytes()).expect("a policy");
        let mut cells = Memory::default();
        let store = Store::prepare(&mut cells, "test", &policy, [7; 16]);
        (store.expect("memory never fails"), cells)
    }

    /// Fills so many slots of a cell until the end of a day.
    fn fill(store: &Store, cells: &mut Memory, bucket: u64, slots: u128) {
        let key = store.bucket_key("table", bucket);
        let (_, version) = cells.read(&key).unwrap().expect("a cell");
        let bytes = Cell::with_counts(slots, Millis(DAY)).bytes();
        assert_eq!(cells.swap(&key, &bytes, Some(version)), Ok(true));
    }

    #[test]
    fn small_table_is_counted_exactly() {
        let (store, mut cells) = prepared(1024);
        fill(&store, &mut cells, 0, 16);
        fill(&store, &mut cells, 63, 3);
        for (now, used) in [(0, 19), (DAY - 1, 19), (DAY, 0)] {
            let fill = store.table_fill(&mut cells, Millis(now), now).unwrap();
            assert_eq!(fill, TableFill { used, slots: 1024 });
        }
    }

    #[test]
    fn large_table_is_estimated_by_some_cells_and_others_in_each_round() {
        let (store, mut cells) = prepared(4096);
        (0..256)
            .step_by(4)
            .for_each(|bucket| fill(&store, &mut cells, bucket, 8));
        let used =
            |cells: &mut Memory, round| store.table_fill(cells, Millis(0), round).unwrap().used;
        assert_eq!(used(&mut cells, 0), 2048);
        assert_eq!(used(&mut cells, 4), 2048);
        let rounds = (0..4).map(|round| used(&mut cells, round));
        assert_eq!(rounds.sum::<u64>() / 4, 512, "the mean of all cells");
    }

    #[test]
    fn missing_cell_makes_no_estimate() {
        let (store, _) = prepared(1024);
        let fill = store.table_fill(&mut Memory::default(), Millis(0), 0);
        assert_eq!(fill, Err(Unavailable));
    }

    #[test]
    fn policy_that_names_its_callers_has_no_table() {
        let policy = r#"{ "version": "1", "default": "allow",
            "all_tools": { "limits": [{ "counter": "calls", "window": "day", "max": 5, "scope": "global" }] } }"#;
        let policy = Policy::parse(policy.as_bytes()).expect("a policy");
        let store = Store::prepare(&mut Memory::default(), "test", &policy, [7; 16]).unwrap();
        assert!(!store.has_table() && prepared(1024).0.has_table());
    }
}
