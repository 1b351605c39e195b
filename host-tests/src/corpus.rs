//! Runs every case of `policies/` on every host and gathers how each went.
//!
//! Nothing is skipped in silence: a case that a host cannot play has its reason, and one that it forgot has failed.

use crate::case::Case;
use crate::host::{Class, ClockKind, Host, Played};
use crate::root;
use crate::table::{Column, Table};
use crate::verdict::Cell;
use mcp_policy_cases::corpus::corpus;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

/// Plays the cases on all hosts, on as many at once as there are processors.
pub fn run<'c>(hosts: &[Host], cases: &'c [Case]) -> Table<'c> {
    let waiting = Mutex::new(hosts.iter().enumerate());
    let next = || waiting.lock().expect("no thread panicked").next();
    let worker = || {
        let hosts = std::iter::from_fn(next);
        hosts
            .map(|(index, host)| (index, column(host, cases)))
            .collect::<Vec<_>>()
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut columns: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let joined = workers.into_iter().map(thread::ScopedJoinHandle::join);
        joined
            .flat_map(|columns| columns.expect("a host's panic is caught"))
            .collect()
    });
    columns.sort_by_key(|(index, _)| *index);
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    Table { cases, columns }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the reader wants to know what a host costs"
)]
fn column(host: &Host, cases: &[Case]) -> Column {
    let start = Instant::now();
    let played = catch_unwind(AssertUnwindSafe(|| (host.play)(cases)));
    let (plays, cells) = match &played {
        Ok(played) => (plays(played), Ok(cells(host.clock, cases, played))),
        Err(panic) => ([0; 4], Err(message(&**panic))),
    };
    Column {
        host: host.name.clone(),
        cells,
        plays,
        seconds: start.elapsed().as_secs(),
    }
}

/// How many playings there are of each class.
fn plays(played: &[Played<'_>]) -> [usize; 4] {
    Class::ALL.map(|class| played.iter().filter(|played| played.class == class).count())
}

fn cells(clock: ClockKind, cases: &[Case], played: &[Played<'_>]) -> Vec<Cell> {
    let mut by_case: HashMap<&str, Vec<&Played<'_>>> = HashMap::new();
    for played in played {
        by_case.entry(&played.case.name).or_default().push(played);
    }
    let none = Vec::new();
    let plays = |case: &Case| by_case.get(&*case.name).unwrap_or(&none);
    cases
        .iter()
        .map(|case| Cell::of(case, clock, plays(case)))
        .collect()
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it panicked")
        .into()
}

/// The value of argument `$CASE`; empty selects everything.
pub fn filter() -> String {
    std::env::var("CASE").unwrap_or_default()
}

/// The cases, or those whose name contains `$CASE`.
///
/// # Panics
/// When a file is not a valid case, with a line for each, and when no name contains the text.
pub fn cases() -> Vec<Case> {
    let filter = filter();
    let mut cases =
        corpus(&root().join("policies")).unwrap_or_else(|errors| panic!("{}", errors.join("\n")));
    cases.retain(|case| case.name.contains(&filter));
    assert!(!cases.is_empty(), "no case has `{filter}` in its name");
    cases
}
