//! The sums of a log, in the order in which they are shown.
//!
//! It is data; `summary` makes it, `formats` shows it.

use super::answers::Answers;
use super::approvals::{ApprovalOf, Approvals, Approver, Decisions};
use super::counts::{
    Asked, Called, Calls, CountedBy, Peak, RedactedBy, Redactions, Refusals, RefusedBy,
};
use super::skipped::Skipped;
use super::tally::Counted;
use super::timeline::Timeline;
use crate::audit_line::Event;
use serde::Serialize;
use std::collections::BTreeMap;

/// Who called what, what was refused, and how servers answered.
#[derive(Debug, Serialize)]
pub struct AuditReport {
    /// The first and the last time of the lines.
    pub(super) first: Option<String>,
    pub(super) last: Option<String>,
    /// The lines by their event.
    pub(super) events: BTreeMap<Event, u64>,
    pub(super) total: Calls,
    pub(super) calls: Counted<Called, Calls>,
    pub(super) refusals: Counted<RefusedBy, Refusals>,
    pub(super) near_limits: Counted<CountedBy, Peak>,
    pub(super) answers: Counted<Asked, Answers>,
    pub(super) redactions: Counted<RedactedBy, Redactions>,
    pub(super) approvals: Counted<ApprovalOf, Approvals>,
    pub(super) approvers: Counted<Approver, Decisions>,
    pub(super) skipped: Skipped,
    #[serde(skip)]
    pub(super) timeline: Timeline,
}

impl AuditReport {
    pub(super) fn count(&self, event: Event) -> u64 {
        self.events.get(&event).copied().unwrap_or_default()
    }

    /// Whether a line of the audit log was found at all.
    pub(super) fn is_audit_log(&self) -> bool {
        !self.events.is_empty() || self.skipped.filtered > 0
    }
}
