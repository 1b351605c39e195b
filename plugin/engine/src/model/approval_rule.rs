//! The rules that ask for a person's approval of a call.
//!
//! They approve nothing; `decide`, `store` and `exchange` do.

use super::condition::Group;
use crate::words::{Millis, Rule};

/// A rule that asks for a person's approval.
#[derive(Debug)]
pub(crate) struct ApprovalRule {
    /// The calls that need approval: all where it has no conditions. Its rule is the place in the document.
    pub(crate) group: Group,
    pub(crate) message: Option<Box<str>>,
    /// The names of those who may approve; all approvers where it is empty.
    pub(crate) approvers: Vec<Box<str>>,
    /// The time that a person has to decide, and after that the call to pass.
    pub(crate) ttl: Millis,
    /// SHA-256 of the rule as the document writes it, without insignificant space.
    pub(crate) digest: [u8; 32],
}

impl ApprovalRule {
    /// The place of the rule in the document.
    pub(crate) fn rule(&self) -> &Rule {
        &self.group.rule
    }
}
