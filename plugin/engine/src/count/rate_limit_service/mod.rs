//! Counts by a rate limit service: the charges of a call as a question to it, and its answer as their reservation.

mod addition;
mod envoy;
mod limitador;
mod question;

pub use question::RateLimitQuestion;

#[cfg(test)]
mod samples;
