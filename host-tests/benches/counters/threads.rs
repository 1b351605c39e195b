//! Plays calls on several threads at once, each with a worker of its own, on the same shared data.
//!
//! All numbers of threads are measured in turn, round after round.

use crate::gateway::{Call, START, Worker, policy};
use crate::plan::Plan;
use host_tests::abi::SharedData;
use host_tests::spread::Spread;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

pub(crate) const THREADS: [usize; 5] = [1, 2, 4, 8, 16];

/// The callers of the threads: all the same one, or many in turn.
pub(crate) const CALLERS: [usize; 2] = [1, 1000];

/// The measurements of a number of threads with a number of callers.
pub(crate) struct Rate {
    pub(crate) threads: usize,
    pub(crate) callers: usize,
    /// Calls a second of all threads together, by round.
    pub(crate) rate: Spread,
    /// Swaps of a call that another thread was faster than, on average.
    pub(crate) retries: f64,
    /// The most of one call.
    pub(crate) most: u64,
    /// Calls that were denied, as their workers lost too often.
    pub(crate) denied: usize,
}

/// One turn.
struct Turn {
    rate: f64,
    played: Played,
}

/// The outcome of the calls of one worker, or of all.
#[derive(Clone, Copy, Default)]
struct Played {
    lost: u64,
    most: u64,
    denied: usize,
}

impl Played {
    fn and(self, other: Self) -> Self {
        Self {
            lost: self.lost + other.lost,
            most: self.most.max(other.most),
            denied: self.denied + other.denied,
        }
    }
}

pub(crate) fn measure(plan: &Plan) -> Vec<Rate> {
    let settings = CALLERS.map(|callers| THREADS.map(|threads| (threads, callers)));
    let settings = settings.as_flattened();
    let mut workers = CALLERS.map(|_| workers());
    let mut turns: Vec<_> = settings.iter().map(|_| Vec::new()).collect();
    for _ in 0..plan.rounds {
        for (&(threads, callers), turns) in settings.iter().zip(&mut turns) {
            let at = usize::from(callers != CALLERS[0]);
            let workers = &mut workers[at][..threads];
            turns.push(turn(workers, &calls(callers), plan.calls / threads));
        }
    }
    let rates = settings.iter().zip(turns);
    let rates = rates.map(|(&(threads, callers), turns)| rate(plan, threads, callers, &turns));
    rates.collect()
}

fn rate(plan: &Plan, threads: usize, callers: usize, turns: &[Turn]) -> Rate {
    let all = turns.iter().map(|turn| turn.played);
    let all = all.fold(Played::default(), Played::and);
    Rate {
        threads,
        callers,
        rate: Spread::of(turns.iter().map(|turn| turn.rate)),
        retries: all.lost as f64 / (plan.calls * turns.len()) as f64,
        most: all.most,
        denied: all.denied,
    }
}

fn workers() -> Vec<Worker> {
    let shared = SharedData::default();
    let policy = policy(65_536, "month", 1_000_000_000);
    let most = THREADS[THREADS.len() - 1];
    (0..most).map(|_| Worker::new(&shared, &policy)).collect()
}

fn calls(callers: usize) -> Vec<Call> {
    let call = |number| Call::of(&format!("caller-{number}"));
    (0..callers).map(call).collect()
}

/// Each worker plays so many calls, and begins with another caller.
#[expect(clippy::disallowed_methods, reason = "the bench measures time")]
fn turn(workers: &mut [Worker], calls: &[Call], each: usize) -> Turn {
    let number = workers.len();
    let barrier = &Barrier::new(number + 1);
    let (seconds, played) = thread::scope(|scope| {
        let play = |(at, worker)| {
            scope.spawn(move || {
                barrier.wait();
                play(worker, calls, at * calls.len() / number, each)
            })
        };
        let threads: Vec<_> = workers.iter_mut().enumerate().map(play).collect();
        barrier.wait();
        let begin = Instant::now();
        let joined = threads.into_iter().map(thread::ScopedJoinHandle::join);
        let played = joined.map(|played| played.expect("no panic"));
        let played = played.fold(Played::default(), Played::and);
        (begin.elapsed().as_secs_f64(), played)
    });
    let rate = (each * number) as f64 / seconds;
    Turn { rate, played }
}

fn play(worker: &mut Worker, calls: &[Call], first: usize, each: usize) -> Played {
    let mut all = Played::default();
    for call in calls.iter().cycle().skip(first).take(each) {
        let before = worker.work();
        let forwarded = worker.play(call, START);
        let lost = worker.work().since(before).lost;
        all = all.and(Played {
            lost,
            most: lost,
            denied: usize::from(!forwarded),
        });
    }
    all
}
