//! `diff`: turns two policies and a log into the recorded calls that they decide differently.
//!
//! It never guesses: a call whose decision depends on a fact that no line holds is reported as undecidable.

mod call;
mod comparison;
mod crowd;
mod log;
mod options;
mod parties;
mod policy_replay;
mod report;
mod rules;
#[cfg(test)]
mod tests;

pub use comparison::diff;
pub use options::Options;
pub use report::DiffReport;
