//! Turns how cases went into a report in the format of JUnit, which every CI shows.
//!
//! It tells no times: they would be those of the machine.

use super::{End, Tried, show};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::io::Write;

pub(super) fn write(tried: &[Tried], file: impl Write) -> Result<(), String> {
    let mut suite = TestSuite::new("mcp-policy");
    suite.add_test_cases(tried.iter().map(case));
    let mut report = Report::new("mcp-policy");
    report.add_test_suite(suite);
    report.serialize(file).map_err(|error| error.to_string())
}

fn case(tried: &Tried) -> TestCase {
    let ends = |kind| TestCaseStatus::non_success(kind);
    let status = match &tried.end {
        End::Passed | End::Blessed => TestCaseStatus::success(),
        End::Skipped { reason } => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(reason.as_str());
            status
        }
        End::Failed { differences } => {
            let mut status = ends(NonSuccessKind::Failure);
            status.set_message(format!(
                "{} went otherwise than expected",
                count(differences.len())
            ));
            status.set_description(show::plain(differences));
            status
        }
        End::Broken { message } => {
            let mut status = ends(NonSuccessKind::Error);
            status.set_message(message.as_str());
            status
        }
    };
    let mut case = TestCase::new(tried.file.as_str(), status);
    if let Some(why) = &tried.why {
        case.set_system_out(why.as_str());
    }
    case
}

fn count(steps: usize) -> String {
    let plural = if steps == 1 { "" } else { "s" };
    format!("{steps} step{plural}")
}
