//! Turns results into plots: each plot has a question, and a sentence with the finding.
//!
//! It computes nothing that the tables do not show.

use crate::callers::{Part, Seen};
use crate::curves::{Curve, Curves, grouped};
use crate::results::{Results, mib};
use crate::threads::{CALLERS, Rate};
use host_tests::spread::Spread;
use std::path::Path;

const SEEN: &str = "distinct callers seen so far";

pub(crate) fn draw(folder: &Path, results: &Results) {
    times(&results.seen).draw(&folder.join("counters-time.svg"));
    bytes(&results.seen).draw(&folder.join("counters-bytes.svg"));
    rates(&results.rates).draw(&folder.join("counters-threads.svg"));
}

fn times(seen: &[Seen]) -> Curves {
    let (first, last) = seen[0].ends();
    let [few, many] = [first, last].map(|part| part.micros.median);
    Curves {
        title: "Does a call take longer the more callers were seen?".into(),
        finding: format!(
            "{few:.1} µs up to {} callers, {many:.1} µs up to {}.",
            grouped(first.callers),
            grouped(last.callers)
        ),
        across: SEEN.into(),
        up: "Time of a whole call in µs, natively; less is better".into(),
        show: |value| format!("{value:.1}"),
        curves: curves(seen, |part| part.micros),
    }
}

fn bytes(seen: &[Seen]) -> Curves {
    let finding = seen.iter().map(|seen| {
        let most = mib(seen.most_bytes());
        format!("{most:.1} MiB with {} slots", grouped(seen.table.slots))
    });
    Curves {
        title: "How large does the shared data become?".into(),
        finding: format!("At most {}.", finding.collect::<Vec<_>>().join(", ")),
        across: SEEN.into(),
        up: "Keys and values in MiB; less is better".into(),
        show: |value| format!("{value:.0}"),
        curves: curves(seen, |part| Spread::exactly(mib(part.bytes))),
    }
}

fn rates(rates: &[Rate]) -> Curves {
    let of = |callers| {
        let own = rates.iter().filter(move |rate| rate.callers == callers);
        own.map(|rate| (rate.threads as u64, rate.rate))
    };
    let name = |callers| match callers {
        1 => "one counter".into(),
        many => format!("{} counters", grouped(many as u64)),
    };
    let curve = |callers| Curve {
        name: name(callers),
        points: of(callers).collect(),
    };
    let most = |callers| of(callers).next_back().map_or(0.0, |(_, rate)| rate.median);
    let [one, many] = CALLERS.map(|callers| grouped(most(callers) as u64));
    Curves {
        title: "How many calls a second do threads count at once?".into(),
        finding: format!("Sixteen threads: {one} on one counter, {many} on many."),
        across: "threads".into(),
        up: "Calls a second of all threads together; more is better".into(),
        show: |value| grouped(value as u64),
        curves: CALLERS.map(curve).into(),
    }
}

fn curves(seen: &[Seen], value: impl Fn(&Part) -> Spread) -> Vec<Curve> {
    let points = |seen: &Seen| {
        let parts = seen.parts.iter();
        parts.map(|part| (part.callers, value(part))).collect()
    };
    let curve = |seen: &Seen| Curve {
        name: format!(
            "{} slots, by {}",
            grouped(seen.table.slots),
            seen.table.window
        ),
        points: points(seen),
    };
    seen.iter().map(curve).collect()
}
