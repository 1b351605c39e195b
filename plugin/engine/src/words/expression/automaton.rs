//! The memory of a walk: sets of instructions under way, and the set to which each class of characters leads.
//!
//! It is bounded: when it is full it forgets everything.

use super::program::{Alphabet, Position};
use crate::words::work::{Budget, Exhausted};

/// The result of one character.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// A match ends before the character.
    pub(super) matched: bool,
    /// No match can follow.
    pub(super) ended: bool,
}

/// A set of instructions: where its row of the table begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    row: u32,
}

/// To where a character leads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) known: Known,
    matched: bool,
    ended: bool,
}

/// How far a text was followed.
pub(super) struct Followed {
    pub(super) known: Known,
    /// How many bytes.
    pub(super) passed: usize,
    /// How many of their characters are outside ASCII.
    others: usize,
}

/// The steps that a byte takes of which is known to where its character leads.
pub(super) const BYTE: usize = 1;

/// The steps that a character outside ASCII takes beside those for its bytes.
const OTHER: usize = 6;

impl Followed {
    /// The steps that it took.
    pub(super) fn steps(&self) -> usize {
        let bytes = self.passed.saturating_mul(BYTE);
        bytes.saturating_add(self.others.saturating_mul(OTHER))
    }
}

#[derive(Debug)]
pub(super) struct Automaton {
    classes: usize,
    /// The sets one after the other, and where each begins.
    keys: Vec<Position>,
    starts: Vec<u32>,
    /// Their rows, in the order of the sets.
    order: Vec<Known>,
    /// For each set and class: what follows, [coded](Found).
    table: Vec<u32>,
    /// How often it forgot everything.
    pub(super) forgotten: usize,
}

const UNKNOWN: u32 = u32::MAX;

/// Codes below are rows alone, so that a walk along them takes no more than their sum with a class.
const MATCHED: u32 = 1 << 30;

const ENDED: u32 = 1 << 31;

const ROW: u32 = MATCHED - 1;

/// The most numbers in the sets, and in the table.
const LARGEST: usize = 64 * 1024;

/// The most sets, which stand in an order.
const MOST: usize = 1024;

impl Automaton {
    pub(super) fn new(classes: usize) -> Self {
        Self {
            classes,
            keys: Vec::new(),
            starts: Vec::new(),
            order: Vec::new(),
            table: Vec::new(),
            forgotten: 0,
        }
    }

    /// With too many classes a table would hold few sets.
    pub(super) fn is_useful(&self) -> bool {
        self.classes <= Alphabet::MOST
    }

    /// The set's number, which it gets if it has none.
    pub(super) fn place(&mut self, key: &[Position]) -> Known {
        let at = self.order.partition_point(|known| self.key(*known) < key);
        if let Some(known) = self.order.get(at).filter(|known| self.key(**known) == key) {
            return *known;
        }
        let table = self.table.len().saturating_add(self.classes);
        let keys = self.keys.len().saturating_add(key.len());
        if table.max(keys) > LARGEST || self.order.len() >= MOST {
            self.forget();
            return self.insert(0, key);
        }
        self.insert(at, key)
    }

    /// How many numbers its table has.
    pub(super) fn size(&self) -> usize {
        self.table.len()
    }

    /// The set that was placed as the one of that number, from 0, since nothing was forgotten.
    pub(super) fn nth(&self, number: usize) -> Option<Known> {
        let row = number.saturating_mul(self.classes);
        let known = u32::try_from(row).ok().map(|row| Known { row });
        known.filter(|_| row < self.table.len())
    }

    fn forget(&mut self) {
        self.keys.clear();
        self.starts.clear();
        self.order.clear();
        self.table.clear();
        self.forgotten = self.forgotten.saturating_add(1);
    }

    fn insert(&mut self, at: usize, key: &[Position]) -> Known {
        let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let known = Known {
            row: number(self.table.len()),
        };
        self.starts.push(number(self.keys.len()));
        self.keys.extend_from_slice(key);
        self.order.insert(at, known);
        let filled = self.table.len().saturating_add(self.classes);
        self.table.resize(filled, UNKNOWN);
        known
    }

    pub(super) fn key(&self, known: Known) -> &[Position] {
        let index = (known.row as usize).checked_div(self.classes).unwrap_or(0);
        let start = self.starts.get(index).map_or(0, |start| *start as usize);
        let end = self.starts.get(index.saturating_add(1));
        let end = end.map_or(self.keys.len(), |end| *end as usize);
        self.keys.get(start..end).unwrap_or_default()
    }

    pub(super) fn after(&self, known: Known, class: usize) -> Option<Found> {
        let code = *self.table.get(known.slot(class))?;
        (code != UNKNOWN).then_some(Found {
            known: Known { row: code & ROW },
            matched: code & MATCHED != 0,
            ended: code & ENDED != 0,
        })
    }

    /// Follows the text as long as the way is known, nothing matches or ends, and there are steps for its bytes.
    pub(super) fn follow(
        &self,
        from: Known,
        text: &str,
        alphabet: &Alphabet,
        budget: &Budget,
    ) -> Result<Followed, Exhausted> {
        let room = budget.room().checked_div(BYTE).unwrap_or(0);
        let text = text.get(..text.floor_char_boundary(room)).unwrap_or(text);
        let followed = self.followed(from, text, alphabet);
        budget.take(followed.steps())?;
        Ok(followed)
    }

    fn followed(&self, from: Known, text: &str, alphabet: &Alphabet) -> Followed {
        let (mut row, mut passed) = self.follow_ascii(from.row as usize, text.as_bytes(), alphabet);
        let mut others = 0_usize;
        while let Some(c) = text.get(passed..).and_then(|rest| rest.chars().next())
            && !c.is_ascii()
            && let Some(code) = self.table.get(row.wrapping_add(alphabet.class(Some(c))))
            && *code < MATCHED
        {
            let at = passed.wrapping_add(c.len_utf8());
            let rest = text.as_bytes().get(at..).unwrap_or_default();
            let more;
            (row, more) = self.follow_ascii(*code as usize, rest, alphabet);
            passed = at.wrapping_add(more);
            others = others.wrapping_add(1);
        }
        let row = u32::try_from(row).unwrap_or(from.row);
        Followed {
            known: Known { row },
            passed,
            others,
        }
    }

    /// The same up to the first byte of a character outside ASCII.
    fn follow_ascii(&self, mut row: usize, bytes: &[u8], alphabet: &Alphabet) -> (usize, usize) {
        let (table, classes, mut passed) = (&self.table[..], &alphabet.ascii, 0_usize);
        for byte in bytes {
            let Some(class) = classes.get(usize::from(*byte)) else {
                break;
            };
            match table.get(row.wrapping_add(usize::from(*class))) {
                Some(code) if *code < MATCHED => row = *code as usize,
                _ => break,
            }
            passed = passed.wrapping_add(1);
        }
        (row, passed)
    }

    /// Notes to where the class leads from a set, neither of which was forgotten.
    pub(super) fn learn(&mut self, from: Known, class: usize, step: Step, to: Known) {
        let code =
            to.row | if step.matched { MATCHED } else { 0 } | if step.ended { ENDED } else { 0 };
        if let Some(place) = self.table.get_mut(from.slot(class)) {
            *place = code;
        }
    }
}

impl Known {
    fn slot(self, class: usize) -> usize {
        (self.row as usize).wrapping_add(class)
    }
}

impl Found {
    pub(super) fn step(self) -> Step {
        Step {
            matched: self.matched,
            ended: self.ended,
        }
    }
}
