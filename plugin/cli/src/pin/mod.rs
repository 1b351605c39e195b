//! `pin`: turns the definitions that a server lists into the pins of a policy's tools, and finds changed pins.
//!
//! It never changes anything of the policy's text but the pins.

mod definitions;
mod edit;
mod outcome;
mod pinning;
#[cfg(test)]
mod tests;

pub use outcome::PinReport;
pub use pinning::PinnablePolicy;
