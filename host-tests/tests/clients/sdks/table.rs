//! Turns the verdicts on all checks into one table, with the reasons for checks that cannot be played below it.
//!
//! It leaves nothing out: notes below the table have everything that fits no cell.

use super::judge::{Judged, Verdict};
use super::programs::Row;
use host_tests::table::aligned;
use std::collections::{BTreeMap, BTreeSet};

const SAME: &str = "same as direct";

/// The columns of refusals, in the order of their first occurrence.
fn columns(rows: &[&Row]) -> Vec<String> {
    let mut columns = Vec::new();
    for refusal in rows
        .iter()
        .flat_map(|row| &row.checks)
        .filter_map(|judged| judged.refusal.clone())
    {
        if !columns.contains(&refusal) {
            columns.push(refusal);
        }
    }
    columns
}

pub(crate) fn failures(rows: &[&Row]) -> Vec<String> {
    let failed = rows
        .iter()
        .flat_map(|row| row.checks.iter().map(move |judged| (row, judged)));
    failed
        .filter_map(|(row, judged)| match &judged.verdict {
            Verdict::Failed(why) => Some(format!("{}: {}: {why}", title(row), judged.check)),
            _ => None,
        })
        .collect()
}

pub(crate) fn table(rows: &[&Row]) -> String {
    let columns = columns(rows);
    let head = ["client", "server", "headers", SAME].map(String::from);
    let mut lines = vec![
        head.into_iter()
            .chain(columns.iter().cloned())
            .collect::<Vec<_>>(),
    ];
    lines.extend(rows.iter().map(|row| {
        let names = [
            row.client.name,
            row.server.name,
            if row.hold { "held" } else { "flowing" },
        ];
        let cells = [None]
            .into_iter()
            .chain(columns.iter().map(Some))
            .map(|column| cell(row, column));
        names.into_iter().map(String::from).chain(cells).collect()
    }));
    format!("{}\n{}\n{}", aligned(&lines), reasons(rows), words(rows))
}

/// The number of passed checks of a kind. `†` marks checks after which the client's session ends, and `-` those that it
/// cannot play.
fn cell(row: &Row, column: Option<&String>) -> String {
    let (mut passed, mut died, mut cannot, mut failed) = (0, 0, 0, 0);
    for judged in row
        .checks
        .iter()
        .filter(|judged| judged.refusal.as_ref() == column)
    {
        match judged.verdict {
            Verdict::Passed(_) => passed += 1,
            Verdict::Died(_) => died += 1,
            Verdict::Cannot(_) => cannot += 1,
            Verdict::Failed(_) => failed += 1,
        }
    }
    let part = |count: i32, mark: &str| (count > 0).then(|| format!("{count}{mark}"));
    let parts = [
        part(passed, " ok"),
        part(died, " ok†"),
        part(cannot, " -"),
        part(failed, " FAILED"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// The reasons why checks could not be played, each once.
fn reasons(rows: &[&Row]) -> String {
    let mut reasons: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::new();
    for (row, judged) in rows
        .iter()
        .flat_map(|row| row.checks.iter().map(move |judged| (row, judged)))
    {
        if let Verdict::Cannot(why) = &judged.verdict {
            let who = format!("{} at {}", row.client.name, row.server.name);
            reasons.entry((&judged.check, why)).or_default().insert(who);
        }
    }
    let line = |((check, why), who): (&(&str, &str), &BTreeSet<String>)| {
        format!(
            "  - {check}: {why} ({})",
            who.iter().cloned().collect::<Vec<_>>().join("; ")
        )
    };
    let lines = reasons.iter().map(line).collect::<Vec<_>>();
    format!(
        "† the client's own session ended with it\n- cannot be played:\n{}",
        lines.join("\n")
    )
}

/// The clients' reactions to answers other than results: each wording once, with its clients.
fn words(rows: &[&Row]) -> String {
    let mut said: BTreeMap<(&str, String), BTreeSet<&str>> = BTreeMap::new();
    for (row, judged) in rows
        .iter()
        .flat_map(|row| row.checks.iter().map(move |judged| (row, judged)))
    {
        if let Some(words) = made_of(judged) {
            let refusal = judged.refusal.as_deref().unwrap_or(SAME);
            said.entry((refusal, words))
                .or_default()
                .insert(row.client.name);
        }
    }
    let line = |((refusal, words), who): (&(&str, String), &BTreeSet<&str>)| {
        format!(
            "  {refusal}: {words} ({})",
            who.iter().copied().collect::<Vec<_>>().join("; ")
        )
    };
    format!(
        "What the clients made of a 400:\n{}",
        said.iter().map(line).collect::<Vec<_>>().join("\n")
    )
}

/// A description of the result, without the parts that differ each time.
fn made_of(judged: &Judged) -> Option<String> {
    let (Verdict::Passed(saw) | Verdict::Died(saw)) = &judged.verdict else {
        return None;
    };
    if saw["http"][0]["status"] != 400 {
        return None;
    }
    let error = || {
        format!(
            "error {}: {}",
            saw["error"]["code"], saw["error"]["message"]
        )
    };
    let failed = saw["failed"].as_str().map(|text| {
        let start = text.split('{').next().unwrap_or_default();
        start.split(" for url").next().unwrap_or_default().into()
    });
    Some(failed.unwrap_or_else(error))
}

fn title(row: &Row) -> String {
    let headers = if row.hold { "held" } else { "flowing" };
    format!(
        "{} at {}, headers {headers}",
        row.client.name, row.server.name
    )
}
