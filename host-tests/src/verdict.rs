//! Turns a host's observations of a case into passed, cannot or failed, by the case's expectations.
//!
//! On a host with the real clock it does not compare the waiting time, which is unpredictable there.

use crate::case::{Case, Play};
use crate::expectation::{Expectation, Outcome};
use crate::host::{ClockKind, Played};
use std::fmt;

/// The result of one case on one host, over all its playings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Every playing was as expected.
    Passed,
    /// The host cannot play it, for this reason.
    Cannot(String),
    /// A playing was not as expected.
    Failed(Vec<Failure>),
}

/// A difference from the expectation, and the playings in which it occurred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    what: String,
    hows: Vec<String>,
}

impl Cell {
    /// Judges all playings of a case. A failure takes precedence over a case that cannot be played, and that over a
    /// pass.
    pub fn of(case: &Case, clock: ClockKind, played: &[&Played<'_>]) -> Self {
        let mut failures: Vec<Failure> = Vec::new();
        let mut cannot = None;
        for Played { how, outcome, .. } in played {
            if let Outcome::Cannot(why) = outcome {
                cannot = Some(why.clone());
            }
            for what in differences(case, clock, outcome) {
                match failures.iter_mut().find(|failure| failure.what == what) {
                    Some(failure) => failure.hows.push(how.clone()),
                    None => failures.push(Failure {
                        what,
                        hows: vec![how.clone()],
                    }),
                }
            }
        }
        if played.is_empty() {
            failures.push(Failure {
                what: "the host did not play it".into(),
                hows: Vec::new(),
            });
        }
        match (failures.is_empty(), cannot) {
            (false, _) => Self::Failed(failures),
            (true, Some(why)) => Self::Cannot(why),
            (true, None) => Self::Passed,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 4;
        let shown: Vec<_> = self.hows.iter().take(SHOWN).map(String::as_str).collect();
        let more = match self.hows.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        write!(f, "[{}{more}] {}", shown.join(", "), self.what)
    }
}

/// The differences from the expectation; empty if the host cannot play the case.
fn differences(case: &Case, clock: ClockKind, outcome: &Outcome) -> Vec<String> {
    match (&case.play, outcome) {
        (_, Outcome::Cannot(_)) => Vec::new(),
        (Play::Refused(expected), Outcome::Refused(seen)) if expected == seen => Vec::new(),
        (Play::Steps(steps), Outcome::Observed(seen)) if steps.len() == seen.len() => {
            let pairs = steps.iter().zip(seen).enumerate();
            let difference =
                |(index, (step, seen)): (usize, (&crate::case::Step, &Expectation))| {
                    let what = difference(clock, step.expect.as_ref(), seen)?;
                    Some(format!("step {}:\n{what}", index + 1))
                };
            pairs.filter_map(difference).collect()
        }
        (Play::Refused(expected), outcome) => {
            vec![format!(
                "\n    expected {:?}\n    saw      {outcome:?}",
                Outcome::Refused(expected.clone())
            )]
        }
        (_, Outcome::Failed(why)) => vec![why.clone()],
        (Play::Steps(steps), Outcome::Observed(seen)) => {
            vec![format!(
                "{} of {} steps were played",
                seen.len(),
                steps.len()
            )]
        }
        (_, outcome) => vec![format!("saw {outcome:?}")],
    }
}

fn difference(
    clock: ClockKind,
    expected: Option<&Expectation>,
    seen: &Expectation,
) -> Option<String> {
    let expected = expected.map(|expected| comparable(clock, expected));
    let seen = comparable(clock, seen);
    if expected.as_ref() == Some(&seen) {
        return None;
    }
    let expected = expected.map_or_else(
        || "nothing yet (BLESS=1 writes it)".into(),
        |expected| shown(&expected),
    );
    Some(format!(
        "    expected {expected}\n    saw      {}",
        shown(&seen)
    ))
}

fn comparable(clock: ClockKind, seen: &Expectation) -> Expectation {
    let mut seen = seen.clone();
    let detail = seen.detail.as_mut();
    if clock == ClockKind::Real
        && let Some(wait) = detail.and_then(|detail| detail.get_mut("retryAfterMs"))
    {
        *wait = "some".into();
        seen.message = seen.message.map(|message| {
            message
                .split(" again in ")
                .next()
                .unwrap_or_default()
                .into()
        });
    }
    seen
}

fn shown(seen: &Expectation) -> String {
    serde_json::to_string(seen).unwrap_or_default()
}
