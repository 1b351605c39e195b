//! The service behind both protocols: the counters of a question, and faults that a test asks for.
//!
//! It never counts a question that it answers with a fault.

use crate::counts::{Counter, Counts};
use crate::limits::{Limit, Limits};
use redis::RedisError;
use serde::Deserialize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Faults in the place of answers.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// The time before an answer, in milliseconds.
    pub delay: u64,
    /// The gRPC status in the place of an answer; 0 for none.
    pub status: i32,
}

pub struct Peer {
    limits: Limits,
    counts: Counts,
    /// Each descriptor gets a status of its own, as from envoyproxy/ratelimit and not as from Limitador.
    pub has_statuses: bool,
    faults: Mutex<Faults>,
    /// The time that a test has set, in seconds since the epoch; 0 for the real one.
    clock: AtomicU64,
    pub asked: AtomicU64,
}

/// The outcome for one counter.
pub struct Counted {
    /// `None` for a counter that has no limit.
    pub limit: Option<Limit>,
    pub used: u32,
    /// The time until its window ends.
    pub left: Duration,
}

/// The outcome of a question.
pub struct Outcome {
    pub fits: bool,
    pub counted: Vec<Counted>,
}

#[expect(
    clippy::disallowed_methods,
    reason = "a rate limit service counts by its own clock"
)]
fn now() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default()
}

impl Peer {
    pub fn new(limits: Limits, counts: Counts, has_statuses: bool) -> Self {
        Self {
            limits,
            counts,
            has_statuses,
            faults: Mutex::default(),
            clock: AtomicU64::new(0),
            asked: AtomicU64::new(0),
        }
    }

    pub fn set_clock(&self, seconds: u64) {
        self.clock.store(seconds, Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        match self.clock.load(Ordering::Relaxed) {
            0 => now().as_secs(),
            set => set,
        }
    }

    pub fn set_faults(&self, faults: Faults) {
        *self.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    /// Waits as a test asks, and returns the gRPC status that it asks for.
    pub async fn fault(&self) -> i32 {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let faults = *self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        if faults.delay > 0 {
            tokio::time::sleep(Duration::from_millis(faults.delay)).await;
        }
        faults.status
    }

    /// Adds hits to each pair of a key and a value.
    pub async fn add(
        &self,
        domain: &str,
        pairs: &[(&str, &str)],
        hits: u32,
    ) -> Result<Outcome, RedisError> {
        let now = self.now();
        let (mut counters, mut counted) = (Vec::new(), Vec::new());
        for (key, value) in pairs {
            let limit = self.limits.by_key.get(*key).copied();
            let limit = limit.filter(|_| self.limits.domain == domain);
            let left = limit.map(|limit| {
                let passed = now % limit.seconds;
                counters.push(Counter {
                    key: format!("{domain}/{key}/{value}/{}", now - passed),
                    max: limit.max,
                    // Longer than the window, whose clock may be one of a test.
                    seconds: limit.seconds + 60,
                });
                Duration::from_secs(limit.seconds - passed)
            });
            counted.push(Counted {
                limit,
                used: 0,
                left: left.unwrap_or_default(),
            });
        }
        let (fits, used) = match counters.is_empty() {
            true => (true, Vec::new()),
            // As both services do, a question of no hits is one of 1.
            false => self.counts.add(&counters, hits.max(1)).await?,
        };
        let limited = counted.iter_mut().filter(|counted| counted.limit.is_some());
        limited
            .zip(used)
            .for_each(|(counted, used)| counted.used = used);
        Ok(Outcome { fits, counted })
    }
}
