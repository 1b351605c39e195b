//! The budget of work of one message: how many steps all of its conditions, schemas and expressions may take together.
//!
//! Steps are counted, never timed, so that the same message is judged alike on every host. What the budget does not
//! cover is never decided: a condition is unknown, and a result is refused.

use std::cell::Cell;

/// How many steps messages have. A step is at most 44 instructions of WebAssembly: about three nanoseconds of one core.
#[derive(Clone, Copy, Debug)]
struct Rate {
    /// The steps of every message, however short.
    base: u64,
    /// The steps that each byte of the message adds.
    byte: u64,
    /// The steps that each event of a stream adds after the first: the base is that of the whole stream.
    event: u64,
}

/// Of the rules that are enforced.
const ENFORCED: Rate = Rate {
    base: 1 << 20,
    byte: 6,
    event: 4096,
};

/// Of those in shadow mode, beside the others: half as many.
const SHADOW: Rate = Rate {
    base: ENFORCED.base >> 1,
    byte: ENFORCED.byte >> 1,
    event: ENFORCED.event >> 1,
};

/// The steps that are left for one message. What takes more of them than there are leaves none.
#[derive(Debug)]
pub(crate) struct Budget {
    rate: Rate,
    all: u64,
    left: Cell<u64>,
}

/// The budget does not cover the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted;

impl Rate {
    fn of(self, base: u64, bytes: usize) -> Budget {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.budget(base.saturating_add(self.byte.saturating_mul(bytes)))
    }

    fn budget(self, all: u64) -> Budget {
        Budget {
            rate: self,
            all,
            left: Cell::new(all),
        }
    }
}

impl Budget {
    /// The budget of a message of so many bytes.
    pub(crate) fn of(bytes: usize) -> Self {
        ENFORCED.of(ENFORCED.base, bytes)
    }

    /// A budget that no message limits: for the operator's own texts, and for measurements.
    pub(crate) fn unlimited() -> Self {
        ENFORCED.budget(u64::MAX)
    }

    /// An empty budget.
    #[cfg(test)]
    pub(crate) fn nothing() -> Self {
        ENFORCED.budget(0)
    }

    /// The budget of the next event of a stream: the remaining base, and the steps that this event adds.
    fn next(&self, bytes: usize) -> Self {
        if self.all == u64::MAX {
            return Self::unlimited();
        }
        let left = self.left().saturating_add(self.rate.event);
        self.rate.of(left.min(self.rate.base), bytes)
    }

    /// Pays for so many steps.
    pub(crate) fn take(&self, steps: usize) -> Result<(), Exhausted> {
        let left = u64::try_from(steps)
            .ok()
            .and_then(|steps| self.left.get().checked_sub(steps));
        self.left.set(left.unwrap_or(0));
        left.map(|_| ()).ok_or(Exhausted)
    }

    pub(crate) fn left(&self) -> u64 {
        self.left.get()
    }

    /// How many bytes may be read at one step each.
    pub(crate) fn room(&self) -> usize {
        usize::try_from(self.left()).unwrap_or(usize::MAX)
    }

    fn taken(&self) -> u64 {
        self.all.saturating_sub(self.left.get())
    }
}

/// The budgets of one message: rules in shadow mode have their own, so that they change nothing for those that are
/// enforced.
#[derive(Debug)]
pub(crate) struct Budgets {
    pub(crate) enforced: Budget,
    pub(crate) shadow: Budget,
}

impl Budgets {
    /// Those of a message of so many bytes.
    pub(crate) fn of(bytes: usize) -> Self {
        Self {
            enforced: Budget::of(bytes),
            shadow: SHADOW.of(SHADOW.base, bytes),
        }
    }

    /// Budgets that no message limits.
    pub(crate) fn unlimited() -> Self {
        Self {
            enforced: Budget::unlimited(),
            shadow: Budget::unlimited(),
        }
    }

    /// Those of the next event of a stream.
    pub(crate) fn next(&self, bytes: usize) -> Self {
        Self {
            enforced: self.enforced.next(bytes),
            shadow: self.shadow.next(bytes),
        }
    }

    /// How many steps were taken.
    pub(crate) fn taken(&self) -> u64 {
        self.enforced.taken().saturating_add(self.shadow.taken())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_share_one_base_and_never_save_up_more() {
        let first = Budgets::of(100);
        assert_eq!(first.enforced.left(), ENFORCED.base + 600);
        assert!(first.enforced.take(1 << 21).is_err());
        let second = first.next(100);
        assert_eq!(second.enforced.left(), 4096 + 600);
        assert_eq!(second.shadow.left(), SHADOW.base + 300);
        let third = second.next(0);
        assert_eq!(third.enforced.left(), 4096 + 600 + 4096);
        let many = (0..1000).fold(third, |budgets, _| budgets.next(100_000));
        assert_eq!(many.enforced.left(), ENFORCED.base + 600_000);
        assert_eq!(many.taken(), 0);
        let free = Budgets::unlimited();
        assert!(free.enforced.take(usize::MAX >> 1).is_ok());
        assert_eq!(free.next(1).enforced.left(), u64::MAX);
    }
}
