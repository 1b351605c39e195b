//! Plays calls of callers that never called before, and takes the time of each batch and the size of the shared data.
//!
//! It leaves no batch out.

use crate::gateway::{Call, START, Worker, policy};
use crate::plan::Plan;
use host_tests::abi::SharedData;
use host_tests::cells::Work;
use host_tests::spread::Spread;
use std::ops::Range;
use std::time::Instant;

/// A table, and a window in which its counts end.
pub(crate) struct Table {
    pub(crate) slots: u64,
    pub(crate) window: &'static str,
}

/// The default, which the callers of each day fill anew; and the largest, which all callers fill once.
const TABLES: [Table; 2] = [
    Table {
        slots: 65_536,
        window: "day",
    },
    Table {
        slots: 4_194_304,
        window: "month",
    },
];

/// The new callers of a simulated day.
pub(crate) const A_DAY: u64 = 1_000_000;
const DAY: u64 = 86_400_000;

/// The calls of a batch.
pub(crate) const BATCH: u64 = 100;

/// The measurements with one table.
pub(crate) struct Seen {
    pub(crate) table: Table,
    /// The keys of the shared data. No call makes one.
    pub(crate) keys: usize,
    /// The bytes of the shared data before the first call.
    pub(crate) empty: usize,
    pub(crate) parts: Vec<Part>,
}

/// The calls after those of the part before, up to this number of callers.
pub(crate) struct Part {
    pub(crate) callers: u64,
    /// The microseconds of a call, by batch.
    pub(crate) micros: Spread,
    /// The part of the calls that was forwarded, from 0 to 1: callers beyond the table share one count.
    pub(crate) forwarded: f64,
    /// Cells that a call reads, and cells that it writes, on average.
    pub(crate) reads: f64,
    pub(crate) swaps: f64,
    /// The shared data at the end: keys and values.
    pub(crate) bytes: usize,
}

impl Seen {
    /// The first and the last part.
    pub(crate) fn ends(&self) -> (&Part, &Part) {
        let parts = &self.parts;
        (&parts[0], &parts[parts.len() - 1])
    }

    /// The largest size of the shared data.
    pub(crate) fn most_bytes(&self) -> usize {
        let bytes = self.parts.iter().map(|part| part.bytes);
        bytes.max().unwrap_or(self.empty)
    }
}

pub(crate) fn measure(plan: &Plan) -> Vec<Seen> {
    let tables = TABLES.into_iter();
    tables.map(|table| seen(plan, table)).collect()
}

fn seen(plan: &Plan, table: Table) -> Seen {
    let shared = SharedData::default();
    let mut worker = Worker::new(&shared, &policy(table.slots, table.window, 5));
    let (keys, empty) = (shared.len(), shared.bytes());
    let begins = [0].into_iter().chain(plan.seen.iter().copied());
    let parts = begins.zip(plan.seen);
    let parts = parts.map(|(begin, end)| part(&mut worker, &shared, begin..*end));
    let parts = parts.collect();
    assert_eq!(shared.len(), keys, "no key is made while counting");
    Seen {
        table,
        keys,
        empty,
        parts,
    }
}

fn part(worker: &mut Worker, shared: &SharedData, callers: Range<u64>) -> Part {
    let before = worker.work();
    let number = (callers.end - callers.start) as f64;
    let batches = callers.clone().step_by(BATCH as usize);
    let (times, forwarded): (Vec<_>, Vec<_>) = batches.map(|first| batch(worker, first)).unzip();
    let Work { reads, swaps, .. } = worker.work().since(before);
    Part {
        callers: callers.end,
        micros: Spread::of(times),
        forwarded: forwarded.into_iter().sum::<usize>() as f64 / number,
        reads: reads as f64 / number,
        swaps: swaps as f64 / number,
        bytes: shared.bytes(),
    }
}

/// The microseconds of a call, and the number of forwarded calls.
#[expect(clippy::disallowed_methods, reason = "the bench measures time")]
fn batch(worker: &mut Worker, first: u64) -> (f64, usize) {
    let now = START + first * DAY / A_DAY;
    let callers = first..first + BATCH;
    let calls: Vec<_> = callers
        .map(|number| Call::of(&format!("caller-{number}")))
        .collect();
    let begin = Instant::now();
    let forwarded = calls.iter().filter(|call| worker.play(call, now)).count();
    let micros = begin.elapsed().as_secs_f64() * 1e6 / BATCH as f64;
    (micros, forwarded)
}
