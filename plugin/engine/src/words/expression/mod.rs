//! Regular expressions of policies: `pattern` parses them, `program` compiles them, `walk` and `search` run them.
//!
//! The dialect is that of the crate `regex-lite`, with which the tests compare it. A budget covers every step, so that
//! no text takes longer than the budget allows.

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
