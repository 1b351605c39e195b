//! `import`: turns a policy of PolicyLayer's Intercept (YAML) into ours, and reports every difference.
//!
//! It never writes a policy that may allow a call that Intercept refuses.

mod condition;
mod document;
mod equality;
mod go;
mod importer;
mod limit;
mod messages;
mod pattern;
mod refusal;
mod report;
mod rule;
mod scalar;
#[cfg(test)]
mod tests;
mod yaml;

pub use crate::approvers::Approve;
pub use importer::import;
pub use report::ImportReport;
