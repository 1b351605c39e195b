//! Turns figures into the rows of tables.
//!
//! It computes nothing that is not a figure of [`crate::series`].

use crate::chains::Chain;
use crate::memory::Memory;
use crate::series::{Group, Sample, Series};
use crate::worker::Worker;
use host_tests::spread::Spread;
use std::fmt::Write as _;

const HEADING: &str = "\
| call | chain | calls a second | CPU µs | of it the authorizer | added µs | part of Envoy's own | quietest third: added µs, part | p50 µs | p99 µs |
|---|---|---|---|---|---|---|---|---|---|
";

/// The table with a row for each chain of each group.
pub(crate) fn calls(groups: &[Group]) -> String {
    let mut text = HEADING.to_owned();
    for group in groups {
        for (index, own) in group.series.iter().enumerate() {
            let name = if index == 0 { group.name } else { "" };
            let _ = writeln!(text, "| {name} | {} |", row(group, index, own));
        }
    }
    text
}

fn row(group: &Group, index: usize, own: &Series) -> String {
    let authorizer = (own.chain == Chain::Authorizer)
        .then(|| format!("{:.1}", own.median(|sample| sample.authorizer)));
    let differences = if index == 0 {
        [const { String::new() }; 3]
    } else {
        differences(group, own)
    };
    [
        named(own),
        format!("{:.0}", own.median(|sample| sample.rate)),
        format!("{:.1}", own.median(Sample::cpu)),
        authorizer.unwrap_or_default(),
        differences.join(" | "),
        format!("{:.0}", own.median(|sample| sample.p50)),
        format!("{:.0}", own.median(|sample| sample.p99)),
    ]
    .join(" | ")
}

/// The chain's name. If the gateway closes connections, the cost of the chain includes new ones.
fn named(own: &Series) -> String {
    let closes = own.median(|sample| sample.closed) > 0.5;
    let closes = if closes {
        ", which close the connection"
    } else {
        ""
    };
    format!("{}{closes}", own.chain.name())
}

fn differences(group: &Group, own: &Series) -> [String; 3] {
    let (all, quiet) = (group.rounds(), group.quietest());
    [
        shown(group.added(own, &all), 1),
        shown(group.part(own, &all), 2),
        format!(
            "{:.1}, {:.2}",
            group.added(own, &quiet).median,
            group.part(own, &quiet).median
        ),
    ]
}

/// The median, and the middle half in brackets.
pub(crate) fn shown(spread: Spread, digits: usize) -> String {
    let Spread { low, median, high } = spread;
    format!("{median:.digits$} ({low:.digits$} to {high:.digits$})")
}

/// The table with a row for each gateway.
pub(crate) fn memory(memory: &[Memory]) -> String {
    let mut text =
        "| chain | policy of | at rest, MiB | after all calls, MiB |\n|---|---|---|---|\n"
            .to_owned();
    for own in memory {
        let (name, policy) = (own.chain.name(), own.policy);
        let (at_rest, at_end) = (own.at_rest, own.at_end);
        let _ = writeln!(text, "| {name} | {policy} | {at_rest:.0} | {at_end:.0} |");
    }
    text
}

/// The table with a row for each policy.
pub(crate) fn workers(workers: &[Worker]) -> String {
    let mut text =
        "| policy of | at rest, MiB | after the worst message, MiB |\n|---|---|---|\n".to_owned();
    for own in workers {
        let (policy, at_rest, at_worst) = (own.policy, own.at_rest, own.at_worst);
        let _ = writeln!(text, "| {policy} | {at_rest:.1} | {at_worst:.1} |");
    }
    text
}
