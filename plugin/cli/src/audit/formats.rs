//! A report on a log as text, as JSON and as a page.
//!
//! It never counts.

use super::report::AuditReport;
use super::{html, text};
use crate::report::{CommandResult, ExitStatus, Report, to_json};

impl AuditReport {
    /// The report as a page that loads nothing.
    #[must_use]
    pub fn html(&self) -> String {
        html::document(self)
    }
}

impl Report for AuditReport {
    /// [`Findings`](ExitStatus::Findings) where lines of the log are missing in the report, and where it has none.
    fn status(&self) -> ExitStatus {
        ExitStatus::from_clean(self.is_audit_log() && self.skipped.lost() == 0)
    }

    fn text(&self) -> String {
        text::text(self)
    }

    fn json(&self) -> CommandResult<String> {
        to_json(self)
    }
}
