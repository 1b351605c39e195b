//! Checks that honest messages pass the gateway byte for byte: it records the traffic between clients and servers
//! before and behind the gateway, and compares both.

mod compare;
mod compared;
mod observing;
mod watched;

pub(super) use compare::unlike;
pub(super) use compared::Passed;
pub(super) use observing::observing;
pub(super) use watched::{Watch, Watched};
