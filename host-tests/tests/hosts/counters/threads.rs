//! Tests sixteen threads that count at the same time, each with a worker of its own, on the same shared data.
//!
//! It never waits for a lucky moment: again and again, another thread gets a turn between a read and its swap.

use super::gateway::{Gateway, START, user};
use host_tests::abi::SharedData;
use host_tests::cells::{Counted, Work};
use mcp_policy::host::{Cells, Unavailable, Version};
use std::ops::Range;
use std::sync::Barrier;
use std::thread;

const THREADS: usize = 16;

/// The swaps that the store tries before it denies a call.
const ATTEMPTS: u64 = 256;

/// Shared data that lets another thread run after some reads. After every read, a thread could lose all its attempts.
struct Contended {
    shared: SharedData,
    reads: u64,
}

impl Cells for Contended {
    fn read(&mut self, key: &str) -> Result<Option<(Vec<u8>, Version)>, Unavailable> {
        let cell = self.shared.read(key);
        self.reads += 1;
        if self.reads.is_multiple_of(4) {
            thread::yield_now();
        }
        cell
    }

    fn swap(
        &mut self,
        key: &str,
        bytes: &[u8],
        version: Option<Version>,
    ) -> Result<bool, Unavailable> {
        self.shared.swap(key, bytes, version)
    }
}

type Worker = Gateway<Counted<Contended>>;

fn worker(policy: &str, shared: &SharedData) -> Worker {
    let shared = shared.clone();
    let cells = Contended { shared, reads: 0 };
    Gateway::on(Counted::new(cells), policy)
}

/// The calls of one caller, or of all threads.
#[derive(Clone, Copy, Default)]
struct Calls {
    admitted: usize,
    work: Work,
    /// The most swaps that one call lost.
    lost: u64,
}

impl Calls {
    fn and(self, other: Self) -> Self {
        Self {
            admitted: self.admitted + other.admitted,
            work: self.work.and(other.work),
            lost: self.lost.max(other.lost),
        }
    }

    fn play(worker: &mut Worker, caller: &str, calls: usize) -> Self {
        let one = |_| {
            let before = worker.0.cells.work;
            let admitted = worker.call(user(caller), "run", START);
            let work = worker.0.cells.work.since(before);
            Self {
                admitted: usize::from(admitted),
                work,
                lost: work.lost,
            }
        };
        (0..calls).map(one).fold(Self::default(), Self::and)
    }
}

/// Each thread plays so many calls of each of these callers. Returns the calls by caller.
fn play(
    policy: &str,
    shared: &SharedData,
    callers: Range<usize>,
    calls: usize,
    name: impl Fn(usize, usize) -> String + Sync,
) -> Vec<Calls> {
    let barrier = Barrier::new(THREADS);
    let run = |thread| {
        let mut worker = worker(policy, shared);
        barrier.wait();
        let one = |caller| Calls::play(&mut worker, &name(thread, caller), calls);
        callers.clone().map(one).collect::<Vec<_>>()
    };
    let run = &run;
    let of_threads: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| scope.spawn(move || run(thread)))
            .collect();
        let joined = threads.into_iter().map(thread::ScopedJoinHandle::join);
        joined.map(|calls| calls.expect("no panic")).collect()
    });
    let of = |caller: usize| of_threads.iter().map(move |calls| calls[caller]);
    (0..callers.len())
        .map(|caller| of(caller).fold(Calls::default(), Calls::and))
        .collect()
}

/// The threads met each other, and no call was denied because it lost too often.
fn total(what: &str, calls: usize, of_callers: &[Calls]) -> usize {
    let all = of_callers.iter().copied();
    let all = all.fold(Calls::default(), Calls::and);
    let retries = all.work.lost as f64 / calls as f64;
    let most = all.lost;
    println!("{what}: {retries:.2} retries of a swap for each call, at most {most}");
    assert!(all.work.lost > 0, "{what}: no thread met another one");
    assert!(most < ATTEMPTS, "{what}: {most} retries of one call");
    all.admitted
}

fn limited(max: usize) -> String {
    format!(
        r#"{{ "version": "1", "default": "deny",
        "identity": {{ "from": [ {{ "header": "x-user", "set_by_gateway": true }} ] }},
        "tools": {{
            "run": {{ "limits": [ {{ "counter": "runs", "window": "day", "max": {max} }} ] }},
            "search": {{ "limits": [ {{ "counter": "others", "window": "day", "max": 5 }} ] }} }},
        "host": {{ "slots": 1024 }} }}"#
    )
}

#[test]
fn one_counter_of_sixteen_threads_admits_exactly_its_maximum() {
    let shared = SharedData::default();
    let calls = play(&limited(1000), &shared, 0..1, 100, |_, _| "one".into());
    assert_eq!(total("one counter", 1600, &calls), 1000);
}

#[test]
fn many_counters_of_sixteen_threads_admit_exactly_their_maximum_each() {
    let shared = SharedData::default();
    let name = |_, caller: usize| format!("user-{caller}");
    let calls = play(&limited(10), &shared, 0..50, 3, name);
    assert_eq!(total("many counters", 16 * 50 * 3, &calls), 500);
    assert!(calls.iter().all(|calls| calls.admitted == 10));
}

/// Counts under another limit fill the table, so all of these callers share one count.
#[test]
fn overflow_of_sixteen_threads_admits_exactly_its_maximum() {
    let shared = SharedData::default();
    let policy = limited(20);
    let mut first = worker(&policy, &shared);
    for number in 0..3000 {
        first.call(user(&format!("early-{number}")), "search", START);
    }
    let name = |thread, caller| format!("user-{thread}-{caller}");
    let calls = play(&policy, &shared, 0..20, 1, name);
    // Few of these calls are counted, so the threads need not meet.
    let admitted = calls.iter().map(|calls| calls.admitted);
    assert_eq!(admitted.sum::<usize>(), 20);
}

/// A call is counted under its first limit and then refused by the second one.
#[test]
fn charges_that_sixteen_threads_give_back_leave_the_count_exact() {
    let shared = SharedData::default();
    let policy = r#"{ "version": "1", "default": "deny",
        "identity": { "from": [ { "header": "x-user", "set_by_gateway": true } ] },
        "tools": {
            "run": { "limits": [
                { "counter": "each", "window": "day", "max": 1000 },
                { "counter": "all", "window": "day", "max": 100, "scope": "global" } ] },
            "search": { "limits": [ { "counter": "each", "window": "day", "max": 1000 } ] } },
        "host": { "slots": 1024 } }"#;
    let calls = play(policy, &shared, 0..1, 50, |_, _| "one".into());
    assert_eq!(total("given back", 800, &calls), 100);
    let mut after = worker(policy, &shared);
    let left = (0..1000).filter(|_| after.call(user("one"), "search", START));
    assert_eq!(left.count(), 900);
}
