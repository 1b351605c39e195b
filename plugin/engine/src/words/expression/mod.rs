//! Regular expressions of policies: `pattern` reads their text, `program` compiles them, `walk` runs them over a text.
//!
//! The dialect is that of the crate `regex-lite`, with which the tests compare it. Every step is paid out of a budget, so
//! no text takes longer than the budget says.

mod automaton;
mod bracket;
mod class;
mod cursor;
mod escape;
mod look;
mod pattern;
mod program;
mod ready;
mod search;
mod set;
#[cfg(test)]
mod tests;
mod tree;
mod walk;

pub(crate) use search::{Expression, Finder};
