//! The lines of the audit log, as hosts, containers and log shippers keep them.
//!
//! It never judges a line: `audit` and `diff` do.

mod found;
mod line;
mod reader;
#[cfg(test)]
mod tests;
mod values;

pub use line::AuditLine;
pub(crate) use line::{Counter, Decision, Event};
pub(crate) use reader::{LONGEST, LineReader, Read, parse, too_long};
