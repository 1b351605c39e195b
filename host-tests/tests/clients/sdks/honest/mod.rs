//! Honest messages pass the gateway byte for byte: the traffic between clients and servers, recorded and compared
//! before and behind it.

mod compare;
mod compared;
mod observing;
mod watched;

pub(super) use compare::unlike;
pub(super) use compared::Passed;
pub(super) use observing::observing;
pub(super) use watched::{Watch, Watched};
