//! Ids under way, one cell: open ids stay, lost ids are unclear, and no flood changes that.

use super::*;
use proptest::prelude::*;

const LONGEST: Millis = Millis(600);

fn at(now: u64) -> Clock {
    Clock {
        now: Millis(now),
        longest_call: LONGEST,
    }
}

fn id(session: u64, id: u64) -> Id {
    Id { session, id }
}

fn opened(cell: &mut IdCell, id: Id, now: u64) -> Millis {
    match cell.open(id, true, at(now)) {
        Opening::Open(opening) => opening,
        other => panic!("{id:?} at {now}: {other:?}"),
    }
}

#[test]
fn open_id_is_in_use_until_its_answer() {
    let mut cell = IdCell::default();
    let opening = opened(&mut cell, id(1, 7), 0);
    assert_eq!(cell.open(id(1, 7), true, at(1)), Opening::InUse);
    assert_eq!(cell.open(id(1, 7), false, at(1)), Opening::InUse);
    opened(&mut cell, id(1, 8), 1);
    opened(&mut cell, id(2, 7), 1);
    cell.end(id(1, 7), opening, true, at(2));
    opened(&mut cell, id(1, 7), 2);
}

#[test]
fn id_without_an_answer_is_unclear_for_the_longest_call() {
    let mut cell = IdCell::default();
    let opening = opened(&mut cell, id(1, 7), 0);
    cell.end(id(1, 7), opening, false, at(10));
    let read = || IdCell::read(&cell.bytes()).expect("a cell");
    assert_eq!(read().open(id(1, 7), true, at(609)), Opening::Unclear);
    opened(&mut read(), id(1, 7), 610);
    opened(&mut read(), id(1, 8), 11);
}

#[test]
fn exchange_with_an_unclear_id_keeps_it_unclear() {
    let mut cell = IdCell::default();
    let opening = opened(&mut cell, id(1, 7), 0);
    cell.end(id(1, 7), opening, false, at(0));
    assert_eq!(cell.open(id(1, 7), true, at(599)), Opening::Unclear);
    assert_eq!(cell.open(id(1, 7), true, at(1798)), Opening::Unclear);
    opened(&mut cell, id(1, 7), 1798 + 1200);
}

#[test]
fn id_that_is_open_too_long_becomes_unclear_and_then_free() {
    let mut cell = IdCell::default();
    opened(&mut cell, id(1, 7), 0);
    assert_eq!(cell.open(id(1, 7), true, at(599)), Opening::InUse);
    let read = || IdCell::read(&cell.bytes()).expect("a cell");
    assert_eq!(read().open(id(1, 7), true, at(600)), Opening::Unclear);
    opened(&mut read(), id(1, 7), 1200);
}

#[test]
fn late_end_of_another_exchange_frees_no_id() {
    let mut cell = IdCell::default();
    let late = opened(&mut cell, id(1, 7), 0);
    let own = opened(&mut cell, id(1, 7), 1200);
    for is_answered in [true, false] {
        cell.end(id(1, 7), late, is_answered, at(1201));
        assert_eq!(cell.open(id(1, 7), true, at(1201)), Opening::InUse);
    }
    cell.end(id(1, 7), own, true, at(1202));
    opened(&mut cell, id(1, 7), 1202);
}

#[test]
fn late_end_without_an_answer_makes_a_forgotten_id_unclear() {
    let mut cell = IdCell::default();
    let late = opened(&mut cell, id(1, 7), 0);
    cell.end(id(1, 7), late, false, at(5000));
    assert_eq!(cell.open(id(1, 7), true, at(5001)), Opening::Unclear);
}

#[test]
fn clock_that_goes_back_ends_no_id() {
    let mut cell = IdCell::default();
    opened(&mut cell, id(1, 7), 1000);
    let opening = opened(&mut cell, id(1, 8), 0);
    assert_eq!(opening, Millis(1600), "it is as late as it was");
    assert_eq!(cell.open(id(1, 7), true, at(0)), Opening::InUse);
}

#[test]
fn unissued_session_leaves_no_entry() {
    let mut cell = IdCell::default();
    for number in 0..100 {
        let opening = cell.open(id(number, number), false, at(0));
        assert_eq!(opening, Opening::Unclear);
    }
    assert_eq!(cell, IdCell::default());
}

#[test]
fn flood_of_lost_ids_makes_its_own_session_unclear() {
    let mut cell = IdCell::default();
    let other = opened(&mut cell, id(1, 1), 0);
    let lost = opened(&mut cell, id(2, 1), 0);
    cell.end(id(2, 1), lost, false, at(0));
    for number in 0..1000 {
        if let Opening::Open(opening) = cell.open(id(3, number), true, at(1)) {
            cell.end(id(3, number), opening, false, at(1));
        }
    }
    assert_eq!(cell.open(id(3, 5000), true, at(2)), Opening::Unclear);
    assert_eq!(cell.open(id(1, 1), true, at(2)), Opening::InUse);
    cell.end(id(1, 1), other, true, at(2));
    opened(&mut cell, id(1, 1), 2);
    opened(&mut cell, id(2, 2), 2);
}

#[test]
fn cell_full_of_open_ids_is_unclear_until_all_of_them_are_over() {
    let mut cell = IdCell::default();
    for number in 0..32 {
        opened(&mut cell, id(number, 1), number);
    }
    assert_eq!(cell.open(id(100, 1), true, at(40)), Opening::Unclear);
    assert_eq!(cell.open(id(5, 1), true, at(40)), Opening::InUse);
    let read = || IdCell::read(&cell.bytes()).expect("a cell");
    assert_eq!(read().open(id(101, 1), true, at(1239)), Opening::Unclear);
    opened(&mut read(), id(101, 1), 1240);
    assert_eq!(cell.entries.len(), ROOM);
}

/// One exchange as the tests know it.
#[derive(Clone, Copy, Debug)]
struct Exchange {
    id: Id,
    /// `None` for one that was unclear from its beginning.
    opening: Option<Millis>,
    /// The latest end of its call.
    last: u64,
}

/// A server's calls, and the gateway's cell.
#[derive(Default)]
struct World {
    cell: IdCell,
    alive: Vec<Exchange>,
    /// Calls whose answers were not seen yet, and the latest time of each answer.
    pending: Vec<(Id, u64)>,
    now: u64,
}

impl World {
    fn begin(&mut self, own: Id) {
        let opening = self.cell.open(own, true, at(self.now));
        let awaited = self.pending.iter().any(|(id, _)| *id == own);
        let mut alive = self.alive.iter();
        let in_use =
            alive.any(|other| other.id == own && other.opening.is_some() && other.last > self.now);
        assert_eq!(in_use, opening == Opening::InUse, "{own:?} at {}", self.now);
        let opening = match opening {
            Opening::InUse => return,
            Opening::Unclear => None,
            Opening::Open(opening) => {
                assert!(!awaited, "{own:?} at {}", self.now);
                Some(opening)
            }
        };
        let last = self.now.saturating_add(LONGEST.0);
        self.alive.push(Exchange {
            id: own,
            opening,
            last,
        });
        self.pending.push((own, last));
    }

    /// An exchange ends, with an answer or without.
    fn end(&mut self, own: Id, is_answered: bool) {
        let position = self.alive.iter().position(|other| other.id == own);
        let Some(exchange) = position.map(|position| self.alive.remove(position)) else {
            return;
        };
        let Some(opening) = exchange.opening else {
            return;
        };
        self.cell.end(own, opening, is_answered, at(self.now));
        // The only exchange with an id gets the answer to its own call.
        if is_answered && exchange.last > self.now {
            self.pending.retain(|(id, _)| *id != own);
        }
    }

    fn wait(&mut self, time: u64) {
        self.now = self.now.saturating_add(time);
        self.pending.retain(|(_, until)| *until > self.now);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// An id is open for an exchange only if no answer to another call with it may still come, as long as no call
    /// exceeds the longest duration. While the exchange is alive, no other one has the id.
    #[test]
    fn answer_of_another_exchange_is_never_mistaken_for_own(
        steps in proptest::collection::vec((0u8..4, 0u64..3, 0u64..14, 0u64..80), 1..400),
    ) {
        let mut world = World::default();
        for (what, session, number, time) in steps {
            world.wait(time);
            match what {
                0 | 1 => world.begin(id(session, number)),
                what => world.end(id(session, number), what == 2),
            }
            prop_assert!(world.cell.entries.len() <= ROOM);
            let read = IdCell::read(&world.cell.bytes());
            prop_assert_eq!(read.as_ref(), Some(&world.cell));
        }
    }
}
