//! The bytes under one key of the shared data: the counts of several subjects, and the change that a charge makes to
//! them.
//!
//! It calls no host, and never drops a count before its window has ended.

use crate::count::{Charge, Count, Full};
use crate::model::Window;
use crate::words::sorted::dedup_sorted;
use crate::words::{Amount, Millis};

/// The result of a change to a cell.
pub(super) enum Change<T> {
    /// The cell changed: write it back, then return this.
    Write(T),
    /// The cell is unchanged: return this.
    Keep(T),
}

/// A place where a charge may be counted.
pub(super) struct Place {
    pub(super) key: String,
    /// The hash of counter and subject.
    pub(super) fingerprint: u128,
    /// The hash of the counter alone.
    pub(super) counter: u64,
    pub(super) kind: Kind,
}

/// The kind of a place's cell.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The cell of one subject.
    Own,
    /// A cell of the table.
    Table,
    /// The cell for subjects without room in the table.
    Overflow,
}

/// The outcome of a charge at one place.
pub(super) enum Taken {
    Counted(Result<Count, Full>),
    /// Not counted here: try the next place, at no earlier time than this.
    UseOverflow(Millis),
}

/// The counts that share one key.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Cell {
    /// The latest time of a charge here. The time of a cell never runs backwards.
    clock: Millis,
    /// The counters for which a subject found no room here, each with the end of that window.
    overflowed: Vec<OverflowMark>,
    entries: Vec<Entry>,
}

/// The count of one subject. In a sliding window a subject has several entries, one for each step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    fingerprint: u128,
    ends: Millis,
    used: Amount,
}

/// A counter whose new subjects go to the overflow until a window has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct OverflowMark {
    ends: Millis,
    counter: u64,
}

/// The number of counts that share a cell of the table.
pub(super) const BUCKET: usize = 16;

/// Matches every counter whose window ends with the mark. Used where the overflowed counters are too many to list.
const ANY_IN_WINDOW: u64 = u64::MAX - 1;

/// Matches every counter. Used where even the windows are too many to list.
const EVERY: u64 = u64::MAX;

impl Cell {
    /// Takes the charge at a place in this cell.
    pub(super) fn take(&mut self, place: &Place, charge: &Charge, now: Millis) -> Change<Taken> {
        let window = charge.counter.window;
        let at = now.max(self.clock);
        let ends = window.end(at);
        // Two workers read the clock a moment apart, so the clocks of two cells may lie on both sides of a window's
        // edge. A subject with a count in one window here and in another one there would have two quotas.
        if place.kind == Kind::Overflow && ends != window.end(now) {
            return Change::Keep(Taken::UseOverflow(at));
        }
        self.clock = at;
        // A window that ended counts no more, so its slot is free.
        self.entries.retain(|entry| entry.ends > at);
        self.overflowed.retain(|bar| bar.ends > at);
        if self.of(place).next().is_some() {
            return self.count(place, charge, ends);
        }
        // A subject that once found no room counts in the overflow until the window ends: a slot that becomes free
        // earlier would give it a second quota.
        let bar = OverflowMark {
            ends,
            counter: place.counter,
        };
        let holding = self
            .overflowed
            .iter()
            .filter(|held| held.holds(bar, window));
        let nothing = charge.cost == Amount::default();
        match holding.map(|held| held.ends).max() {
            Some(last) if nothing || last >= ends => Change::Keep(Taken::UseOverflow(at)),
            None if nothing || place.kind != Kind::Table || self.entries.len() < BUCKET => {
                self.count(place, charge, ends)
            }
            _ => {
                self.bar(bar);
                Change::Write(Taken::UseOverflow(at))
            }
        }
    }

    /// Adds the charge to its subject's count here, if it fits.
    fn count(&mut self, place: &Place, charge: &Charge, ends: Millis) -> Change<Taken> {
        let used = self.of(place).map(|entry| entry.used);
        let used = used.fold(Amount::default(), Amount::plus);
        match charge.take(used, ends) {
            Ok(count) if count.added && charge.cost > Amount::default() => {
                self.add(place, charge, ends);
                Change::Write(Taken::Counted(Ok(count)))
            }
            Ok(count) => Change::Keep(Taken::Counted(Ok(count))),
            Err(full) => {
                let ends = self.room(place, full.excess).unwrap_or(full.ends);
                Change::Keep(Taken::Counted(Err(Full { ends, ..full })))
            }
        }
    }

    fn add(&mut self, place: &Place, charge: &Charge, ends: Millis) {
        let lasts = matches!(charge.counter.window, Window::Extending(_));
        let no_room = place.kind == Kind::Table && self.entries.len() >= BUCKET;
        let own = |entry: &&mut Entry| entry.fingerprint == place.fingerprint;
        let own = self.entries.iter_mut().filter(own);
        match own.max_by_key(|entry| entry.ends) {
            // Without room for another step, the subject's last one lasts longer: that admits less, never more.
            Some(entry) if entry.ends == ends || lasts || no_room => {
                entry.used = entry.used.plus(charge.cost);
                entry.ends = ends;
            }
            _ => self.entries.push(Entry {
                fingerprint: place.fingerprint,
                ends,
                used: charge.cost,
            }),
        }
    }

    fn of(&self, place: &Place) -> impl Iterator<Item = &Entry> {
        let fingerprint = place.fingerprint;
        self.entries
            .iter()
            .filter(move |entry| entry.fingerprint == fingerprint)
    }

    /// The time at which `excess` of the subject's count here has ended; `None` where the count is less.
    fn room(&self, place: &Place, excess: Amount) -> Option<Millis> {
        let entries = dedup_sorted(self.of(place).map(|entry| (entry.ends, entry.used)));
        let mut ended = Amount::default();
        let enough = entries.into_iter().find(|(_, used)| {
            ended = ended.plus(*used);
            ended >= excess
        });
        enough.map(|(ends, _)| ends)
    }

    /// Records an overflow. There is room for a few counters, then for a few windows. Marks are merged by window first,
    /// so that short windows do not stay overflowed until the longest has ended.
    fn bar(&mut self, bar: OverflowMark) {
        match self
            .overflowed
            .iter_mut()
            .find(|other| other.counter == bar.counter)
        {
            Some(other) => other.ends = bar.ends,
            None => self.overflowed.push(bar),
        }
        if self.overflowed.len() > BUCKET {
            let merged = self.overflowed.iter().map(|bar| OverflowMark {
                counter: bar.counter.max(ANY_IN_WINDOW),
                ..*bar
            });
            self.overflowed = dedup_sorted(merged);
        }
        if let (Some(last), true) = (self.overflowed.last(), self.overflowed.len() > BUCKET) {
            let ends = last.ends;
            let counter = EVERY;
            self.overflowed = vec![OverflowMark { ends, counter }];
        }
    }

    /// Whether a count with this end is here.
    pub(super) fn counts(&self, fingerprint: u128, ends: Millis) -> bool {
        let is = |entry: &Entry| entry.fingerprint == fingerprint && entry.ends == ends;
        self.entries.iter().any(is)
    }

    /// Refunds a charge to the window it came from; `None` when that window is not here. An entry whose count becomes
    /// zero frees its slot.
    pub(super) fn refund(
        &mut self,
        fingerprint: u128,
        cost: Amount,
        ends: Millis,
    ) -> Change<Option<()>> {
        let counted = |entry: &&mut Entry| entry.fingerprint == fingerprint && entry.ends == ends;
        let Some(entry) = self.entries.iter_mut().find(counted) else {
            return Change::Keep(None);
        };
        entry.used = entry.used.minus(cost);
        self.entries.retain(|entry| entry.used > Amount::default());
        Change::Write(Some(()))
    }

    /// The number of counts whose window has not ended.
    pub(super) fn used(&self, now: Millis) -> u64 {
        let mut used = 0_u64;
        for entry in &self.entries {
            used = used.saturating_add(u64::from(entry.ends > now));
        }
        used
    }

    /// A cell with so many counts until this time.
    #[cfg(test)]
    pub(super) fn with_counts(number: u128, ends: Millis) -> Self {
        let used = Amount(1);
        let entry = |fingerprint| Entry {
            fingerprint,
            ends,
            used,
        };
        Self {
            entries: (0..number).map(entry).collect(),
            ..Self::default()
        }
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_at_checked(16)?;
        let [clock, overflowed] = words(head)?;
        let (overflowed, entries) =
            rest.split_at_checked(usize::try_from(overflowed).ok()?.checked_mul(16)?)?;
        let bar = |bytes: &[u8]| {
            let [counter, ends] = words(bytes)?;
            let ends = Millis(ends);
            Some(OverflowMark { ends, counter })
        };
        let entry = |bytes: &[u8]| {
            let (fingerprint, count) = bytes.split_first_chunk::<16>()?;
            let [ends, used] = words(count)?;
            Some(Entry {
                fingerprint: u128::from_le_bytes(*fingerprint),
                ends: Millis(ends),
                used: Amount(used),
            })
        };
        Some(Self {
            clock: Millis(clock),
            overflowed: overflowed.chunks(16).map(bar).collect::<Option<_>>()?,
            entries: entries.chunks(32).map(entry).collect::<Option<_>>()?,
        })
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let overflowed = self.overflowed.len();
        let words = overflowed
            .saturating_mul(2)
            .saturating_add(self.entries.len().saturating_mul(4));
        let mut bytes = Vec::with_capacity(words.saturating_add(2).saturating_mul(8));
        let mut word = |word: u64| bytes.extend_from_slice(&word.to_le_bytes());
        word(self.clock.0);
        word(u64::try_from(overflowed).unwrap_or_default());
        for OverflowMark { ends, counter } in &self.overflowed {
            [*counter, ends.0].into_iter().for_each(&mut word);
        }
        for entry in &self.entries {
            let fingerprint = entry.fingerprint;
            [
                low(fingerprint),
                low(fingerprint >> 64),
                entry.ends.0,
                entry.used.0,
            ]
            .into_iter()
            .for_each(&mut word);
        }
        bytes
    }
}

impl OverflowMark {
    /// True when this mark covers the other one's counter in the other one's window. A sliding window may have
    /// overflowed at any time.
    fn holds(self, other: Self, window: Window) -> bool {
        match self.counter {
            EVERY => true,
            ANY_IN_WINDOW => self.ends == other.ends || window.slides(),
            counter => counter == other.counter,
        }
    }
}

/// Two numbers of eight bytes each.
fn words(bytes: &[u8]) -> Option<[u64; 2]> {
    let (first, second) = bytes.split_at_checked(8)?;
    let word = |bytes: &[u8]| bytes.try_into().ok().map(u64::from_le_bytes);
    Some([word(first)?, word(second)?])
}

pub(super) fn low(fingerprint: u128) -> u64 {
    u64::try_from(fingerprint & u128::from(u64::MAX)).unwrap_or_default()
}
