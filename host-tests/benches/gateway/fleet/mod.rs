//! Measures a limit that each Envoy counts beside one that a rate limit service counts, with one Envoy and with two.
//!
//! It never compares with figures of another run.

mod gateways;
mod page;
mod prove;
mod rounds;
mod tables;
mod ways;

pub(crate) use page::write;
