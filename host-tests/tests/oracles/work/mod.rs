//! Searches for the policy and the message that take the most work, and compares them with the bound: natively in
//! steps, and in the plugin in WebAssembly instructions.
//!
//! The search starts from random policies, changes them, and keeps those that take more. It prints times, and fails
//! only for one far beyond what the steps allow.

mod bound;
mod conditions;
mod counts;
mod kinds;
mod made;
mod module;
mod play;
mod texts;

use bound::{STEP_AT_LEAST, bound};
use made::{Made, Part, Trial};
use module::{Sent, instructions};
use play::{Played, play};
use std::time::Duration;

/// The worst finds for one part of an exchange.
struct Worst {
    /// The trial that takes the most steps without the bound, and how many.
    most: (u64, Trial),
    /// The trial that takes the longest with it.
    slowest: (Duration, Trial),
}

/// Changes a trial `rounds` times, keeps what takes more steps, and starts again every 100 rounds. Every trial is
/// played with the bound too.
fn search(part: Part, seed: u64, rounds: usize, bytes: usize) -> Worst {
    let mut made = Made::new(seed);
    let mut current = (0, made.trial(part, bytes));
    let mut worst = Worst {
        most: current.clone(),
        slowest: (Duration::ZERO, current.1.clone()),
    };
    for round in 0..rounds {
        let fresh = round % 100 == 0;
        let next = match fresh {
            true => made.trial(part, bytes),
            false => made.changed(&current.1),
        };
        let (steps, time) = held(&next);
        if time > worst.slowest.0 {
            worst.slowest = (time, next.clone());
        }
        if steps >= current.0 || fresh {
            current = (steps, next);
        }
        if current.0 > worst.most.0 {
            worst.most = current.clone();
        }
    }
    worst
}

/// Plays the trial without the bound and with it. It must stay within the bound's steps, and a message that would need
/// more is refused.
fn held(trial: &Trial) -> (u64, Duration) {
    let free = play(trial, false);
    let bound = play(trial, true);
    assert!(
        bound.steps <= bound.bound,
        "{} steps, and the bound is {}: {trial:#?}",
        bound.steps,
        bound.bound
    );
    if free.steps > bound.bound {
        assert!(bound.refused, "what is not known passes: {trial:#?}");
    } else {
        assert_eq!(free.refused, bound.refused, "{trial:#?}");
    }
    // A debug build on a busy machine takes about ten times as long as the module.
    let longest = Duration::from_secs(2);
    assert!(bound.time < longest, "{:?}: {trial:#?}", bound.time);
    (free.steps, bound.time)
}

/// Searches among short messages, lengthens the worst one, and returns by how many times it exceeds the bound without
/// the budget.
fn report(part: Part, rounds: usize, bytes: usize) -> u64 {
    let Worst { most, slowest } = search(part, 1, rounds, bytes);
    let long = most.1.scaled(24 * 1024);
    let (steps, time) = held(&long);
    let times = steps / play(&long, true).bound;
    counted(&long, steps);
    println!("{part:?}: {steps} steps, {times} times the bound, with which it takes {time:?}");
    println!("{}", long.policy);
    let longest = slowest.1.scaled(700 * 1024);
    let Played { time, steps, .. } = play(&longest, true);
    println!("{part:?}: the slowest, of 700 KiB: {time:?}, {steps} steps");
    println!("{}", longest.policy);
    times
}

/// In the plugin the trial stays within the bound, which it would exceed without the budget.
fn counted(trial: &Trial, steps: u64) {
    let sent = match trial.part {
        Part::Request => Sent::request(trial.message()),
        Part::Response => Sent::answer(trial.message()),
    };
    let taken = instructions(&trial.policy.to_string(), &sent);
    let most = bound(sent.bytes(), 0);
    println!("{taken} instructions, and the bound is {most}");
    assert!(taken <= most, "{taken} instructions: {trial:#?}");
    assert!(steps * STEP_AT_LEAST > most, "{trial:#?}");
}

/// Without the budget, one call took a second of a core, and the search of one result many seconds: more than thirty
/// times the bound here.
#[test]
fn worst_policies_that_a_search_finds_stay_within_the_bound() {
    assert!(report(Part::Request, 1000, 4096) >= 30);
    assert!(report(Part::Response, 1000, 4096) >= 30);
}

#[test]
#[ignore = "the long form: `make soak`"]
fn worst_policies_that_a_long_search_finds_stay_within_the_bound() {
    report(Part::Request, 20_000, 8192);
    report(Part::Response, 20_000, 8192);
}
