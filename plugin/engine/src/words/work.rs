//! The budget of work of one message: how many steps all of its conditions, schemas and expressions may take together.
//!
//! Steps are counted, never timed, so that the same message is judged alike on every host. What the budget does not
//! cover is never decided: a condition is unknown, and a result is refused.

use std::cell::Cell;

/// The steps that every message has, however short. A step is one instruction of an expression, or as much: about two
/// nanoseconds of one core.
const BASE: u64 = 1 << 20;

/// The steps that each byte of a message adds.
const FOR_EACH_BYTE: u64 = 8;

/// The steps that are left for one message. What takes more of them than there are leaves none.
#[derive(Debug)]
pub(crate) struct Budget {
    all: u64,
    left: Cell<u64>,
}

/// The budget does not cover the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted;

impl Budget {
    /// The budget of a message of so many bytes.
    pub(crate) fn of(bytes: usize) -> Self {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        Self::new(BASE.saturating_add(FOR_EACH_BYTE.saturating_mul(bytes)))
    }

    /// The budget of what no message limits: the operator's own texts, and measurements.
    pub(crate) fn unlimited() -> Self {
        Self::new(u64::MAX)
    }

    /// No budget at all.
    #[cfg(test)]
    pub(crate) fn nothing() -> Self {
        Self::new(0)
    }

    fn new(all: u64) -> Self {
        Self {
            all,
            left: Cell::new(all),
        }
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
    /// Two of the same size.
    pub(crate) fn new(budget: impl Fn() -> Budget) -> Self {
        Self {
            enforced: budget(),
            shadow: budget(),
        }
    }

    /// How many steps were taken.
    pub(crate) fn taken(&self) -> u64 {
        self.enforced.taken().saturating_add(self.shadow.taken())
    }
}
