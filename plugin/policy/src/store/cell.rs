//! The bytes under one key of the shared data: counts of several subjects, and what a charge makes of them.
//!
//! It knows nothing of hosts and keys, and never lets a count go before its window has ended.

use crate::count::{Charge, Full, Millis, Slot, Tally};

/// What a change makes of a cell.
pub(super) enum Change<T> {
    /// Write the cell back, then this.
    Write(T),
    /// The cell is as it was.
    Keep(T),
}

/// The counts that share one key.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Cell {
    /// The latest time that anybody counted here. For a cell, time never runs backwards.
    clock: Millis,
    /// When somebody last found no room here.
    overflowed: Millis,
    entries: Vec<(u128, Slot)>,
}

impl Cell {
    /// Takes the charge in the entry of `fingerprint`; `None` when there is no room for one.
    pub(super) fn take(
        &mut self,
        fingerprint: u128,
        charge: &Charge,
        now: Millis,
        capacity: usize,
    ) -> Change<Option<Result<Tally, Full>>> {
        let window = charge.counter.window;
        let now = now.max(self.clock);
        self.clock = now;
        // A window that ended counts nothing any more, so its place is free.
        self.entries.retain(|(_, slot)| slot.ends > now);
        if let Some((_, slot)) = self
            .entries
            .iter_mut()
            .find(|(entry, _)| *entry == fingerprint)
        {
            return outcome(slot.take(charge));
        }
        // Who once found no room counts in the overflow until the window ends: a place that becomes free earlier would
        // be a new count for somebody who was counted elsewhere.
        let barred = self.overflowed >= window.start(now) && self.overflowed != Millis::default();
        if barred {
            return Change::Keep(None);
        }
        if self.entries.len() >= capacity {
            self.overflowed = now;
            return Change::Write(None);
        }
        let mut slot = Slot::new(window, now);
        let taken = slot.take(charge);
        self.entries.push((fingerprint, slot));
        outcome(taken)
    }

    /// Gives a charge back to the window it came from; `None` when that window is not here.
    pub(super) fn refund(
        &mut self,
        fingerprint: u128,
        cost: u64,
        ends: Millis,
    ) -> Change<Option<()>> {
        match self
            .entries
            .iter_mut()
            .find(|(entry, slot)| *entry == fingerprint && slot.ends == ends)
        {
            Some((_, slot)) => {
                slot.used = slot.used.saturating_sub(cost);
                Change::Write(Some(()))
            }
            None => Change::Keep(None),
        }
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (head, entries) = bytes.split_at_checked(16)?;
        let mut words = head.chunks_exact(8).map(word);
        let (clock, overflowed) = (Millis(words.next()??), Millis(words.next()??));
        let entry = |bytes: &[u8]| {
            let (fingerprint, slot) = bytes.split_first_chunk::<16>()?;
            let mut words = slot.chunks_exact(8).map(word);
            let slot = Slot {
                ends: Millis(words.next()??),
                used: words.next()??,
            };
            Some((u128::from_le_bytes(*fingerprint), slot))
        };
        let chunks = entries.chunks_exact(32);
        let whole = chunks.remainder().is_empty();
        let entries = chunks.map(entry).collect::<Option<_>>().filter(|_| whole)?;
        Some(Self {
            clock,
            overflowed,
            entries,
        })
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes =
            Vec::with_capacity(self.entries.len().saturating_mul(32).saturating_add(16));
        bytes.extend(self.clock.0.to_le_bytes());
        bytes.extend(self.overflowed.0.to_le_bytes());
        for (fingerprint, slot) in &self.entries {
            bytes.extend(fingerprint.to_le_bytes());
            bytes.extend(slot.ends.0.to_le_bytes());
            bytes.extend(slot.used.to_le_bytes());
        }
        bytes
    }
}

/// A charge that did not fit changed nothing worth writing.
fn outcome(taken: Result<Tally, Full>) -> Change<Option<Result<Tally, Full>>> {
    match taken {
        Ok(tally) => Change::Write(Some(Ok(tally))),
        Err(full) => Change::Keep(Some(Err(full))),
    }
}

fn word(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().ok().map(u64::from_le_bytes)
}
