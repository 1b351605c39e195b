//! Turns results into the committed document: the findings, the meaning of the tables, and the data to repeat the
//! measurements.
//!
//! It computes nothing that is not a figure of [`crate::series`].

use crate::aims;
use crate::chains::Chain;
use crate::load::CONNECTIONS;
use crate::plan::{Plan, RATE, Rounds};
use crate::results::Results;
use crate::series::{Group, Sample};
use crate::tables::{self, shown};
use host_tests::machine::{self, output};
use host_tests::wasm_path;
use std::fs;

const MEANING: &str = "\
`added` is the CPU time that a chain of filters takes for a call beyond an Envoy without filters, and `part` is this as a \
part of what Envoy's own MCP, RBAC and rate limit filters add to the same call: below 1 it costs less than they do. The \
plugin also writes a line for each call, as the access log does, and looks into each answer, as no other chain does. \
Answers without a size in their name have 36 bytes.";

const MEMORY: &str = "\
## Memory

WebAssembly memory that one worker takes for the plugin, after its first call and after the message of the largest size \
(768 KiB) that takes most. Responses that it holds take more.";

const PROCESSES: &str =
    "Resident memory of the processes: Envoy with one worker, and the authorizer.";

const METHOD: &str = "\
## How it is measured

CPU time is that of all threads of the Envoy process, and of the authorizer's process where there is one: a server in Rust \
over the same engine, which keeps its connections and is sent each request with its body. One worker thread; logs go to \
files in the background.

Chains that are compared are measured one right after the other, each round begins with another chain, and differences are \
taken within a round. Figures are medians over rounds, in brackets the middle half of the rounds; the quietest third are \
the rounds in which the chain without filters took the least time. Envoy's own filters have the example's rules for every \
call. Where a call is refused, the chain without filters is an Envoy that takes it whole and answers it by itself. Before \
anything is measured, each chain proves that it counts, refuses and logs, and each rule of the plugin's policies that it \
has its effect.";

pub(crate) fn markdown(plan: &Plan, results: &Results) -> String {
    let parts = [
        "# The cost of a call in Envoy".into(),
        finding(&results.saturated[0]),
        plot("gateway"),
        MEANING.into(),
        taken("make bench"),
        noise(results),
        "## Aims".into(),
        aims::table(results),
        section(
            "A worker that is always busy",
            "each of which calls again once it is answered",
            &plan.saturated,
        ),
        plot("gateway-rate"),
        tables::calls(&results.saturated),
        section(
            &format!("{RATE} calls a second"),
            "on a timetable: caches are cold, and figures less certain",
            &plan.paced,
        ),
        plot("gateway-paced"),
        tables::calls(&results.paced),
        "## Policies".into(),
        plot("gateway-policies"),
        MEMORY.into(),
        tables::workers(&results.workers),
        PROCESSES.into(),
        tables::memory(&results.memory),
        METHOD.into(),
    ];
    parts
        .map(|part| part.trim_end().to_owned() + "\n")
        .join("\n")
}

/// One sentence for somebody who reads nothing else.
fn finding(first: &Group) -> String {
    let plugin = first.of(Chain::Plugin);
    let added = first.added(plugin, &first.rounds()).median;
    let [own, authorizer] = [Chain::Plugin, Chain::Authorizer].map(|chain| first.part_of(chain));
    format!(
        "**On a busy worker, mcp-policy adds {added:.0} µs of CPU time to a call: {} the cost of Envoy's own filters, and {} \
         the cost of an authorizer behind `ext_authz`.**",
        times(own),
        times(own / authorizer),
    )
}

/// A factor in words.
fn times(factor: f64) -> String {
    if factor < 1.0 {
        format!("{:.0} % of", factor * 100.0)
    } else {
        format!("{factor:.1} times")
    }
}

/// The command, and where and when it ran.
pub(crate) fn taken(command: &str) -> String {
    format!(
        "`{command}` on {}, {}. {}. The module is {} KiB.",
        machine::today(),
        machine::describe(),
        envoy(),
        fs::metadata(wasm_path()).map_or(0, |module| module.len() / 1024),
    )
}

/// How far the figures can be trusted.
fn noise(results: &Results) -> String {
    let first = [&results.saturated, &results.paced].map(|groups| &groups[0]);
    let [saturated, paced] = first.map(|group| {
        let added = group.added(group.of(Chain::Again), &group.rounds());
        shown(added, 1)
    });
    format!(
        "The noise: a second Envoy without filters seemed to add {saturated} µs on a busy worker and {paced} µs at {RATE} \
         calls a second. A busy worker used {:.0} % of a processor; other programs took {:.0} % of the machine's time.",
        busy(first[0]) * 100.0,
        results.others * 100.0,
    )
}

/// The part of a processor that Envoy used under load, without filters.
fn busy(group: &Group) -> f64 {
    let used = |sample: &Sample| sample.envoy * sample.rate / 1e6;
    group.series[0].median(used)
}

fn section(title: &str, how: &str, rounds: &Rounds) -> String {
    let seconds = rounds.load.length.as_secs_f64();
    let number = rounds.number;
    format!(
        "## {title}\n\n{CONNECTIONS} connections, {how}. {number} rounds of {seconds} s for each chain."
    )
}

fn plot(name: &str) -> String {
    format!("![{name}]({name}.svg)")
}

/// `…/envoy  version: <commit>/<version>/<state>/<build>/<TLS library>`.
fn envoy() -> String {
    let binary = std::env::var("ENVOY_BIN").unwrap_or_default();
    let version = output(&binary, &["--version"]);
    let version = version.split('/').rev().nth(3).unwrap_or_default();
    format!("Envoy {version}")
}
