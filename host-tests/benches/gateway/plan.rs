//! The length of a measurement, its load, and the samples that it yields.
//!
//! It measures nothing.

use crate::load::Load;
use host_tests::root;
use std::path::PathBuf;
use std::time::Duration;

/// What one chain did in one round.
pub(crate) struct Sample {
    /// CPU time of the Envoy process for each call, in microseconds.
    pub(crate) cpu: f64,
    /// Times that calls took, in microseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

/// A chain with its samples, one a round.
pub(crate) struct Measured {
    pub(crate) name: &'static str,
    pub(crate) samples: Vec<Sample>,
    /// In bytes, at the end.
    pub(crate) memory: u64,
}

/// How long to measure.
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    pub(crate) load: Load,
    /// A trial is not written into the repository.
    pub(crate) trial: bool,
}

pub(crate) const CONNECTIONS: usize = 4;

impl Plan {
    pub(crate) fn new(trial: bool) -> Self {
        let rounds = if trial { 3 } else { 30 };
        let load = Load {
            per_second: 1000,
            length: Duration::from_secs(1),
        };
        Self {
            rounds,
            load,
            trial,
        }
    }

    pub(crate) fn folder(&self) -> PathBuf {
        root().join(if self.trial {
            "target/bench"
        } else {
            "host-tests/benches/results"
        })
    }
}
