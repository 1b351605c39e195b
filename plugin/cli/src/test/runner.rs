//! Plays cases one after the other, and collects their results.
//!
//! It never reads or writes a case's file: it takes parsed cases, and returns observations.

use super::case_result::{CaseResult, Difference, Verdict};
use super::coverage::Coverage;
use super::place::Places;
use super::report::TestReport;
use mcp_policy_cases::case::{Case, Play};
use mcp_policy_cases::{Expectation, Outcome, Split, runner};
use serde_json::{Value as Json, json};
use std::path::Path;

/// The cases that were played so far.
#[derive(Debug, Default)]
pub struct Suite {
    results: Vec<CaseResult>,
    coverage: Option<Coverage>,
}

/// Observations of a failed case that can replace its expectations.
#[derive(Debug)]
pub struct Observed(
    /// The observation of each step, or the lines with which the policy was refused.
    pub Result<Vec<Expectation>, Vec<String>>,
);

impl Suite {
    /// A suite without cases. With `coverage`, it also finds the rules that no case reaches.
    #[must_use]
    pub fn new(coverage: bool) -> Self {
        Self {
            results: Vec::new(),
            coverage: coverage.then(Coverage::default),
        }
    }

    /// Adds a file that is not a case.
    pub fn broken(&mut self, file: &str, message: String) {
        self.results.push(CaseResult {
            file: file.into(),
            why: None,
            verdict: Verdict::Broken { message },
        });
    }

    /// Plays a case. A failed case gives its observations, where they can replace its expectations.
    ///
    /// `path` is that of the case's file, and finds its `policy_file`.
    pub fn play(&mut self, file: &str, path: &Path, case: &Case) -> Option<Observed> {
        let (outcome, rules) = runner::play_traced(case, Split::Whole);
        if let Some(coverage) = &mut self.coverage {
            coverage.add(case, path, &outcome, &rules);
        }
        let verdict = verdict(case, &outcome);
        let failed = matches!(verdict, Verdict::Failed { .. });
        self.results.push(CaseResult {
            file: file.into(),
            why: Some(case.why.clone()),
            verdict,
        });
        failed.then(|| observed(case, outcome)).flatten()
    }

    /// Finds the places of the last case's differences in the text of its file.
    pub fn locate(&mut self, text: &str) {
        let Some(CaseResult {
            verdict: Verdict::Failed { differences },
            ..
        }) = self.results.last_mut()
        else {
            return;
        };
        let places = Places::of(text);
        for difference in differences {
            difference.place = places.first(&pointers(difference));
        }
    }

    /// Marks the last case as rewritten with its observations.
    pub fn blessed(&mut self) {
        if let Some(last) = self.results.last_mut()
            && let Verdict::Failed { differences } = &last.verdict
        {
            let changed = differences.len();
            last.verdict = Verdict::Blessed { changed };
        }
    }

    /// The results of all cases.
    #[must_use]
    pub fn report(self) -> TestReport {
        TestReport {
            cases: self.results,
            coverage: self.coverage,
        }
    }
}

/// Where the expectation of a difference is in a case, the best place first.
fn pointers(difference: &Difference) -> Vec<String> {
    let Some(step) = difference.step else {
        return ["/refused", "/policy", "/policy_file"]
            .map(str::to_owned)
            .into();
    };
    let step = format!("/steps/{}", step.saturating_sub(1));
    vec![format!("{step}/expect"), step]
}

/// Observations of the kind that the case expects. Only its author decides whether its policy is valid.
fn observed(case: &Case, outcome: Outcome) -> Option<Observed> {
    match (&case.play, outcome) {
        (Play::Steps(_), Outcome::Observed(seen)) => Some(Observed(Ok(seen))),
        (Play::Refused(_), Outcome::Refused(lines)) => Some(Observed(Err(lines))),
        _ => None,
    }
}

fn verdict(case: &Case, outcome: &Outcome) -> Verdict {
    if let Some(reason) = case.hosts.get("native") {
        let reason = reason.clone();
        return Verdict::Skipped { reason };
    }
    let differences = match differences(case, outcome) {
        Ok(differences) => differences,
        Err(message) => return Verdict::Broken { message },
    };
    if differences.is_empty() {
        Verdict::Passed
    } else {
        Verdict::Failed { differences }
    }
}

/// # Errors
/// An event that no case can expect.
fn differences(case: &Case, outcome: &Outcome) -> Result<Vec<Difference>, String> {
    Ok(match (&case.play, outcome) {
        (_, Outcome::Failed(message) | Outcome::Cannot(message)) => return Err(message.clone()),
        (Play::Steps(steps), Outcome::Observed(seen)) => {
            let steps = (1..).zip(steps.iter().zip(seen));
            let differing = steps.filter(|(_, (step, seen))| step.expect.as_ref() != Some(*seen));
            let difference = |(number, (step, seen)): (usize, (&_, &Expectation))| {
                difference(number, step, seen)
            };
            differing.map(difference).collect()
        }
        (Play::Refused(expected), Outcome::Refused(seen)) if expected == seen => Vec::new(),
        (play, outcome) => vec![Difference {
            step: None,
            expected: Some(expected_of_policy(play)),
            seen: seen_of_policy(outcome),
            place: None,
        }],
    })
}

fn difference(number: usize, step: &mcp_policy_cases::Step, seen: &Expectation) -> Difference {
    Difference {
        step: Some(number),
        expected: step.expect.as_ref().map(Expectation::expectation),
        seen: seen.expectation(),
        place: None,
    }
}

const ACCEPTED: &str = "the policy is accepted";

fn expected_of_policy(play: &Play) -> Json {
    match play {
        Play::Steps(_) => ACCEPTED.into(),
        Play::Refused(lines) => json!({ "refused": lines }),
    }
}

fn seen_of_policy(outcome: &Outcome) -> Json {
    match outcome {
        Outcome::Refused(lines) => json!({ "refused": lines }),
        _ => ACCEPTED.into(),
    }
}
