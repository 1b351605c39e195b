//! The bytes of responses that one worker holds, by caller, and how much room is left for each.
//!
//! It counts only. What does not fit is refused by the exchange.

use std::cell::Cell;
use std::collections::BTreeMap;

/// A short message has room whatever is held, so that a full worker goes on answering.
const SHORT: usize = 16 * 1024;

/// One caller holds at most this part of all.
const SHARES: usize = 4;

#[derive(Default)]
struct Held {
    all: usize,
    callers: BTreeMap<Box<str>, usize>,
}

impl Held {
    fn of(&self, caller: &str) -> usize {
        self.callers.get(caller).copied().unwrap_or_default()
    }
}

thread_local! {
    /// A worker is a VM of its own, with one thread.
    static HELD: Cell<Held> = Cell::default();
}

/// What one response holds. Dropping it gives the room back.
#[derive(Default)]
pub(crate) struct HeldBytes {
    caller: Box<str>,
    own: usize,
}

impl HeldBytes {
    /// For a response to this caller.
    pub(crate) fn of(caller: Option<&str>) -> Self {
        Self {
            caller: caller.unwrap_or_default().into(),
            own: 0,
        }
    }

    /// How many bytes this response may hold, where the worker may hold `max`.
    pub(crate) fn room(&self, max: usize) -> usize {
        let held = HELD.take();
        let left = |max: usize, held: usize| max.saturating_sub(held.saturating_sub(self.own));
        let share = max.checked_div(SHARES).unwrap_or_default();
        let room = left(max, held.all).min(left(share, held.of(&self.caller)));
        HELD.set(held);
        room.max(SHORT)
    }

    /// Notes how many bytes it holds now.
    pub(crate) fn set(&mut self, own: usize) {
        if own == self.own {
            return;
        }
        let mut held = HELD.take();
        let replaced = |before: usize| before.saturating_sub(self.own).saturating_add(own);
        held.all = replaced(held.all);
        match replaced(held.of(&self.caller)) {
            0 => held.callers.remove(&self.caller),
            callers => held.callers.insert(self.caller.clone(), callers),
        };
        HELD.set(held);
        self.own = own;
    }
}

impl Drop for HeldBytes {
    fn drop(&mut self) {
        self.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: usize = 1 << 20;

    #[test]
    fn caller_holds_a_quarter_and_all_callers_hold_all() {
        let share = MAX / SHARES;
        let mut first = HeldBytes::of(Some("a"));
        assert_eq!(first.room(MAX), share);
        first.set(share);
        let mut second = HeldBytes::of(Some("a"));
        assert_eq!((first.room(MAX), second.room(MAX)), (share, SHORT));
        second.set(100);
        let others = ["b", "c", "d"].map(|caller| {
            let mut held = HeldBytes::of(Some(caller));
            held.set(share);
            held
        });
        let last = HeldBytes::of(Some("e"));
        assert_eq!(last.room(MAX), SHORT, "all of it is held");
        drop(others);
        assert_eq!(last.room(MAX), share);
        drop((first, second));
        let held = HELD.take();
        assert!(held.all == 0 && held.callers.is_empty());
    }
}
