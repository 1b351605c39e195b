//! The sizes of the measurements.
//!
//! It measures nothing.

use host_tests::root;
use std::env;
use std::path::PathBuf;

/// How much to measure.
pub(crate) struct Plan {
    /// The numbers of callers seen at which a measurement ends and the next one begins.
    pub(crate) seen: &'static [u64],
    /// Turns of each number of threads.
    pub(crate) rounds: usize,
    /// The calls of a turn, of all threads together.
    pub(crate) calls: usize,
    /// The results of a trial stay outside the repository.
    trial: bool,
}

const SEEN: [u64; 7] = [
    10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000,
];

impl Plan {
    /// The full plan. With `$QUICK` or `$ONLY` it is a trial.
    pub(crate) fn new() -> Self {
        let given = |variable| env::var(variable).is_ok_and(|value| !value.is_empty());
        let trial = given("QUICK") || given("ONLY");
        Self {
            seen: if trial { &SEEN[..3] } else { &SEEN },
            rounds: if trial { 3 } else { 12 },
            calls: if trial { 16_000 } else { 64_000 },
            trial,
        }
    }

    /// Where the results are written.
    pub(crate) fn folder(&self) -> PathBuf {
        let results = "host-tests/benches/results";
        root().join(if self.trial { "target/bench" } else { results })
    }
}
