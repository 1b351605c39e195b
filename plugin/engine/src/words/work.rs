//! The work budget of one message: the steps that all its conditions, schemas and expressions may take together.
//!
//! It counts steps, never time, so that every host decides alike. Work beyond the budget decides nothing: a condition
//! is unknown, and a result is refused.

use std::cell::Cell;

/// The rate at which messages get steps. A step takes at most 50 WebAssembly instructions, which the tests count: about
/// three nanoseconds of one core.
#[derive(Clone, Copy, Debug)]
struct Rate {
    /// The steps that each message gets, whatever its length.
    base: u64,
    /// The steps that each byte of the message adds.
    byte: u64,
    /// The steps that each event of a stream after the first adds to the rest of the base, which the whole stream
    /// shares.
    event: u64,
}

/// The rate of enforced rules.
const ENFORCED: Rate = Rate {
    base: 1 << 20,
    byte: 6,
    event: 4096,
};

/// The rate of rules in shadow mode: half as much, in addition.
const SHADOW: Rate = Rate {
    base: ENFORCED.base >> 1,
    byte: ENFORCED.byte >> 1,
    event: ENFORCED.event >> 1,
};

/// The steps of a search in a text that is shown to people.
const SHOWN: u64 = 4096;

/// The steps that one message has left. Work that takes more than that fails and uses up the rest.
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

    /// A budget without a bound, for the operator's own texts and for measurements.
    pub(crate) fn unlimited() -> Self {
        ENFORCED.budget(u64::MAX)
    }

    /// The budget of a search in one text that is shown to people: a line has up to seventy of them.
    pub(crate) fn of_shown_text() -> Self {
        ENFORCED.budget(SHOWN)
    }

    /// An empty budget.
    #[cfg(test)]
    pub(crate) fn nothing() -> Self {
        ENFORCED.budget(0)
    }

    /// The budget of a stream's next event: the rest of the base, refilled a little, and the steps of its bytes.
    fn next(&self, bytes: usize) -> Self {
        if self.all == u64::MAX {
            return Self::unlimited();
        }
        let left = self.left().saturating_add(self.rate.event);
        self.rate.of(left.min(self.rate.base), bytes)
    }

    /// Takes so many steps.
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

    /// The number of bytes that can be read at one step each.
    pub(crate) fn room(&self) -> usize {
        usize::try_from(self.left()).unwrap_or(usize::MAX)
    }

    fn taken(&self) -> u64 {
        self.all.saturating_sub(self.left.get())
    }
}

/// The budgets of one message. Rules in shadow mode have a budget of their own, so that they cannot use up that of
/// enforced rules.
#[derive(Debug)]
pub(crate) struct Budgets {
    pub(crate) enforced: Budget,
    pub(crate) shadow: Budget,
}

impl Budgets {
    /// The budgets of a message of so many bytes.
    pub(crate) fn of(bytes: usize) -> Self {
        Self {
            enforced: Budget::of(bytes),
            shadow: SHADOW.of(SHADOW.base, bytes),
        }
    }

    /// Budgets without a bound.
    pub(crate) fn unlimited() -> Self {
        Self {
            enforced: Budget::unlimited(),
            shadow: Budget::unlimited(),
        }
    }

    /// The budgets of a stream's next event.
    pub(crate) fn next(&self, bytes: usize) -> Self {
        Self {
            enforced: self.enforced.next(bytes),
            shadow: self.shadow.next(bytes),
        }
    }

    /// The number of steps taken.
    pub(crate) fn taken(&self) -> u64 {
        self.enforced.taken().saturating_add(self.shadow.taken())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_share_one_base_budget_without_accumulating() {
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
