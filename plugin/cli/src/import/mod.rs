//! `import`: turns a policy of PolicyLayer's Intercept (YAML) into ours, and reports every difference.
//!
//! It never writes a policy that may allow a call that Intercept refuses.

mod advice;
mod bounds;
mod condition;
mod counters;
mod document;
mod equality;
mod foreign;
mod go;
mod importer;
mod limit;
mod messages;
mod name;
mod pattern;
mod refusal;
mod report;
mod rule;
mod scalar;
#[cfg(test)]
mod tests;
mod unicode;

pub use crate::approvers::Approve;
pub use importer::import;
pub use report::ImportReport;
