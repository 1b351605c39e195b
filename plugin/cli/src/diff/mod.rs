//! `diff`: turns a policy or two and a log into the recorded calls that are decided differently.
//!
//! It never guesses: a call whose decision depends on a fact that no line holds is reported as undecidable.

mod call;
mod comparison;
mod crowd;
mod doubt;
mod identity;
mod log;
mod options;
mod outcome;
mod parties;
mod party;
mod policy_replay;
mod record;
mod recorded;
mod refund;
mod report;
mod rules;
mod scope;
#[cfg(test)]
mod tests;
mod tree;
mod unknown;

pub use comparison::diff;
pub use options::Options;
pub use report::DiffReport;
