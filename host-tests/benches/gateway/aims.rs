//! Turns results into a table of the project's aims and the measured figures.
//!
//! A missed aim does not make it fail.

use crate::chains::Chain;
use crate::plan::RATE;
use crate::results::Results;
use crate::series::Group;
use crate::tables::shown;
use host_tests::spread::Spread;
use std::fmt::Write as _;

/// A figure with a bound.
struct Aim {
    figure: String,
    bound: Bound,
    measured: Spread,
}

#[derive(Clone, Copy)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

/// The most CPU time that a kind of call may add on a busy worker, relative to Envoy's own filters.
const PARTS: [(&str, f64); 5] = [
    (CALL, 0.8),
    ("result of 4 KB", 1.0),
    (EVENT, 1.0),
    ("event stream of 4 KB", 1.0),
    ("everything", 1.3),
];
/// How much more that may be at a fixed rate, where caches are cold.
const COLD: f64 = 0.1;
/// The most microseconds that each KiB of a result may add.
const KIB: f64 = 0.8;
/// The most WebAssembly memory of a worker at rest, in MiB.
const MIB: f64 = 1.5;

const CALL: &str = "call with a limit";
const EVENT: &str = "event stream";
/// Short answers, each with a long one that differs only in its length.
const LONG: [(&str, &str); 2] = [
    (CALL, "result of 100 KB"),
    (EVENT, "event stream of 100 KB"),
];
const LONGER: f64 = 100_000.0 / 1024.0;

/// The table: a row for each aim whose kinds of calls were measured.
pub(crate) fn table(results: &Results) -> String {
    let Results {
        saturated, paced, ..
    } = results;
    let mut aims = parts(saturated, "on a busy worker", 0.0);
    aims.extend(parts(paced, &format!("at {RATE} calls a second"), COLD));
    aims.extend(named(saturated, CALL).map(rate));
    aims.extend(
        LONG.iter().filter_map(|(short, long)| {
            Some(kib(named(saturated, short)?, named(saturated, long)?))
        }),
    );
    aims.extend(memory(results));
    let mut text = "| figure | aim | measured | |\n|---|---|---|---|\n".to_owned();
    for aim in aims {
        let _ = writeln!(text, "{}", aim.row());
    }
    text
}

/// The results of a kind of call; `None` if a trial left it out.
fn named<'g>(groups: &'g [Group], name: &str) -> Option<&'g Group> {
    groups.iter().find(|group| group.name == name)
}

fn parts(groups: &[Group], when: &str, slack: f64) -> Vec<Aim> {
    let aim = |(name, most): &(&str, f64)| {
        let group = named(groups, name)?;
        Some(Aim {
            figure: format!("{name}: added CPU time, part of Envoy's own, {when}"),
            bound: Bound::AtMost(most + slack),
            measured: group.part(group.of(Chain::Plugin), &group.rounds()),
        })
    };
    PARTS.iter().filter_map(aim).collect()
}

fn rate(group: &Group) -> Aim {
    Aim {
        figure: format!("{CALL}: calls a second of a busy worker, part of Envoy's own"),
        bound: Bound::AtLeast(1.0),
        measured: group.part_of_the_rate(group.of(Chain::Plugin)),
    }
}

fn kib(short: &Group, long: &Group) -> Aim {
    Aim {
        figure: format!("{}: added CPU time for each KiB, in µs", long.name),
        bound: Bound::AtMost(KIB),
        measured: long.added_beyond(short, Chain::Plugin).per(LONGER),
    }
}

fn memory(results: &Results) -> Option<Aim> {
    let mut workers = results.workers.iter();
    let worker = workers.find(|worker| worker.policy == CALL)?;
    Some(Aim {
        figure: format!("{CALL}: WebAssembly memory of a worker at rest, in MiB"),
        bound: Bound::AtMost(MIB),
        measured: Spread::exactly(worker.at_rest),
    })
}

impl Aim {
    fn row(&self) -> String {
        let (bound, met) = match self.bound {
            Bound::AtMost(most) => (format!("≤ {most:.1}"), self.measured.median <= most),
            Bound::AtLeast(least) => (format!("≥ {least:.1}"), self.measured.median >= least),
        };
        let met = if met { "met" } else { "missed" };
        let unsure = if self.is_unsure() {
            ", within the noise"
        } else {
            ""
        };
        format!(
            "| {} | {bound} | {} | {met}{unsure} |",
            self.figure,
            shown(self.measured, 2)
        )
    }

    /// True if the middle half of the rounds has figures on both sides of the bound.
    fn is_unsure(&self) -> bool {
        let (Bound::AtMost(bound) | Bound::AtLeast(bound)) = self.bound;
        self.measured.low < bound && bound < self.measured.high
    }
}
