//! Runs a program over the characters of a text, one by one, and reports after each whether a match ended.
//!
//! It remembers, within a bound, the result of each set of instructions and class of characters, so that most
//! characters take one step. Everything else takes steps as it is done.

use super::automaton::{Automaton, BYTE, Known, Step};
use super::look::Side;
use super::program::{Instruction, Position, Program};
use crate::words::work::{Budget, Exhausted};

/// The number of characters that are read before anything is remembered: for a short text, building an automaton takes
/// longer than reading.
const SHORT: usize = 64;

/// The state before the active instructions: everything else that the next step depends on.
#[derive(Clone, Copy, Debug)]
struct Head {
    before: Side,
    /// True where a match may still start.
    searching: bool,
}

/// Runs one program over one text after the other.
#[derive(Debug)]
pub(super) struct Walk<'p> {
    pub(super) program: &'p Program,
    pub(super) automaton: Automaton,
    read: usize,
    /// The active instructions after the head, in their order of preference, where the automaton does not hold them.
    current: Vec<Position>,
    known: Option<Known>,
    next: Vec<Position>,
    /// For each instruction, the last round in which it was met.
    met: Vec<u32>,
    round: u32,
    waiting: Vec<Position>,
}

impl<'p> Walk<'p> {
    pub(super) fn new(program: &'p Program) -> Self {
        Self {
            program,
            automaton: Automaton::new(program.alphabet.classes()),
            read: 0,
            current: Vec::new(),
            known: None,
            next: Vec::new(),
            met: vec![0; program.len()],
            round: 0,
            waiting: Vec::new(),
        }
    }

    /// A walk that remembers every step from the first on.
    pub(super) fn learning(program: &'p Program) -> Self {
        Self {
            read: SHORT,
            ..Self::new(program)
        }
    }

    /// The active set, where the automaton holds it.
    pub(super) fn known(&self) -> Option<Known> {
        self.known
    }

    /// Continues from this set.
    pub(super) fn go_to(&mut self, known: Known) {
        self.known = Some(known);
    }

    /// Starts after the character `before`; `None` is the edge of the text.
    pub(super) fn begin(&mut self, before: Option<char>, budget: &Budget) -> Result<(), Exhausted> {
        budget.take(BEGIN)?;
        let head = Head {
            before: self.program.side(before),
            searching: !self.program.backwards,
        };
        self.current.clear();
        self.current.push(head.code());
        if self.program.backwards {
            self.current.push(0);
        }
        self.known = None;
        self.remember();
        Ok(())
    }

    /// Reads the next character; `None` is the edge of the text.
    pub(super) fn step(&mut self, c: Option<char>, budget: &Budget) -> Result<Step, Exhausted> {
        budget.take(c.map_or(1, char::len_utf8).saturating_mul(BYTE))?;
        let class = self.known.map(|_| self.program.alphabet.class(c));
        let class = class.unwrap_or_default();
        if let Some(found) = self
            .known
            .and_then(|known| self.automaton.after(known, class))
        {
            self.known = Some(found.known);
            return Ok(found.step());
        }
        let made = if self.read == 0 { MADE } else { 0 };
        budget.take(made.saturating_add(FIND))?;
        let from = self.known;
        if let Some(known) = from {
            let key = self.automaton.key(known);
            self.current.clear();
            self.current.extend_from_slice(key);
        }
        let matched = self.advance(c, budget)?;
        std::mem::swap(&mut self.current, &mut self.next);
        self.read = self.read.saturating_add(1);
        self.known = None;
        let forgotten = self.automaton.forgotten;
        budget.take(self.remember())?;
        let ended = self.current.len() == 1 && !self.is_idle();
        let step = Step { matched, ended };
        if let (Some(from), Some(to)) = (from, self.known)
            && forgotten == self.automaton.forgotten
        {
            self.automaton.learn(from, class, step, to);
        }
        Ok(step)
    }

    /// Skips from `at` over known transitions without a match, or over characters with which no match starts. Returns
    /// the new position.
    pub(super) fn skip(
        &mut self,
        text: &str,
        at: usize,
        budget: &Budget,
    ) -> Result<usize, Exhausted> {
        let rest = text.get(at..).unwrap_or_default();
        let passed = match self.known {
            Some(known) => {
                let alphabet = &self.program.alphabet;
                let followed = self.automaton.follow(known, rest, alphabet, budget)?;
                self.known = Some(followed.known);
                followed.passed
            }
            None if self.is_idle() => {
                let room = rest.floor_char_boundary(budget.room());
                let missed = self.miss(rest.get(..room).unwrap_or(rest));
                budget.take(missed.div_ceil(MISSED))?;
                missed
            }
            None => 0,
        };
        Ok(at.saturating_add(passed))
    }

    /// True where no match is active and one may start.
    fn is_idle(&self) -> bool {
        self.current.len() == 1 && Head::decode(&self.current).searching
    }

    /// Skips the characters with which no match starts, where no match is active. Returns the number of bytes.
    fn miss(&mut self, text: &str) -> usize {
        let missed = self.program.missed(text.as_bytes()).unwrap_or(0);
        let last = text
            .get(..missed)
            .and_then(|missed| missed.chars().next_back());
        if let (Some(last), Some(head)) = (last, self.current.first_mut()) {
            let before = self.program.side(Some(last));
            *head = Head {
                before,
                searching: true,
            }
            .code();
        }
        missed
    }

    /// Adds the active set to the automaton once enough was read. Returns the price in steps.
    fn remember(&mut self) -> usize {
        if self.read < SHORT || !self.automaton.is_useful() {
            return 0;
        }
        self.known = Some(self.automaton.place(&self.current));
        self.current.len().saturating_add(PLACE)
    }

    /// Computes the instructions after the character into `next`. True where a match ends before it.
    fn advance(&mut self, c: Option<char>, budget: &Budget) -> Result<bool, Exhausted> {
        let head = Head::decode(&self.current);
        let (before, after) = (head.before, self.program.side(c));
        let sides = match self.program.backwards {
            true => (after, before),
            false => (before, after),
        };
        self.round = self.round.wrapping_add(1);
        if self.round == 0 {
            self.met.fill(0);
            self.round = 1;
        }
        self.next.clear();
        self.next.push(0);
        let mut matched = false;
        let current = std::mem::take(&mut self.current);
        let own = current.iter().skip(1).copied();
        let fresh = head.searching.then_some(0);
        for position in own.chain(fresh) {
            matched |= self.explore(position, sides, c, budget)?;
            if matched && !self.program.backwards {
                break;
            }
        }
        self.current = current;
        let searching = head.searching && !matched && !self.program.anchored;
        let before = after;
        if let Some(first) = self.next.first_mut() {
            *first = Head { before, searching }.code();
        }
        Ok(matched)
    }

    /// Follows the instructions from `position` that need no character, and those that the character satisfies. True at
    /// a match.
    fn explore(
        &mut self,
        position: Position,
        (before, after): (Side, Side),
        c: Option<char>,
        budget: &Budget,
    ) -> Result<bool, Exhausted> {
        let mut matched = false;
        let mut steps = EXPLORE;
        let left = budget.room();
        self.waiting.clear();
        self.waiting.push(position);
        while let Some(position) = self.waiting.pop() {
            steps = steps.saturating_add(STEPS);
            if steps > left {
                break;
            }
            match self.met.get_mut(usize::from(position)) {
                Some(met) if *met != self.round => *met = self.round,
                _ => continue,
            }
            match self.program.at(position) {
                Some(Instruction::One(set)) => {
                    let (fits, halves) = c.map_or((false, 0), |c| self.program.fits(set, c));
                    steps = steps.saturating_add(halves);
                    if fits {
                        self.next.push(position.saturating_add(1));
                    }
                }
                Some(Instruction::Look(look)) if look.holds(before, after) => {
                    self.waiting.push(position.saturating_add(1));
                }
                Some(Instruction::Split(first, second)) => {
                    self.waiting.extend([second, first]);
                }
                Some(Instruction::Jump(to)) => self.waiting.push(to),
                Some(Instruction::Match) => {
                    matched = true;
                    if !self.program.backwards {
                        break;
                    }
                }
                Some(Instruction::Look(_)) | None => {}
            }
        }
        budget.take(steps)?;
        Ok(matched)
    }
}

/// The number of bytes without a start of a match that one step covers.
pub(super) const MISSED: usize = 2;

/// The price of computing a transition, in steps, besides those for the instructions.
const FIND: usize = 9;

/// The price of allocating the sets, in steps, once in a walk.
const MADE: usize = 24;

/// The price of following the instructions from one position, in steps.
const EXPLORE: usize = 3;

/// The price of one instruction, in steps.
const STEPS: usize = 4;

/// The price of starting, in steps.
const BEGIN: usize = 28;

/// The price of finding a set of instructions in the automaton, in steps.
const PLACE: usize = 96;

impl Head {
    /// Encodes it as the number before the instructions.
    fn code(self) -> Position {
        let side = match self.before {
            Side::Edge => 0,
            Side::LineFeed => 1,
            Side::CarriageReturn => 2,
            Side::Word => 3,
            Side::Other => 4,
        };
        side | (u16::from(self.searching) << 3)
    }

    fn decode(current: &[Position]) -> Self {
        let code = current.first().copied().unwrap_or_default();
        let before = match code & 7 {
            0 => Side::Edge,
            1 => Side::LineFeed,
            2 => Side::CarriageReturn,
            3 => Side::Word,
            _ => Side::Other,
        };
        Self {
            before,
            searching: code & 8 != 0,
        }
    }
}
