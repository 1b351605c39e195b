//! `audit`: turns the lines of the audit log into a report on who called what, into events for other programs, and into short
//! lines for a terminal.
//!
//! It never keeps lines: its memory is bounded, however long the log is.

mod answers;
mod approvals;
mod counts;
mod filter;
mod formats;
mod html;
mod latencies;
mod log;
mod moment;
mod ocsf;
mod plot;
mod report;
mod short;
mod skipped;
mod summary;
mod tally;
#[cfg(test)]
mod tests;
mod text;
mod timeline;

pub use crate::audit_line::AuditLine;
pub use filter::{Filter, Outcome};
pub use log::AuditLog;
pub use moment::Moment;
pub use ocsf::ocsf;
pub use report::AuditReport;
pub use short::short;
pub use skipped::Skipped;
pub use summary::Summary;
