//! `explain`: turns a policy and a call into the decision, and every rule that was evaluated before it.
//!
//! It never calls a server. It shows more than a client sees: its readers must be allowed to read the policy.

mod explanation;
mod options;
mod player;
mod strangers;
#[cfg(test)]
mod tests;

pub use explanation::Explanation;
pub use options::Options;
pub use player::explain;
