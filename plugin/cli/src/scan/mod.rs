//! `scan`: turns the tools of an MCP server into a report for a person who may let an agent call them.
//!
//! It never calls a tool, and never believes a claim of a server in favour of its tools.

mod class;
mod classify;
mod confusable_names;
mod format;
#[cfg(test)]
mod measured;
pub(crate) mod parameter;
pub(crate) mod parameter_kind;
mod prompt_injection;
mod scan_report;
pub(crate) mod signal;
mod signals;
#[cfg(test)]
pub(crate) mod tests;
mod tokenize;
mod tool;
mod vocabulary;

pub(crate) use class::Class;
pub(crate) use scan_report::ToolReport;
pub use scan_report::{ScanReport, scan};
pub(crate) use signals::about;
pub use tool::{Tool, ToolList};
