//! Turns the timer into samples of the table of counts, for the host's metrics.
//!
//! It never writes to the table, and reads it only where the policy asks for metrics and has one.

use crate::host::{self, SharedData};
use crate::metrics;
use crate::timer::{Part, Timer};
use mcp_policy::host::{Millis, Store};
use std::cell::Cell;
use std::rc::Rc;

/// The interval of samples.
const INTERVAL_MILLIS: u32 = 5000;

/// The shortest time between two samples: a timer is a little early at times.
const SHORTEST_MILLIS: u64 = 4500;

/// The samples of one worker.
pub(crate) struct TableSampler {
    wanted: bool,
    rounds: Cell<u64>,
    last: Cell<Millis>,
}

impl TableSampler {
    /// Begins to sample, where `wanted`. A host without a timer has no such metric.
    pub(crate) fn new(wanted: bool, timer: &Rc<Timer>) -> Self {
        let wanted = wanted && timer.set(Part::Table, INTERVAL_MILLIS).is_ok();
        Self {
            wanted,
            rounds: Cell::new(0),
            last: Cell::new(Millis(0)),
        }
    }

    /// Takes a sample, unless the timer runs for another part.
    pub(crate) fn tick(&self, store: &Store) {
        if !self.wanted {
            return;
        }
        let Ok(now) = host::now() else { return };
        if now.0.saturating_sub(self.last.get().0) < SHORTEST_MILLIS {
            return;
        }
        self.last.set(now);
        let round = self.rounds.get();
        self.rounds.set(round.wrapping_add(1));
        if let Ok(fill) = store.table_fill(&mut SharedData, now, round) {
            metrics::table(fill);
        }
    }
}
