//! Turns the bytes that each response of a worker holds into the room for another one, and into the response to drop
//! where they hold too much together.
//!
//! It only adds up. The exchange refuses a message that does not fit.

use crate::words::sorted::insert;
use std::rc::Rc;

/// The bytes that a message may always hold, beyond its caller's part: a caller with many long responses still gets
/// short ones.
const SHORT: usize = 16 * 1024;

/// One caller holds at most one part in so many of all bytes.
const SHARES: usize = 4;

/// The bytes that the responses of one worker hold, by caller. `R` is the host's handle of a response, by which it
/// drops the held bytes.
///
/// A worker takes three steps for each event of each response. It lets the exchange hold as many bytes as there is
/// [`room`](Self::room) for, records the bytes held after the event with [`set`](Self::set), and drops each response
/// that [`excess`](Self::excess) returns.
///
/// Its lists are sorted. An event takes a binary search in each and moves the elements behind the position: some
/// kilobytes where a thousand responses are held. Trees would add twenty kilobytes to the module.
#[derive(Debug)]
pub struct HeldResponses<R> {
    all: usize,
    /// By their ids.
    responses: Vec<Held<R>>,
    /// By their names.
    callers: Vec<CallerHeld>,
    /// The same callers by their sums, the largest at the end.
    by_sum: Vec<(usize, Rc<str>)>,
}

#[derive(Debug)]
struct Held<R> {
    id: u64,
    caller: Rc<str>,
    bytes: usize,
    response: R,
}

#[derive(Debug)]
struct CallerHeld {
    name: Rc<str>,
    sum: usize,
    /// The responses with their bytes, the largest at the end.
    by_size: Vec<(usize, u64)>,
}

impl<R> Default for HeldResponses<R> {
    fn default() -> Self {
        Self {
            all: 0,
            responses: Vec::new(),
            callers: Vec::new(),
            by_sum: Vec::new(),
        }
    }
}

impl<R> HeldResponses<R> {
    /// The bytes that the response of this id, to this caller, may hold where the worker may hold `max`. They are the
    /// rest of the caller's quarter, as far as bytes are free or another caller holds more than this one would.
    pub fn room(&self, id: u64, caller: &str, max: usize) -> usize {
        let own = self.bytes(id);
        let others = self.sum(caller).saturating_sub(own);
        let free = max.saturating_sub(self.all.saturating_sub(own));
        // A caller displaces another one only while it holds less.
        let gain = self.most_of_another(caller).saturating_sub(others);
        let gain = gain.saturating_sub(1);
        let share = max.checked_div(SHARES).unwrap_or_default();
        let share = share.saturating_sub(others);
        share.min(free.max(gain)).max(SHORT)
    }

    /// Records that the response of this id, to this caller, holds so many bytes now.
    pub fn set(&mut self, id: u64, caller: &Rc<str>, bytes: usize, response: R) {
        if bytes == 0 {
            self.remove(id);
            return;
        }
        self.remove(id);
        let held = Held {
            id,
            caller: caller.clone(),
            bytes,
            response,
        };
        let (Ok(at) | Err(at)) = self.place_of(id);
        self.responses.insert(at, held);
        self.replace(caller, id, 0, bytes);
    }

    /// Records that the response of this id holds no bytes any more. Returns its handle if it held some.
    pub fn remove(&mut self, id: u64) -> Option<R> {
        let removed = self.responses.remove(self.place_of(id).ok()?);
        self.replace(&removed.caller, id, removed.bytes, 0);
        Some(removed.response)
    }

    /// Removes the longest response of the caller that holds most, as long as all hold more than `max`. The host drops
    /// it: [`Exchange::drop_held`](crate::host::Exchange::drop_held).
    pub fn excess(&mut self, max: usize) -> Option<R> {
        if self.all <= max {
            return None;
        }
        let (_, caller) = self.by_sum.last()?;
        let caller = self.callers.get(self.place_of_caller(caller).ok()?)?;
        let (_, id) = *caller.by_size.last()?;
        self.remove(id)
    }

    /// The bytes that all responses hold together.
    pub fn all(&self) -> usize {
        self.all
    }

    fn place_of(&self, id: u64) -> Result<usize, usize> {
        self.responses.binary_search_by_key(&id, |held| held.id)
    }

    fn bytes(&self, id: u64) -> usize {
        let at = self.place_of(id).ok();
        let held = at.and_then(|at| self.responses.get(at));
        held.map_or(0, |held| held.bytes)
    }

    fn place_of_caller(&self, name: &str) -> Result<usize, usize> {
        self.callers.binary_search_by(|held| (*held.name).cmp(name))
    }

    fn sum(&self, caller: &str) -> usize {
        let at = self.place_of_caller(caller).ok();
        let held = at.and_then(|at| self.callers.get(at));
        held.map_or(0, |held| held.sum)
    }

    fn most_of_another(&self, caller: &str) -> usize {
        let mut most = self.by_sum.iter().rev();
        let other = most.find(|(_, other)| **other != *caller);
        other.map_or(0, |(sum, _)| *sum)
    }

    /// A response to this caller holds `bytes` instead of `before`.
    fn replace(&mut self, caller: &Rc<str>, id: u64, before: usize, bytes: usize) {
        let replaced = |sum: usize| sum.saturating_sub(before).saturating_add(bytes);
        self.all = replaced(self.all);
        let at = self.place_of_caller(caller).unwrap_or_else(|at| {
            self.callers.insert(at, CallerHeld::new(caller));
            at
        });
        let Some(held) = self.callers.get_mut(at) else {
            return;
        };
        remove(&mut self.by_sum, &(held.sum, caller.clone()));
        remove(&mut held.by_size, &(before, id));
        held.sum = replaced(held.sum);
        if bytes > 0 {
            insert(&mut held.by_size, (bytes, id));
        }
        match held.sum {
            0 => drop(self.callers.remove(at)),
            sum => insert(&mut self.by_sum, (sum, caller.clone())),
        }
    }
}

impl CallerHeld {
    fn new(name: &Rc<str>) -> Self {
        Self {
            name: name.clone(),
            sum: 0,
            by_size: Vec::new(),
        }
    }
}

/// Removes the element from its sorted list, if it is there.
fn remove<T: Ord>(list: &mut Vec<T>, element: &T) {
    if let Ok(at) = list.binary_search(element) {
        list.remove(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: usize = 1 << 20;
    const SHARE: usize = MAX / SHARES;

    /// A worker whose responses have this many bytes, each with the name of its caller.
    fn worker(responses: &[(&'static str, usize)]) -> HeldResponses<(&'static str, usize)> {
        let mut worker = HeldResponses::default();
        for (id, (caller, bytes)) in (0..).zip(responses) {
            worker.set(id, &Rc::from(*caller), *bytes, (*caller, *bytes));
        }
        worker
    }

    /// The responses that are dropped until the rest fits.
    fn dropped(worker: &mut HeldResponses<(&'static str, usize)>) -> Vec<(&'static str, usize)> {
        std::iter::from_fn(|| worker.excess(MAX)).collect()
    }

    fn empty(worker: &HeldResponses<(&'static str, usize)>) -> bool {
        let lists = worker.responses.is_empty() && worker.callers.is_empty();
        worker.all == 0 && lists && worker.by_sum.is_empty()
    }

    #[test]
    fn caller_holds_a_quarter_and_a_short_message_beyond_it() {
        let mut worker = worker(&[("a", SHARE - 100)]);
        assert_eq!(worker.room(0, "a", MAX), SHARE, "with what it holds");
        assert_eq!(worker.room(1, "a", MAX), SHORT);
        assert_eq!(worker.room(1, "b", MAX), SHARE);
        assert!(worker.remove(0).is_some() && worker.remove(0).is_none());
        assert_eq!(worker.room(1, "a", MAX), SHARE);
        assert!(empty(&worker));
    }

    #[test]
    fn caller_that_holds_most_loses_its_longest_response() {
        let half = SHARE / 2;
        let mut worker = worker(&[
            ("a", half),
            ("a", half),
            ("b", SHARE - 1),
            ("c", half),
            ("c", half - 1),
            ("d", half - 9),
            ("d", half + 8),
        ]);
        worker.set(9, &Rc::from("e"), 1000, ("e", 1000));
        assert_eq!(dropped(&mut worker), [("a", half)]);
        assert!(worker.room(9, "e", MAX) > half, "half a quarter is free");
        worker.set(9, &Rc::from("e"), half, ("e", half));
        assert_eq!(dropped(&mut worker), []);
        worker.set(10, &Rc::from("f"), SHARE, ("f", SHARE));
        assert_eq!(dropped(&mut worker), [("f", SHARE)], "now it holds most");
        worker.set(10, &Rc::from("f"), SHARE - 2, ("f", SHARE - 2));
        assert_eq!(dropped(&mut worker), [("d", half + 8), ("c", half)]);
    }

    #[test]
    fn full_worker_has_room_only_up_to_what_another_caller_holds() {
        let mut worker = worker(&[("a", 240_000), ("b", 150_000), ("b", 10)]);
        let rest = (MAX - 390_010) / 3;
        for (id, caller) in [(7, "c"), (8, "d"), (9, "e")] {
            worker.set(id, &Rc::from(caller), rest, (caller, rest));
        }
        let full = |id, caller| worker.room(id, caller, MAX);
        assert_eq!(full(10, "b"), 240_000 - 150_010 - 1);
        assert_eq!(full(1, "b"), 240_000 - 10 - 1, "with what it holds");
        assert_eq!(full(10, "f"), 240_000 - 1);
        assert_eq!(full(10, "a"), SHORT, "no other caller holds more");
        assert!(full(0, "a") >= 240_000, "what it holds it keeps");
    }

    #[test]
    fn short_messages_of_one_caller_displace_its_own() {
        let mut worker = worker(&[("b", SHARE), ("c", SHARE)]);
        let short = ("a", SHORT);
        for id in 100..1000 {
            assert!(worker.room(id, "a", MAX) >= SHORT);
            worker.set(id, &Rc::from("a"), SHORT, short);
            assert!(dropped(&mut worker).iter().all(|lost| *lost == short));
        }
        assert!(worker.all <= MAX && worker.sum("b") == SHARE);
    }

    #[test]
    fn held_bytes_never_exceed_the_bound() {
        let mut worker = worker(&[]);
        let callers: Vec<Rc<str>> = (0..40).map(|n| format!("c{n}").into()).collect();
        let mut seed = 7_u64;
        let mut next = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % below
        };
        for step in 0..20_000 {
            let id = next(300);
            let caller = &callers[usize::try_from(id % 40).unwrap()];
            let held = worker.bytes(id);
            let wanted = held + usize::try_from(next(64 << 10)).unwrap();
            let before = worker.sum(caller);
            let fits = wanted <= worker.room(id, caller, MAX);
            worker.set(id, caller, if fits { wanted } else { 0 }, ("x", 0));
            let after = worker.sum(caller);
            let largest = worker.by_sum.last().map_or(0, |(sum, _)| *sum);
            let lost = dropped(&mut worker);
            assert!(
                lost.is_empty() || largest >= after,
                "only who holds most loses"
            );
            assert!(worker.all <= MAX, "step {step}: {before} to {after}");
            let sums: usize = worker.by_sum.iter().map(|(sum, _)| sum).sum();
            let single: usize = worker.responses.iter().map(|held| held.bytes).sum();
            assert_eq!((sums, single), (worker.all, worker.all));
        }
        for id in 0..300 {
            worker.remove(id);
        }
        assert!(empty(&worker));
    }
}
