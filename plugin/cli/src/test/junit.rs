//! Turns the results of cases into a report in the format of JUnit, which every CI shows.
//!
//! It never reports times: they would be those of the machine.

use super::case_result::{CaseResult, Verdict};
use super::render;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

pub(super) fn document(results: &[CaseResult]) -> Result<String, String> {
    let mut suite = TestSuite::new("mcp-policy");
    suite.add_test_cases(results.iter().map(case));
    let mut report = Report::new("mcp-policy");
    report.add_test_suite(suite);
    report.to_string().map_err(|error| error.to_string())
}

fn case(result: &CaseResult) -> TestCase {
    let mut case = TestCase::new(result.file.as_str(), status(&result.verdict));
    if let Some(why) = &result.why {
        case.set_system_out(why.as_str());
    }
    case
}

fn status(verdict: &Verdict) -> TestCaseStatus {
    let (mut status, message) = match verdict {
        Verdict::Passed | Verdict::Blessed { .. } => return TestCaseStatus::success(),
        Verdict::Skipped { reason } => (TestCaseStatus::skipped(), reason.clone()),
        Verdict::Failed { differences } => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_description(render::without_colours(differences));
            (status, failed(differences.len()))
        }
        Verdict::Broken { message } => {
            let status = TestCaseStatus::non_success(NonSuccessKind::Error);
            (status, message.clone())
        }
    };
    status.set_message(message);
    status
}

fn failed(steps: usize) -> String {
    let plural = if steps == 1 { "" } else { "s" };
    format!("{steps} step{plural} differ from the expectation")
}
