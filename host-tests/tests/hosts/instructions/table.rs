//! Writes and reads the committed table of instructions, and compares it with new counts.
//!
//! A smaller figure is not a difference.

use super::count::{Counted, PHASES};
use std::fmt::Write as _;

/// A figure may grow by one in so many, 3 %, before the table must change.
const PART: u64 = 33;

const HEADING: &str = "\
# The instructions of an exchange

WebAssembly instructions that one exchange takes in the plugin, by callback, counted by wasmtime (its fuel). They are the
same on every machine, but for some dozens that depend on a random seed. `make test` fails when a figure grows by more
than 3 %; `BLESS=1` writes this file.

";

pub(super) fn written(counted: &[Counted]) -> String {
    let mut text = format!(
        "{HEADING}| exchange | {} | all |\n|---|{}\n",
        PHASES.join(" | "),
        "---|".repeat(PHASES.len() + 1)
    );
    for row in counted {
        let _ = write!(text, "| {} |", row.name);
        for figure in figures(row) {
            let _ = write!(text, " {figure} |");
        }
        text.push('\n');
    }
    text
}

/// The figures of a row, their sum last.
fn figures(row: &Counted) -> Vec<u64> {
    let sum = row.phases.iter().sum();
    row.phases.into_iter().chain([sum]).collect()
}

/// The rows of the table: names and figures.
pub(super) fn read(text: &str) -> Vec<(String, Vec<u64>)> {
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ");
        let name = cells.next()?.to_owned();
        let figures = cells.map(|cell| cell.parse().ok()).collect::<Option<_>>()?;
        Some((name, figures))
    };
    text.lines().filter_map(row).collect()
}

/// One line for each figure that grew, and for each kind of exchange that only one side has.
pub(super) fn grown(committed: &[(String, Vec<u64>)], counted: &[Counted]) -> String {
    let mut lines = String::new();
    for (name, _) in committed {
        if !counted.iter().any(|row| row.name == *name) {
            let _ = writeln!(lines, "{name}: no such exchange is counted");
        }
    }
    for row in counted {
        match committed.iter().find(|(name, _)| *name == row.name) {
            Some((_, before)) => lines.push_str(&compared(row, before)),
            None => {
                let _ = writeln!(lines, "{}: not in the table", row.name);
            }
        }
    }
    lines
}

fn compared(row: &Counted, before: &[u64]) -> String {
    let names = PHASES.into_iter().chain(["all"]);
    let mut lines = String::new();
    for ((phase, now), before) in names.zip(figures(row)).zip(before) {
        if now > before + before / PART {
            let _ = writeln!(
                lines,
                "{}, {phase}: {now} instructions, {before} before",
                row.name
            );
        }
    }
    lines
}

#[test]
fn figure_that_grows_by_more_than_the_margin_is_named() {
    let row = |phases| Counted {
        name: "a".into(),
        phases,
    };
    let committed = read(&written(&[row([1_000, 0, 100, 0, 0])]));
    for (phases, expected) in [
        ([1_030, 0, 100, 0, 0], ""),
        ([900, 0, 0, 0, 0], ""),
        (
            [1_000, 1, 100, 0, 0],
            "a, request body: 1 instructions, 0 before\n",
        ),
        (
            [1_031, 0, 100, 0, 0],
            "a, request headers: 1031 instructions, 1000 before\n",
        ),
    ] {
        assert_eq!(grown(&committed, &[row(phases)]), expected, "{phases:?}");
    }
    let other = Counted {
        name: "b".into(),
        phases: [0; PHASES.len()],
    };
    let lines = grown(&committed, &[other]);
    assert_eq!(
        lines,
        "a: no such exchange is counted\nb: not in the table\n"
    );
}
