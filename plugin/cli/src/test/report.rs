//! The results of all cases, and the rules that they reach.
//!
//! It never plays a case: `runner` does.

use super::case_result::{CaseResult, Verdict};
use super::coverage::Coverage;
use super::{junit, render};
use crate::report::{CommandResult, ExitStatus, Report, to_json};
use serde::Serialize;

/// The results of all cases, in the order in which they were played.
#[derive(Debug, Serialize)]
pub struct TestReport {
    pub(super) cases: Vec<CaseResult>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) coverage: Option<Coverage>,
}

impl TestReport {
    /// The results in the format of JUnit.
    ///
    /// # Errors
    /// When the report cannot be written as XML.
    pub fn junit(&self) -> Result<String, String> {
        junit::document(&self.cases)
    }
}

impl Report for TestReport {
    fn status(&self) -> ExitStatus {
        let fails =
            |verdict: &Verdict| matches!(verdict, Verdict::Failed { .. } | Verdict::Broken { .. });
        let passed = !self.cases.iter().any(|case| fails(&case.verdict));
        let reached = self.coverage.as_ref().is_none_or(Coverage::is_complete);
        ExitStatus::from_clean(passed && reached)
    }

    fn text(&self) -> String {
        render::text(&self.cases, self.coverage.as_ref())
    }

    fn json(&self) -> CommandResult<String> {
        to_json(self)
    }
}
