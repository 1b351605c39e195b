//! The memory of a walk: its sets of active instructions, and the next set for each class of characters.
//!
//! It is bounded: when it is full, it forgets everything.

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

/// A set of instructions, identified by the start of its row in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    row: u32,
}

/// The transition of one character.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) known: Known,
    matched: bool,
    ended: bool,
}

/// How far a text was followed along known transitions.
pub(super) struct Followed {
    pub(super) known: Known,
    /// The number of bytes.
    pub(super) passed: usize,
    /// The number of their characters outside ASCII.
    others: usize,
}

/// The price of a byte whose transition is known, in steps.
pub(super) const BYTE: usize = 1;

/// The price of a character outside ASCII, in steps, besides its bytes.
const OTHER: usize = 6;

impl Followed {
    /// The price of following this far, in steps.
    pub(super) fn steps(&self) -> usize {
        let bytes = self.passed.saturating_mul(BYTE);
        bytes.saturating_add(self.others.saturating_mul(OTHER))
    }
}

#[derive(Debug)]
pub(super) struct Automaton {
    classes: usize,
    /// All sets, one after the other, and the start of each.
    keys: Vec<Position>,
    starts: Vec<u32>,
    /// The rows of the sets, sorted by the sets.
    order: Vec<Known>,
    /// For each set and class, the transition as a [code](Found).
    table: Vec<u32>,
    /// The number of times that it forgot everything.
    pub(super) forgotten: usize,
}

const UNKNOWN: u32 = u32::MAX;

/// A code below this is just a row, so that following it takes only the addition of a class.
const MATCHED: u32 = 1 << 30;

const ENDED: u32 = 1 << 31;

const ROW: u32 = MATCHED - 1;

/// The most entries of the sets together, and of the table.
const LARGEST: usize = 64 * 1024;

/// The most sets: they are kept sorted.
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

    /// False with so many classes that the table would hold few sets.
    pub(super) fn is_useful(&self) -> bool {
        self.classes <= Alphabet::MOST
    }

    /// The row of the set, which is added where it is new.
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

    /// The number of table entries.
    pub(super) fn size(&self) -> usize {
        self.table.len()
    }

    /// The set that was the `number`th to be added, from 0, since everything was last forgotten.
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

    /// Follows the text as long as transitions are known, nothing matches or ends, and the budget covers the bytes.
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

    /// Follows the text up to its first byte outside ASCII.
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

    /// Records the transition of a class from one set to another. Neither may be forgotten.
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
