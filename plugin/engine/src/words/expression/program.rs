//! Compiles the tree of an expression into instructions, forwards or backwards.
//!
//! No program is longer than [`LARGEST`], however often its text repeats a part.

use super::look::{Look, Side};
use super::set::{Range, Set, next};
use super::tree::{Mistake, Node, Tree};
use crate::words::sorted::insert;

/// The most instructions of a program.
pub(super) const LARGEST: usize = 2048;

const TOO_LARGE: Mistake = "repetitions that expand to too large an expression";

/// Instructions are known by their positions.
pub(super) type Position = u16;

#[derive(Clone, Copy, Debug)]
pub(super) enum Instruction {
    /// The character is one of this set; then the next instruction.
    One(u16),
    Look(Look),
    /// The first way is tried before the other.
    Split(Position, Position),
    Jump(Position),
    Match,
}

/// A compiled expression.
#[derive(Debug)]
pub(super) struct Program {
    instructions: Vec<Instruction>,
    sets: Vec<Set>,
    pub(super) alphabet: Alphabet,
    /// It matches only where the text starts.
    pub(super) anchored: bool,
    /// It runs from the end of a match to its start, and finds the longest.
    pub(super) backwards: bool,
    /// The sides that its looks tell apart.
    sides: Vec<Side>,
    /// The bytes with which no match starts; `None` where a match may be empty.
    misses: Option<Box<[bool; 256]>>,
}

/// Classes of characters that no instruction distinguishes from one another.
#[derive(Debug)]
pub(super) struct Alphabet {
    /// The class of each character of ASCII.
    pub(super) ascii: [u8; 128],
    /// Where classes begin, in order.
    starts: Vec<char>,
}

impl Program {
    pub(super) fn new(tree: &Tree, backwards: bool) -> Result<Self, Mistake> {
        let mut compiler = Compiler {
            instructions: Vec::new(),
            sets: Vec::new(),
            looks: Vec::new(),
            visits: 0,
            backwards,
        };
        compiler.tree(tree)?;
        compiler.push(Instruction::Match)?;
        let mut sides = Vec::new();
        for look in compiler.looks {
            let apart = look.tells_apart().iter();
            apart.for_each(|side| insert(&mut sides, *side));
        }
        let mut program = Self {
            alphabet: Alphabet::new(&compiler.sets, &sides),
            instructions: compiler.instructions,
            sets: compiler.sets,
            anchored: tree.anchored && !backwards,
            backwards,
            sides,
            misses: None,
        };
        program.misses = program.first_sets().map(misses);
        Ok(program)
    }

    /// The sets of which a match starts with one, whatever stands before it; `None` where it may be empty.
    fn first_sets(&self) -> Option<Vec<&Set>> {
        let mut met = vec![false; self.len()];
        let (mut waiting, mut sets) = (vec![0], Vec::new());
        while let Some(position) = waiting.pop() {
            let first = met.get_mut(usize::from(position));
            if first.is_none_or(|met| std::mem::replace(met, true)) {
                continue;
            }
            match self.at(position)? {
                Instruction::One(set) => sets.extend(self.sets.get(usize::from(set))),
                Instruction::Look(_) => waiting.push(position.saturating_add(1)),
                Instruction::Split(first, second) => waiting.extend([first, second]),
                Instruction::Jump(to) => waiting.push(to),
                Instruction::Match => return None,
            }
        }
        Some(sets)
    }

    /// How many of these bytes stand before the first with which a match could start; `None` where a match may be empty, or
    /// starts where the text does.
    pub(super) fn missed(&self, text: &[u8]) -> Option<usize> {
        let misses = self.misses.as_deref().filter(|_| !self.anchored)?;
        let missed = |byte: &u8| misses.get(usize::from(*byte)).copied().unwrap_or(false);
        let met = text.iter().position(|byte| !missed(byte));
        Some(met.unwrap_or(text.len()))
    }

    pub(super) fn len(&self) -> usize {
        self.instructions.len()
    }

    pub(super) fn at(&self, position: Position) -> Option<Instruction> {
        self.instructions.get(usize::from(position)).copied()
    }

    /// Whether the character is in the set, and how many times it was halved for that.
    pub(super) fn fits(&self, set: u16, c: char) -> (bool, usize) {
        let Some(set) = self.sets.get(usize::from(set)) else {
            return (false, 0);
        };
        let halves = set.ranges().len().checked_ilog2().unwrap_or(0);
        (set.contains(c), halves as usize)
    }

    /// The character on a side of a place, as far as some look distinguishes it.
    pub(super) fn side(&self, c: Option<char>) -> Side {
        match Side::of(c) {
            side if side == Side::Edge || self.sides.contains(&side) => side,
            _ => Side::Other,
        }
    }
}

/// The bytes of characters that are in none of the sets. All bytes outside ASCII are treated alike.
fn misses(sets: Vec<&Set>) -> Box<[bool; 256]> {
    let mut misses = Box::new([true; 256]);
    for (first, last) in sets.into_iter().flat_map(Set::ranges) {
        let byte = |c: char| if c.is_ascii() { c as usize } else { 128 };
        let end = if last.is_ascii() { byte(*last) } else { 255 };
        let met = misses.get_mut(byte(*first)..=end).unwrap_or_default();
        met.fill(false);
    }
    misses
}

impl Alphabet {
    /// More classes than a byte tells apart are those of an expression that no text needs; it runs without them.
    pub(super) const MOST: usize = 250;

    fn new(sets: &[Set], sides: &[Side]) -> Self {
        let mut starts = vec!['\0'];
        let mut bound = |range: &Range| {
            insert(&mut starts, range.0);
            if let Some(next) = next(range.1) {
                insert(&mut starts, next);
            }
        };
        sets.iter().flat_map(Set::ranges).for_each(&mut bound);
        for side in sides {
            let ranges: &[Range] = match side {
                Side::LineFeed => &[('\n', '\n')],
                Side::CarriageReturn => &[('\r', '\r')],
                _ => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
            };
            ranges.iter().for_each(&mut bound);
        }
        let mut alphabet = Self {
            ascii: [0; 128],
            starts,
        };
        for byte in 0..128_u8 {
            let class = u8::try_from(alphabet.searched(byte.into())).unwrap_or(u8::MAX);
            let place = alphabet.ascii.get_mut(usize::from(byte));
            place.into_iter().for_each(|place| *place = class);
        }
        alphabet
    }

    /// How many classes there are, and one more: that of no character.
    pub(super) fn classes(&self) -> usize {
        self.starts.len().saturating_add(1)
    }

    pub(super) fn class(&self, c: Option<char>) -> usize {
        let Some(c) = c else {
            return self.starts.len();
        };
        match self.ascii.get(c as usize) {
            Some(class) => usize::from(*class),
            None => self.searched(c),
        }
    }

    /// A character of the class; `None` for the class of no character.
    pub(super) fn any_of(&self, class: usize) -> Option<char> {
        self.starts.get(class).copied()
    }

    fn searched(&self, c: char) -> usize {
        if let [.., last] = self.starts[..]
            && last <= c
        {
            return self.starts.len().saturating_sub(1);
        }
        let after = self.starts.partition_point(|start| *start <= c);
        after.saturating_sub(1)
    }
}

struct Compiler {
    instructions: Vec<Instruction>,
    sets: Vec<Set>,
    looks: Vec<Look>,
    /// How many parts were compiled, also those that made no instruction.
    visits: usize,
    backwards: bool,
}

impl Compiler {
    fn tree(&mut self, tree: &Tree) -> Result<(), Mistake> {
        self.visits = self.visits.saturating_add(1);
        if self.visits > LARGEST.saturating_mul(4) {
            return Err(TOO_LARGE);
        }
        match &tree.node {
            Node::One(set) => self.one(set),
            Node::Look(look) => {
                self.looks.push(*look);
                self.push(Instruction::Look(*look))
            }
            Node::Sequence(parts) if self.backwards => {
                parts.iter().rev().try_for_each(|part| self.tree(part))
            }
            Node::Sequence(parts) => parts.iter().try_for_each(|part| self.tree(part)),
            Node::Choice(parts) => self.choice(parts),
            Node::Repeat {
                sub,
                min,
                max,
                greedy,
            } => self.repeat(sub, *min, *max, *greedy),
        }
    }

    fn push(&mut self, instruction: Instruction) -> Result<(), Mistake> {
        self.instructions.push(instruction);
        match self.instructions.len() > LARGEST {
            true => Err(TOO_LARGE),
            false => Ok(()),
        }
    }

    /// The position of the next instruction.
    fn here(&self) -> Position {
        Position::try_from(self.instructions.len()).unwrap_or(Position::MAX)
    }

    fn set(&mut self, position: Position, instruction: Instruction) {
        if let Some(place) = self.instructions.get_mut(usize::from(position)) {
            *place = instruction;
        }
    }

    fn one(&mut self, set: &Set) -> Result<(), Mistake> {
        let found = self.sets.iter().position(|other| other == set);
        let index = found.unwrap_or(self.sets.len());
        if found.is_none() {
            self.sets.push(set.clone());
        }
        self.push(Instruction::One(u16::try_from(index).unwrap_or(u16::MAX)))
    }

    fn choice(&mut self, parts: &[Tree]) -> Result<(), Mistake> {
        let mut jumps = Vec::new();
        let Some((last, others)) = parts.split_last() else {
            return Ok(());
        };
        for part in others {
            let split = self.here();
            self.push(Instruction::Match)?;
            self.tree(part)?;
            jumps.push(self.here());
            self.push(Instruction::Match)?;
            self.set(
                split,
                Instruction::Split(split.saturating_add(1), self.here()),
            );
        }
        self.tree(last)?;
        let end = self.here();
        jumps
            .iter()
            .for_each(|jump| self.set(*jump, Instruction::Jump(end)));
        Ok(())
    }

    fn repeat(
        &mut self,
        sub: &Tree,
        min: u32,
        max: Option<u32>,
        greedy: bool,
    ) -> Result<(), Mistake> {
        match max {
            None if min == 0 && !sub.empty => self.star(sub, greedy),
            // Whoever matches an empty text is not tried again and again: `(x+)?`, which goes on with what follows.
            None if min == 0 => {
                let split = self.here();
                self.push(Instruction::Match)?;
                self.plus(sub, greedy)?;
                self.set(
                    split,
                    self.ways(greedy, split.saturating_add(1), self.here()),
                );
                Ok(())
            }
            None => {
                (1..min).try_for_each(|_| self.tree(sub))?;
                self.plus(sub, greedy)
            }
            Some(max) => self.bounded(sub, min, max, greedy),
        }
    }

    fn ways(&self, greedy: bool, more: Position, end: Position) -> Instruction {
        match greedy {
            true => Instruction::Split(more, end),
            false => Instruction::Split(end, more),
        }
    }

    fn star(&mut self, sub: &Tree, greedy: bool) -> Result<(), Mistake> {
        let split = self.here();
        self.push(Instruction::Match)?;
        self.tree(sub)?;
        self.push(Instruction::Jump(split))?;
        self.set(
            split,
            self.ways(greedy, split.saturating_add(1), self.here()),
        );
        Ok(())
    }

    fn plus(&mut self, sub: &Tree, greedy: bool) -> Result<(), Mistake> {
        let body = self.here();
        self.tree(sub)?;
        let end = self.here().saturating_add(1);
        self.push(self.ways(greedy, body, end))
    }

    fn bounded(&mut self, sub: &Tree, min: u32, max: u32, greedy: bool) -> Result<(), Mistake> {
        (0..min).try_for_each(|_| self.tree(sub))?;
        let mut splits = Vec::new();
        for _ in min..max {
            splits.push(self.here());
            self.push(Instruction::Match)?;
            self.tree(sub)?;
        }
        let end = self.here();
        for split in splits {
            self.set(split, self.ways(greedy, split.saturating_add(1), end));
        }
        Ok(())
    }
}
