//! The options of the audit log, under `audit` in the document.
//!
//! They decide nothing about a call.

use super::path::Segment;

/// What the log says beside the decisions.
#[derive(Debug, Default)]
pub(crate) struct AuditOptions {
    /// The arguments whose values lines hold.
    pub(crate) arguments: Vec<OpenedArgument>,
    /// A line tells how the server answered each request that was forwarded.
    pub(crate) answers: bool,
}

/// An argument whose value lines hold.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OpenedArgument {
    /// Its path, such as `args.command`, as a JSON string.
    pub(crate) path: Box<str>,
    pub(crate) steps: Vec<Segment>,
}

impl AuditOptions {
    /// The most arguments whose values lines hold.
    pub(crate) const MOST_ARGUMENTS: usize = 16;
}

impl OpenedArgument {
    /// The name of the member that holds the value; empty for an element of a list.
    pub(crate) fn name(&self) -> &str {
        match self.steps.last() {
            Some(Segment::Member(name)) => name,
            _ => "",
        }
    }
}
