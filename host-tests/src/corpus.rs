//! Runs every case of `policies/` on a host and tells where what was seen is not what the case expects.
//!
//! Nothing is skipped in silence: a case that a host cannot play is counted and printed with its reason.

use crate::case::{Case, Play, Seen, corpus};
use crate::root;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

/// What a host saw of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// One entry for each step.
    Seen(Vec<Seen>),
    /// The policy was refused with these lines.
    Refused(Vec<String>),
    /// The host cannot play it, and why.
    Cannot(String),
    /// Something happened that no case can expect.
    Failed(String),
}

impl Outcome {
    /// Gathers the steps; the first that makes no sense is the outcome.
    pub fn of(steps: impl Iterator<Item = Result<Seen, String>>) -> Self {
        let number = |(index, step): (usize, Result<Seen, String>)| {
            step.map_err(|error| format!("step {}: {error}", index + 1))
        };
        steps
            .enumerate()
            .map(number)
            .collect::<Result<_, _>>()
            .map_or_else(Self::Failed, Self::Seen)
    }
}

/// How a body arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// In one piece that ends the request.
    Whole,
    /// In two pieces, cut there.
    At(usize),
    /// Byte by byte.
    Bytes,
    /// In one piece, and trailers end the request.
    Trailers,
}

impl Split {
    /// Every way in which the bodies of a case are sent: whole, cut in two at each of the first 256 bytes, byte by
    /// byte, and ended by trailers.
    pub fn all(case: &Case) -> Vec<Self> {
        let bodies = case.steps().iter().filter_map(|step| step.body.as_deref());
        let longest = bodies.map(<[u8]>::len).max().unwrap_or(0);
        let cuts = (1..longest.min(256)).map(Self::At);
        // A body of a megabyte byte by byte tells nothing that one of four kilobytes does not.
        let bytes = (2..=4096).contains(&longest).then_some(Self::Bytes);
        let trailers = (longest > 0).then_some(Self::Trailers);
        [Self::Whole]
            .into_iter()
            .chain(cuts)
            .chain(bytes)
            .chain(trailers)
            .collect()
    }

    /// The pieces of a body; a body shorter than the cut stays whole.
    pub fn pieces(self, body: &[u8]) -> Vec<&[u8]> {
        match self {
            Self::At(at) if at < body.len() => vec![&body[..at], &body[at..]],
            Self::Bytes if !body.is_empty() => body.chunks(1).collect(),
            _ => vec![body],
        }
    }
}

/// Whether a host's clock follows the cases, or is the real one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockKind {
    /// The host's time is the step's.
    Set,
    /// Waiting times cannot be foretold, only that there is one.
    Real,
}

/// The results of one host.
#[derive(Debug)]
pub struct Report {
    host: &'static str,
    clock: ClockKind,
    passed: usize,
    failures: Vec<String>,
    /// The cases that cannot be played, by the reason.
    cannot: BTreeMap<String, Vec<String>>,
}

impl Report {
    /// An empty report.
    pub fn new(host: &'static str, clock: ClockKind) -> Self {
        Self {
            host,
            clock,
            passed: 0,
            failures: Vec::new(),
            cannot: BTreeMap::new(),
        }
    }

    /// Compares one case's outcome.
    pub fn add(&mut self, case: &Case, how: &str, outcome: &Outcome) {
        let name = &case.name;
        if let Outcome::Cannot(why) = outcome {
            self.cannot
                .entry(why.clone())
                .or_default()
                .push(name.clone());
            return;
        }
        let before = self.failures.len();
        match (&case.play, outcome) {
            (Play::Refused(expected), Outcome::Refused(seen)) if expected == seen => {}
            (Play::Steps(steps), Outcome::Seen(seen)) => {
                for (index, (step, seen)) in steps.iter().zip(seen).enumerate() {
                    let expected = step
                        .expect
                        .as_ref()
                        .map(|expected| self.comparable(expected));
                    let seen = self.comparable(seen);
                    if expected.as_ref() != Some(&seen) {
                        let expected = expected.map_or_else(
                            || "nothing yet (BLESS=1 writes it)".into(),
                            |seen| shown(&seen),
                        );
                        let seen = shown(&seen);
                        self.failures.push(format!(
                            "{name} step {} [{how}]:\n    expected {expected}\n    saw      {seen}",
                            index + 1
                        ));
                    }
                }
            }
            (_, outcome) => self
                .failures
                .push(format!("{name} [{how}]: saw {outcome:?}")),
        }
        self.passed += usize::from(self.failures.len() == before);
    }

    fn comparable(&self, seen: &Seen) -> Seen {
        let mut seen = seen.clone();
        if self.clock == ClockKind::Real
            && let Some(wait) = seen
                .detail
                .as_mut()
                .and_then(|detail| detail.get_mut("retryAfterMs"))
        {
            *wait = "some".into();
            seen.message = seen.message.map(|message| {
                message
                    .split(" Try again in ")
                    .next()
                    .unwrap_or_default()
                    .into()
            });
        }
        seen
    }

    /// Prints the result.
    ///
    /// # Panics
    /// With all failures, when there are any.
    pub fn finish(self) {
        let mut text = format!(
            "{}: {} passed, {} cannot, {} failed",
            self.host,
            self.passed,
            self.cannot.values().map(Vec::len).sum::<usize>(),
            self.failures.len()
        );
        for (why, cases) in &self.cannot {
            let _ = write!(
                text,
                "
  {} cannot, because {why}: {}",
                cases.len(),
                cases.join(" ")
            );
        }
        // Written past the test harness, which would keep what a passing test prints to itself.
        let _ = writeln!(std::io::stdout(), "{text}");
        assert!(
            self.failures.is_empty(),
            "{}:\n{}",
            self.host,
            self.failures.join("\n")
        );
        assert!(self.passed > 0, "{}: nothing was played", self.host);
    }
}

fn shown(seen: &Seen) -> String {
    serde_json::to_string(seen).unwrap_or_default()
}

/// The cases, or those whose name contains `$CASE`.
///
/// # Panics
/// When a file is no case, with a line for each.
pub fn cases() -> Vec<Case> {
    let filter = std::env::var("CASE").unwrap_or_default();
    let cases =
        corpus(&root().join("policies")).unwrap_or_else(|errors| panic!("{}", errors.join("\n")));
    cases
        .into_iter()
        .filter(|case| case.name.contains(&filter))
        .collect()
}
