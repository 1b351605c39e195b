//! Turns criterion's measurements into tables: time by size and phase, bytes a second, and time by number of tools.
//!
//! It shows medians and leaves out phases that this run did not select.

use crate::hosts;
use crate::phase::{FEW, FLOOR, NATIVE, Phase, SIZES, SMALL, TOOLS, WASMTIME, group, parsing};
use host_tests::machine;
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

pub(crate) fn markdown(measurements: &Path) -> String {
    let nanos = |host: &str, tools, size, phase: Phase| {
        median(measurements, &group(host, tools, size), phase.name())
    };
    let mut text = format!(
        "# The cost of a message in the engine\n\n\
         `make bench` on {}, {}.\n\n\
         Medians of a whole request: its headers, its body in one piece, the verdict and the line of the log. `read` is a \
         message that nothing judges; `decide` a call without a limit; `count` a call with one; `answer` a refusal.\n",
        machine::today(),
        machine::describe(),
    );
    for host in [NATIVE, WASMTIME, FLOOR] {
        let _ = writeln!(
            text,
            "\n## By size of the message: {host}\n\n| bytes | read | decide | count | answer | read, MB/s |\n|---|---|---|---|---|---|"
        );
        for size in SIZES {
            let cells = Phase::ALL.map(|phase| shown(nanos(host, FEW, size, phase)));
            let speed = nanos(host, FEW, size, Phase::Read).map(|nanos| size as f64 * 1e3 / nanos);
            let speed = speed.map_or_else(String::new, |speed| format!("{speed:.0}"));
            let _ = writeln!(text, "| {size} | {} | {speed} |", cells.join(" | "));
        }
    }
    let _ = writeln!(
        text,
        "\n## By number of tools: messages of {SMALL} bytes\n\n| host | phase | {} | most ÷ fewest |\n|---|---|---|---|---|---|",
        TOOLS.map(|tools| format!("{tools} tools")).join(" | ")
    );
    for host in [NATIVE, WASMTIME] {
        for phase in Phase::ALL {
            let times = TOOLS.map(|tools| nanos(host, tools, SMALL, phase));
            let ratio = times[TOOLS.len() - 1]
                .zip(times[0])
                .map(|(most, fewest)| most / fewest);
            let ratio = ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}"));
            let _ = writeln!(
                text,
                "| {host} | {} | {} | {ratio} |",
                phase.name(),
                times.map(shown).join(" | ")
            );
        }
    }
    text + &of_parsing(measurements)
}

fn of_parsing(measurements: &Path) -> String {
    let mut text = format!(
        "\n## By number of tools: the policy itself\n\n\
         Once for each worker and each change of the policy. In wasmtime it is the whole configuration, with the cells for \
         its counts.\n\n| tools | policy | {NATIVE} | {WASMTIME} | memory of the module |\n|---|---|---|---|---|\n"
    );
    for tools in TOOLS {
        let nanos = |host| shown(median(measurements, &parsing(tools), host));
        let kib = hosts::policy(tools).len().div_ceil(1024);
        let mib = hosts::memory(tools) as f64 / f64::from(1 << 20);
        let (native, wasmtime) = (nanos(NATIVE), nanos(WASMTIME));
        let _ = writeln!(
            text,
            "| {tools} | {kib} KiB | {native} | {wasmtime} | {mib:.1} MiB |"
        );
    }
    text
}

/// The time in nanoseconds, from criterion's files.
fn median(measurements: &Path, group: &str, function: &str) -> Option<f64> {
    let file = measurements
        .join(group)
        .join(function)
        .join("new/estimates.json");
    let estimates: Value = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
    estimates.pointer("/median/point_estimate")?.as_f64()
}

fn shown(nanos: Option<f64>) -> String {
    match nanos {
        None => String::new(),
        Some(nanos) if nanos < 100_000.0 => format!("{:.1} µs", nanos / 1e3),
        Some(nanos) => format!("{:.2} ms", nanos / 1e6),
    }
}
