//! `pin`: turns what a server lists into the pins of a policy's tools, and finds the pins that changed.
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
