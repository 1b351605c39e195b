//! **dearest**: turns a policy into its dearest messages, played by the engine: their steps, their budget, and the rule that
//! takes the most.
//!
//! It times nothing: steps are the same on every machine.

mod condition;
mod cost;
mod expression;
mod filler;
mod play;
mod rules;
mod schema;
mod survey;
mod told;

pub(super) use cost::Cost;
pub(super) use survey::costs;
pub(super) use told::{first_of_each, warnings};
