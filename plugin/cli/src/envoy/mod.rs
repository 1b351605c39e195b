//! `envoy`: turns a policy into a configuration of Envoy or the file from which Envoy reads it, and what Envoy says into
//! whether it is in force.
//!
//! It never takes a policy for taken because Envoy has read it.

mod apply_report;
mod discovery;
mod log;
mod plugin_file;
pub mod render;
mod services;
#[cfg(test)]
mod tests;

pub use apply_report::{Applied, ApplyReport};
pub use discovery::{Discovery, Progress, Watch};
pub use log::refusals;
pub use plugin_file::{Delivery, PluginFile, Settings};
