//! Searches a text for an expression: whether it matches, and where.
//!
//! Matches are leftmost. Among those with the same start, the expression's order of preference decides.

use super::pattern::parse;
use super::program::Program;
use super::ready::Ready;
use super::tree::Mistake;
use super::walk::{MISSED, Walk};
use crate::words::work::{Budget, Exhausted};
use std::cmp::Ordering;
use std::ops::Range;

/// The price of creating a walk, in steps, besides those for its instructions.
const MADE: usize = 20;

/// The price of a search for the start of a match, in steps, besides those for the bytes before it.
const LOOK: usize = 4;

/// A regular expression of a policy.
#[derive(Debug)]
pub(crate) struct Expression {
    text: Box<str>,
    forwards: Box<Program>,
    /// The program from a match's end back to its start, for expressions whose matches are [located](Finder).
    backwards: Option<Box<Program>>,
    /// The whole automaton, where one was [prepared](Expression::prepare).
    ready: Option<Box<Ready>>,
}

impl Expression {
    /// Compiles an expression that is asked only whether it matches.
    pub(crate) fn new(text: &str) -> Result<Self, Mistake> {
        Ok(Self {
            text: text.into(),
            forwards: Box::new(Program::new(&parse(text)?, false)?),
            backwards: None,
            ready: None,
        })
    }

    /// Compiles an expression whose matches are located.
    pub(crate) fn located(text: &str) -> Result<Self, Mistake> {
        let tree = parse(text)?;
        Ok(Self {
            text: text.into(),
            forwards: Box::new(Program::new(&tree, false)?),
            backwards: Some(Box::new(Program::new(&tree, true)?)),
            ready: None,
        })
    }

    /// The number of instructions.
    pub(crate) fn size(&self) -> usize {
        let backwards = self.backwards.as_ref().map_or(0, |program| program.len());
        self.forwards.len().saturating_add(backwards)
    }

    /// Builds the whole automaton where `room` and the budget suffice, and returns the number of its table entries.
    pub(crate) fn prepare(&mut self, room: usize, budget: &Budget) -> usize {
        self.ready = Ready::new(&self.forwards, room, budget).map(Box::new);
        self.ready.as_ref().map_or(0, |ready| ready.size())
    }

    /// The first position in the text at which a match may start; `None` where no match can start in it.
    pub(crate) fn first_start(
        &self,
        text: &str,
        budget: &Budget,
    ) -> Result<Option<usize>, Exhausted> {
        let missed = missed(&self.forwards, text, budget)?;
        let none = missed == Some(text.len());
        Ok((!none).then_some(missed.unwrap_or(0)))
    }

    pub(crate) fn is_match(&self, text: &str, budget: &Budget) -> Result<bool, Exhausted> {
        let along = |ready: &Ready| ready.is_match(&self.forwards, text, budget);
        if let Some(Some(matches)) = self.ready.as_deref().map(along).transpose()? {
            return Ok(matches);
        }
        let Some(from) = self.first_start(text, budget)? else {
            return Ok(false);
        };
        budget.take(made(&self.forwards))?;
        let end = first_end(&mut Walk::new(&self.forwards), text, from, true, budget)?;
        Ok(end.is_some())
    }
}

/// Orders by the texts of the expressions.
impl Ord for Expression {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl PartialOrd for Expression {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Expression {}

/// Finds an expression in one text after the other, and keeps what it learns about the expression.
#[derive(Debug)]
pub(crate) struct Finder<'e> {
    forwards: Walk<'e>,
    backwards: Option<Walk<'e>>,
}

/// The price of a walk of the program, in steps.
fn made(program: &Program) -> usize {
    let instructions = program.len().checked_div(16).unwrap_or(0);
    instructions.saturating_add(MADE)
}

impl<'e> Finder<'e> {
    pub(crate) fn new(expression: &'e Expression, budget: &Budget) -> Result<Self, Exhausted> {
        let backwards = expression.backwards.as_deref();
        let steps = backwards.map_or(0, made);
        budget.take(steps.saturating_add(made(&expression.forwards)))?;
        Ok(Self {
            forwards: Walk::new(&expression.forwards),
            backwards: backwards.map(Walk::new),
        })
    }

    /// All matches from `from` on that are not empty, in text order, without overlaps.
    pub(crate) fn find_all(
        &mut self,
        text: &str,
        mut from: usize,
        budget: &Budget,
    ) -> Result<Vec<Range<usize>>, Exhausted> {
        let mut found = Vec::new();
        while let Some(range) = self.find(text, from, budget)? {
            from = range.end;
            if range.is_empty() {
                let Some(c) = text.get(from..).and_then(|rest| rest.chars().next()) else {
                    break;
                };
                from = from.saturating_add(c.len_utf8());
            } else {
                found.push(range);
            }
        }
        Ok(found)
    }

    fn find(
        &mut self,
        text: &str,
        from: usize,
        budget: &Budget,
    ) -> Result<Option<Range<usize>>, Exhausted> {
        let Some(end) = first_end(&mut self.forwards, text, from, false, budget)? else {
            return Ok(None);
        };
        let start = match &mut self.backwards {
            Some(walk) => start_of(walk, text, from, end, budget)?,
            None => from,
        };
        Ok(Some(start..end))
    }
}

/// The number of bytes before the first with which a match could start; `None` where that is unknown.
fn missed(program: &Program, text: &str, budget: &Budget) -> Result<Option<usize>, Exhausted> {
    budget.take(LOOK)?;
    let missed = program.missed(text.as_bytes());
    budget.take(missed.unwrap_or(0).div_ceil(MISSED))?;
    Ok(missed)
}

/// The end of the first match that starts at or after `from`. With `earliest`, the position where it is certain that
/// there is a match.
fn first_end(
    walk: &mut Walk<'_>,
    text: &str,
    from: usize,
    earliest: bool,
    budget: &Budget,
) -> Result<Option<usize>, Exhausted> {
    let rest = text.get(from..).unwrap_or_default();
    let missed = missed(walk.program, rest, budget)?;
    if missed == Some(rest.len()) {
        return Ok(None);
    }
    let from = from.saturating_add(missed.unwrap_or(0));
    let (before, rest) = text.split_at_checked(from).unwrap_or((text, ""));
    walk.begin(before.chars().next_back(), budget)?;
    let (mut at, mut found) = (from, None);
    let mut chars = rest.chars();
    loop {
        let skipped = walk.skip(text, at, budget)?;
        if skipped > at {
            at = skipped;
            chars = text.get(at..).unwrap_or_default().chars();
        }
        let c = chars.next();
        let step = walk.step(c, budget)?;
        if step.matched {
            found = Some(at);
        }
        match c {
            None => return Ok(found),
            Some(_) if step.ended || earliest && step.matched => return Ok(found),
            Some(c) => at = at.saturating_add(c.len_utf8()),
        }
    }
}

/// The start of the longest match that ends at `end` and starts at or after `from`.
fn start_of(
    walk: &mut Walk<'_>,
    text: &str,
    from: usize,
    end: usize,
    budget: &Budget,
) -> Result<usize, Exhausted> {
    let (before, after) = text.split_at_checked(end).unwrap_or((text, ""));
    walk.begin(after.chars().next(), budget)?;
    let (mut at, mut start) = (end, end);
    let mut chars = before.chars();
    loop {
        let c = chars.next_back();
        let step = walk.step(c, budget)?;
        if step.matched {
            start = at;
        }
        match c {
            Some(c) if !step.ended && at > from => at = at.saturating_sub(c.len_utf8()),
            _ => return Ok(start),
        }
    }
}
