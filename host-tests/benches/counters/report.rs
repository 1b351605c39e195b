//! Turns results into a page with a table for each size of the table of counts, and one for the threads.
//!
//! It measures nothing.

use crate::callers::{A_DAY, BATCH, Seen};
use crate::curves::grouped;
use crate::plan::Plan;
use crate::results::{Results, mib};
use crate::threads::Rate;
use host_tests::machine;
use host_tests::spread::Spread;
use std::fmt::Write as _;

pub(crate) fn markdown(plan: &Plan, results: &Results) -> String {
    let tables = results.seen.iter().map(of_seen);
    format!(
        "# Counts at scale\n\n{}\n\n\
         `cargo bench --locked --package host-tests --bench counters` on {}, {}. Other programs took {:.0} % of the \
         machine's time.\n\n\
         The engine runs natively, with shared data like Envoy's: one map behind one lock. A call is a whole one: its \
         headers, its body, the verdict and the line of the log. Figures are medians, with the middle half in brackets. \
         The cells that a call reads and writes are counted exactly; the time of a row is taken within seconds, in which \
         another program may slow the whole row.\n\n\
         ## By the number of callers\n\n\
         Each caller calls once, {} on a simulated day. A row has all calls after the row before, in batches of {BATCH}. \
         Callers that find no room in the table share one count, so most of their calls are refused. No key is made while \
         counting.\n\n\
         A call reads one cell, and the shared count where that cell is full. A cell has at most sixteen counts. So the \
         time grows until the cells are full, and once the table is larger than the caches of the processor, but not with \
         the callers beyond its slots.\n\n\
         ![time of a call](counters-time.svg)\n\n![bytes of shared data](counters-bytes.svg)\n{}{}",
        summary(results),
        machine::today(),
        machine::describe(),
        results.others * 100.0,
        grouped(A_DAY),
        tables.collect::<String>(),
        of_threads(plan, &results.rates),
    )
}

fn summary(results: &Results) -> String {
    let each = results.seen.iter().map(|seen| {
        let (first, last) = seen.ends();
        format!(
            "With {} slots, a call takes {:.1} µs while the first {} callers come and {:.1} µs until {} have come; the shared \
             data has at most {:.1} MiB.",
            grouped(seen.table.slots),
            first.micros.median,
            grouped(first.callers),
            last.micros.median,
            grouped(last.callers),
            mib(seen.most_bytes())
        )
    });
    format!("**{}**", each.collect::<Vec<_>>().join(" "))
}

fn of_seen(seen: &Seen) -> String {
    let mut text = format!(
        "\n### {} slots, a limit for each {}\n\n{} keys, {:.1} MiB before the first call.\n\n\
         | callers seen | µs of a call | forwarded | cells read, written by a call | shared data, MiB |\n|---|---|---|---|---|\n",
        grouped(seen.table.slots),
        seen.table.window,
        grouped(seen.keys as u64),
        mib(seen.empty)
    );
    for part in &seen.parts {
        let _ = writeln!(
            text,
            "| {} | {} | {:.0} % | {:.2}, {:.2} | {:.1} |",
            grouped(part.callers),
            shown(part.micros, |value| format!("{value:.2}")),
            part.forwarded * 100.0,
            part.reads,
            part.swaps,
            mib(part.bytes)
        );
    }
    text
}

fn of_threads(plan: &Plan, rates: &[Rate]) -> String {
    let mut text = format!(
        "\n## By the number of threads\n\n\
         Each thread has a worker, and all have the same shared data. {} calls in each of {} rounds. A retry is a \
         compare-and-swap that another thread was faster than; a call that loses 256 times is denied. While other programs run, more threads also get \
         a larger part of the machine.\n\n\
         ![calls a second](counters-threads.svg)\n\n\
         | callers | threads | calls a second | retries of a call | the most | denied |\n|---|---|---|---|---|---|\n",
        grouped(plan.calls as u64),
        plan.rounds
    );
    for rate in rates {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {:.4} | {} | {} |",
            grouped(rate.callers as u64),
            rate.threads,
            shown(rate.rate, |value| grouped(value as u64)),
            rate.retries,
            rate.most,
            rate.denied
        );
    }
    text
}

/// The median, and the middle half in brackets.
fn shown(spread: Spread, show: impl Fn(f64) -> String) -> String {
    let Spread { low, median, high } = spread;
    format!("{} ({} to {})", show(median), show(low), show(high))
}
