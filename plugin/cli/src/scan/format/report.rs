//! The formats as methods of the report.
//!
//! It never chooses a format: the caller does.

use super::{html, json, markdown, terminal};
use crate::report::{CommandResult, ExitStatus, Report};
use crate::scan::scan_report::ScanReport;

impl ScanReport {
    /// A Markdown table.
    #[must_use]
    pub fn markdown(&self) -> String {
        markdown::document(self)
    }

    /// A self-contained HTML page.
    #[must_use]
    pub fn html(&self) -> String {
        html::document(self)
    }
}

impl Report for ScanReport {
    fn status(&self) -> ExitStatus {
        ExitStatus::from_clean(!self.alarms())
    }

    fn text(&self) -> String {
        terminal::table(self)
    }

    /// In ASCII alone.
    fn json(&self) -> CommandResult<String> {
        json::document(self)
    }
}
