//! **dearest**: turns a policy into its most expensive messages, played by the engine: their steps, their budget, and the rule
//! that takes the most.
//!
//! It never measures time: steps are the same on every machine.

mod condition;
mod cost;
mod expression;
mod filler;
mod play;
mod rules;
mod schema;
mod sentence;
mod survey;
mod together;

pub(super) use cost::Cost;
pub(super) use sentence::{first_of_each, warnings};
pub(super) use survey::costs;
