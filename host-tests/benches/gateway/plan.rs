//! The length of a measurement and its loads.
//!
//! It measures nothing.

use crate::load::Load;
use host_tests::root;
use std::env;
use std::path::PathBuf;
use std::time::Duration;

/// How long to measure.
pub(crate) struct Plan {
    pub(crate) saturated: Rounds,
    pub(crate) paced: Rounds,
    /// A part of the names of the calls to measure; `None` measures all calls.
    pub(crate) only: Option<String>,
    /// The results of a trial stay outside the repository.
    trial: bool,
}

/// The number of turns of each chain, and the load of each turn.
pub(crate) struct Rounds {
    pub(crate) number: usize,
    pub(crate) load: Load,
}

/// The name of the measurement of a fleet in `$ONLY`.
pub(crate) const FLEET: &str = "fleet";

/// The rate of paced loads, in calls a second.
pub(crate) const RATE: u32 = 1000;

impl Plan {
    /// The full plan. With `$QUICK`, or with `$ONLY` for some calls, it is a trial.
    pub(crate) fn new() -> Self {
        let [quick, only] = ["QUICK", "ONLY"].map(given);
        let fleet = only.as_deref() == Some(FLEET);
        let [saturated, paced] = match (&quick, fleet) {
            (Some(_), _) => [(3, 100), (3, 100)],
            (None, true) => [(20, 250), (20, 500)],
            (None, false) => [(12, 250), (12, 400)],
        };
        Self {
            saturated: rounds(saturated, None),
            paced: rounds(paced, Some(RATE)),
            trial: quick.is_some() || (only.is_some() && !fleet),
            only,
        }
    }

    /// Where the results are written.
    pub(crate) fn folder(&self) -> PathBuf {
        let results = "host-tests/benches/results";
        root().join(if self.trial { "target/bench" } else { results })
    }
}

fn given(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|value| !value.is_empty())
}

fn rounds((number, millis): (usize, u64), per_second: Option<u32>) -> Rounds {
    let length = Duration::from_millis(millis);
    Rounds {
        number,
        load: Load { per_second, length },
    }
}
