//! The cost of a played message.
//!
//! It never writes a sentence; `sentence` does.

use serde::Serialize;

/// A message up to this length is ordinary: a rule that it takes beyond the budget is worth a warning.
pub(super) const ORDINARY: usize = 16 * 1024;

/// Which message of an exchange takes the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::check) enum Part {
    Call,
    Result,
}

/// A message on which the rules of an entry take many steps.
#[derive(Clone, Debug, Serialize)]
pub(in crate::check) struct Cost {
    pub(super) message: Part,
    /// The entry, or the rules of all tools, as a JSON Pointer.
    pub(super) entry: String,
    /// The rule sets that apply together, as JSON Pointers; empty for the rules of one set.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) sets: Vec<String>,
    /// The rule that takes the most of the steps, as a JSON Pointer.
    pub(super) rule: String,
    /// The beginning of the message's filler, as JSON.
    pub(super) filled_with: String,
    /// The bytes of the message that was played.
    pub(super) bytes: usize,
    /// The steps that it takes without a bound.
    pub(super) steps: u64,
    /// The budget of a message of this length, in steps.
    pub(super) budget: u64,
    /// The time of one core, for no more steps than the budget has.
    pub(super) milliseconds: f64,
    /// The rule is the engine's own search for secrets, which no policy can change.
    #[serde(skip)]
    pub(super) built_in: bool,
    /// The message is the shortest found that takes more than its budget.
    pub(super) exceeds: bool,
}

/// The time of a step.
const NANOSECONDS: f64 = 3.0;

impl Cost {
    /// The part of the budget that it takes.
    pub(super) fn share(&self) -> f64 {
        self.steps as f64 / self.budget.max(1) as f64
    }

    /// The time of the steps in milliseconds, to a tenth.
    pub(super) fn milliseconds(steps: u64) -> f64 {
        (steps as f64 * NANOSECONDS / 1e5).round() / 10.0
    }
}
