//! Turns samples into a table, with all that is needed to take the measurements again.
//!
//! Every figure is a median over rounds, and differences are taken within a round. It leaves no sample out.

use crate::chains::{BARE, NATIVE};
use crate::plan::{CONNECTIONS, Measured, Plan, Sample};
use host_tests::machine::{self, output};
use host_tests::wasm_path;
use std::fmt::Write as _;
use std::fs;

/// The middle of some values, and the middle half around it.
pub(crate) struct Spread {
    pub(crate) low: f64,
    pub(crate) median: f64,
    pub(crate) high: f64,
}

impl Spread {
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let at = |quarters: usize| values[(values.len() - 1) * quarters / 4];
        Self {
            low: at(1),
            median: at(2),
            high: at(3),
        }
    }
}

/// What the chain adds to the CPU time of a call, round by round.
fn added<'m>(measured: &'m [Measured], chain: &'m Measured) -> impl Iterator<Item = f64> {
    chain
        .samples
        .iter()
        .zip(&measured[BARE].samples)
        .map(|(own, bare)| own.cpu - bare.cpu)
}

pub(crate) fn added_spread(measured: &[Measured], chain: &Measured) -> Spread {
    Spread::of(added(measured, chain))
}

/// The ratio of the medians, and the middle half of the rounds' own ratios.
fn ratio(measured: &[Measured], chain: &Measured) -> Spread {
    let native = &measured[NATIVE];
    let rounds = added(measured, chain).zip(added(measured, native));
    Spread {
        median: added_spread(measured, chain).median / added_spread(measured, native).median,
        ..Spread::of(rounds.map(|(own, native)| own / native))
    }
}

pub(crate) fn markdown(plan: &Plan, measured: &[Measured]) -> String {
    let mut text = heading(plan);
    text.push_str(
        "| chain | CPU µs a call | added to no filter | as part of Envoy's own | p50 µs | p99 µs | memory |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for (index, chain) in measured.iter().enumerate() {
        let over = |value: fn(&Sample) -> f64| Spread::of(chain.samples.iter().map(value)).median;
        let (added, ratio) = if index == BARE {
            (String::new(), String::new())
        } else {
            (
                shown(&added_spread(measured, chain), 1),
                shown(&ratio(measured, chain), 2),
            )
        };
        let _ = writeln!(
            text,
            "| {} | {:.1} | {added} | {ratio} | {:.0} | {:.0} | {:.0} MiB |",
            chain.name,
            over(|sample| sample.cpu),
            over(|sample| sample.p50),
            over(|sample| sample.p99),
            chain.memory as f64 / f64::from(1 << 20),
        );
    }
    text
}

fn shown(spread: &Spread, digits: usize) -> String {
    let Spread { low, median, high } = spread;
    format!("{median:.digits$} ({low:.digits$} to {high:.digits$})")
}

fn heading(plan: &Plan) -> String {
    let load = plan.load;
    format!(
        "# The cost of a call in Envoy\n\n\
         `make bench` on {}, {}. {}. The module is {} KiB.\n\n\
         {CONNECTIONS} connections, {} calls a second, {} rounds of {} s for each chain in turn. One worker thread. CPU \
         time is that of the whole Envoy process; medians over rounds, in brackets the middle half of the rounds. All \
         chains go to the same server. Envoy writes its log to a file in the background (`--log-path`), unless a chain says \
         stderr; the plugin has a line for each call, the others have nothing to write. Every call is counted against a \
         limit that it does not reach.\n\n",
        machine::today(),
        machine::describe(),
        envoy(),
        fs::metadata(wasm_path()).map_or(0, |module| module.len() / 1024),
        load.per_second,
        plan.rounds,
        load.length.as_secs(),
    )
}

/// `…/envoy  version: <commit>/<version>/<state>/<build>/<TLS library>`.
fn envoy() -> String {
    let binary = std::env::var("ENVOY_BIN").unwrap_or_default();
    let version = output(&binary, &["--version"]);
    format!(
        "Envoy {}",
        version.split('/').rev().nth(3).unwrap_or_default()
    )
}
