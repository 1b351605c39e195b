//! Turns the suite's results for all parties into one table: a row for each scenario, a column for each party.
//!
//! It never leaves out a scenario: notes below the table give the reasons for failures, and the intended changes
//! by the gateway.

use super::judge::{Column, differences, why_red, why_refused};
use super::suite::{Check, Results, Status};
use host_tests::table::aligned;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) fn table(title: &str, columns: &[Column]) -> String {
    let scenarios = columns.iter().flat_map(|column| column.direct.keys());
    let scenarios: BTreeSet<_> = scenarios.collect();
    let row = |name: &str, cell: &dyn Fn(&Column) -> String| {
        let cells = columns.iter().map(cell);
        std::iter::once(name.to_owned()).chain(cells).collect()
    };
    let mut rows: Vec<Vec<_>> = vec![row(title, &|column| column.who.clone())];
    rows.extend(
        scenarios
            .iter()
            .map(|scenario| row(scenario, &|column| cell(column, scenario))),
    );
    rows.push(row("all checks", &sum));
    format!("{}\n{}", aligned(&rows), notes(columns))
}

fn cell(column: &Column, scenario: &str) -> String {
    by_way(column, |results| Some(count(results.get(scenario)?.iter())))
}

fn sum(column: &Column) -> String {
    by_way(column, |results| Some(count(results.values().flatten())))
}

/// One figure if it is the same by every way, otherwise each way's.
fn by_way(column: &Column, figure: impl Fn(&Results) -> Option<String>) -> String {
    let direct = figure(&column.direct);
    let through = column.through.iter();
    let others = through.map(|(way, results)| (way, figure(results)));
    let others = others.filter(|(_, other)| *other != direct);
    let others = others.map(|(way, other)| format!(", {way}: {}", other.unwrap_or_default()));
    let others: String = others.collect();
    direct.unwrap_or_default() + &others
}

fn count<'c>(checks: impl Iterator<Item = &'c Check> + Clone) -> String {
    let part = |(status, word)| {
        let own = checks.clone().filter(|check| check.status == status);
        let count = own.count();
        (count > 0).then(|| format!("{count} {word}"))
    };
    let words = [
        (Status::Success, "ok"),
        (Status::Failure, "red"),
        (Status::Warning, "warned"),
        (Status::Skipped, "skipped"),
    ];
    let parts: Vec<_> = words.into_iter().filter_map(part).collect();
    parts.join(" ")
}

fn notes(columns: &[Column]) -> String {
    let red = columns.iter().flat_map(|column| column.direct.keys());
    let red = red.filter_map(|scenario| Some((why_red(scenario)?, scenario.clone())));
    let changed = columns.iter().flat_map(|column| {
        let through = column.through.iter();
        through.flat_map(|(_, results)| differences(&column.direct, results))
    });
    let refused = changed.filter_map(|own| Some((why_refused(&own)?, own.check)));
    format!(
        "One figure: the same directly and through the gateway, with headers held and flowing.\n\
         Scenarios that cannot be passed, directly either:{}\n\
         Checks that the gateway refuses on purpose:{}\n",
        by_reason(red),
        by_reason(refused)
    )
}

/// Each reason once, with the number of its cases.
fn by_reason(cases: impl Iterator<Item = (&'static str, String)>) -> String {
    let mut reasons: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (why, case) in cases {
        reasons.entry(why).or_default().insert(case);
    }
    let line = |(why, cases): (&&str, &BTreeSet<String>)| {
        let names = cases.iter().map(String::as_str).collect::<Vec<_>>();
        format!("\n  {}: {why} ({})", names.len(), names.join(", "))
    };
    if reasons.is_empty() {
        " none".into()
    } else {
        reasons.iter().map(line).collect()
    }
}
