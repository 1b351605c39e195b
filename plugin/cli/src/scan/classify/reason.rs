//! A reason for a class.
//!
//! It never excuses a tool: a better class never outweighs a worse one.

use crate::scan::class::Class;

/// A reason for a class.
#[derive(Debug)]
pub(super) struct Reason {
    pub(super) class: Class,
    /// The evidence, and its place.
    pub(super) saw: String,
}

pub(super) fn reason(class: Class, saw: impl Into<String>) -> Reason {
    Reason {
        class,
        saw: saw.into(),
    }
}
