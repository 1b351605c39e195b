//! The results of cases, and the rules that they do not reach, as a CI shows them.
//!
//! It never shows a passed or a skipped case.

use super::case_result::{CaseResult, Difference, Verdict};
use super::coverage::{Coverage, Reach};
use super::place::{Place, Places};
use super::render;
use super::report::TestReport;
use crate::ci::{Finding, Level, Rule};

const FAILED: Rule = Rule {
    name: "failed",
    meaning: "a request whose outcome under the policy is not the expected one",
};
const BROKEN: Rule = Rule {
    name: "broken",
    meaning: "a file that is not a case, or a case that cannot be played",
};
const UNREACHED: Rule = Rule {
    name: "unreached",
    meaning: "a rule that no case reaches",
};

impl TestReport {
    /// A finding for each step that differs from its expectation, each broken case, and each rule that no case reaches.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let cases = self.cases.iter().flat_map(of_case);
        let policies = self.coverage.iter().flat_map(Coverage::policies);
        cases.chain(policies.flat_map(of_policy)).collect()
    }
}

fn of_case(result: &CaseResult) -> Vec<Finding> {
    match &result.verdict {
        Verdict::Passed | Verdict::Blessed { .. } | Verdict::Skipped { .. } => Vec::new(),
        Verdict::Broken { message } => {
            vec![Finding::new(Level::Error, BROKEN, &result.file, message)]
        }
        Verdict::Failed { differences } => {
            let differences = differences.iter();
            differences.map(|one| difference(result, one)).collect()
        }
    }
}

fn difference(result: &CaseResult, difference: &Difference) -> Finding {
    let why = result.why.as_deref().unwrap_or_default();
    let lines = render::without_colours(std::slice::from_ref(difference));
    let finding = Finding::new(
        Level::Error,
        FAILED,
        &result.file,
        &format!("{why}\n{lines}"),
    );
    placed(finding, difference.place.as_ref())
}

/// The places are those of the policy's own file; a policy inside a case has none.
fn of_policy(reach: &Reach) -> Vec<Finding> {
    let text = if reach.is_file { &reach.text } else { "" };
    let places = Places::of(text);
    let unreached = reach.unreached.iter();
    let finding = |rule: &String| {
        let message = format!("{rule}: no case reaches this rule");
        let finding = Finding::new(Level::Warning, UNREACHED, &reach.policy, &message);
        let place = places.first(std::slice::from_ref(rule));
        placed(finding, place.as_ref())
    };
    unreached.map(finding).collect()
}

fn placed(finding: Finding, place: Option<&Place>) -> Finding {
    match place {
        Some(place) => finding.at(&place.pointer, Some(place.region)),
        None => finding,
    }
}
