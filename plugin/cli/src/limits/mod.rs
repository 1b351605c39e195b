//! `limits`: turns a policy into the configuration of the service that counts its limits, or into the differences from the
//! limits that a running service has.
//!
//! It asks no service and never approximates a limit: one that the service cannot count is a finding.

mod comparison;
mod envoy_ratelimit;
mod kept;
mod limitador;
mod report;
mod service;
#[cfg(test)]
mod tests;

pub use report::LimitsReport;
pub use service::{Format, compare, limits};
