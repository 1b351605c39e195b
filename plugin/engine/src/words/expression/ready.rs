//! Builds the whole automaton of a small program once, when the policy is parsed. A text then takes one step a
//! character, and nothing is built while it is matched.
//!
//! It gives the same answers as the walk that builds it. A program whose automaton is large has none.

use super::automaton::{Automaton, Known};
use super::program::Program;
use super::walk::Walk;
use crate::words::work::{Budget, Exhausted};

/// The whole automaton of a program that runs forwards from the start of a text.
#[derive(Debug)]
pub(super) struct Ready {
    automaton: Automaton,
    start: Known,
}

/// The most entries in the table of one automaton.
const LARGEST: usize = 4096;

/// The price of starting, in steps.
const BEGIN: usize = 32;

impl Ready {
    /// Builds the automaton. `None` where it takes more than `room` or [`LARGEST`] entries, or more steps than the
    /// budget has.
    pub(super) fn new(program: &Program, room: usize, budget: &Budget) -> Option<Self> {
        let room = room.min(LARGEST);
        let mut walk = Walk::learning(program);
        walk.begin(None, budget).ok()?;
        let start = walk.known()?;
        let mut explored = 0;
        while let Some(from) = walk.automaton.nth(explored) {
            for class in 0..program.alphabet.classes() {
                if walk.automaton.size() > room {
                    return None;
                }
                walk.go_to(from);
                walk.step(program.alphabet.any_of(class), budget).ok()?;
            }
            explored = explored.saturating_add(1);
        }
        let automaton = walk.automaton;
        (automaton.forgotten == 0).then_some(Self { automaton, start })
    }

    /// The number of table entries.
    pub(super) fn size(&self) -> usize {
        self.automaton.size()
    }

    /// Whether the text matches; `None` for an unknown transition, which a whole automaton does not have.
    pub(super) fn is_match(
        &self,
        program: &Program,
        text: &str,
        budget: &Budget,
    ) -> Result<Option<bool>, Exhausted> {
        budget.take(BEGIN)?;
        let (mut known, mut rest) = (self.start, text);
        loop {
            let alphabet = &program.alphabet;
            let followed = self.automaton.follow(known, rest, alphabet, budget)?;
            budget.take(1)?;
            rest = rest.get(followed.passed..).unwrap_or_default();
            let mut chars = rest.chars();
            let c = chars.next();
            let Some(found) = self.automaton.after(followed.known, alphabet.class(c)) else {
                return Ok(None);
            };
            let step = found.step();
            if step.matched || step.ended || c.is_none() {
                return Ok(Some(step.matched));
            }
            (known, rest) = (found.known, chars.as_str());
        }
    }
}
