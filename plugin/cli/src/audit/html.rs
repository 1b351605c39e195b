//! Turns a report into one HTML file that needs no script and loads nothing.
//!
//! The template escapes every text; invisible characters are written out before. It never holds a script.

use super::plot;
use super::report::AuditReport;
use super::text::{Part, headline, parts, skipped};
use super::timeline::Decisions;
use crate::sanitize::line;
use maud::{DOCTYPE, Markup, PreEscaped, html as template};
use std::collections::BTreeMap;

/// The most characters of a cell.
const CELL: usize = 256;
/// The most bars of a plot.
const BARS: usize = 12;

/// Nothing in the file may be loaded or run, even a text of the log.
const NOTHING: &str = "default-src 'none'; style-src 'unsafe-inline'";
const STYLE: &str = "
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #1c1c1c; background: #fff }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem; border-bottom: 1px solid #ddd; overflow-wrap: anywhere }
th { overflow-wrap: normal } .number { text-align: right; font-variant-numeric: tabular-nums } pre { white-space: pre-wrap }
svg { width: 100%; height: auto } svg text { font: 13px system-ui, sans-serif; fill: currentColor }
.allowed { fill: #2f7d4f; color: #116329 } .refused { fill: #c8372d; color: #b30000 }
@media (prefers-color-scheme: dark) { body { color: #e6e6e6; background: #181818 } th, td { border-color: #444 }
.allowed { fill: #58b97e; color: #6fdd8b } .refused { fill: #f0705f; color: #ff8080 } }
";

/// The report as a page.
pub(super) fn document(report: &AuditReport) -> String {
    let missing = plain(&skipped(report));
    let page = template! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(NOTHING);
                meta name="viewport" content="width=device-width";
                meta name="color-scheme" content="light dark";
                title { "Calls of MCP tools" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Calls of MCP tools" }
                p { (plain(&headline(report))) "." }
                @if !missing.trim().is_empty() { pre { (missing.trim()) } }
                (plots(report))
                @for part in parts(report) { @if !part.rows.is_empty() { (table(&part)) } }
            }
        }
    };
    page.into_string()
}

/// The text without the colours of a terminal.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut parts = text.split('\u{1b}');
    plain.extend(parts.next());
    plain.extend(
        parts
            .filter_map(|part| part.split_once('m'))
            .map(|(_, rest)| rest),
    );
    plain
}

fn plots(report: &AuditReport) -> Markup {
    let (tools, refusals) = (tools(report), refusals(report));
    template! {
        @if !report.timeline.counts.is_empty() {
            h2 { "Decisions over time" }
            p { span class="allowed" { "■" } " allowed " span class="refused" { "■" } " refused" }
            (plot::over_time(&report.timeline))
        }
        @if !tools.is_empty() { h2 { "Most called" } (plot::bars("Most called", &tools)) }
        @if !refusals.is_empty() { h2 { "Most refusals" } (plot::bars("Most refusals", &refusals)) }
    }
}

/// The tools with the most calls of all callers.
fn tools(report: &AuditReport) -> Vec<(String, Decisions)> {
    let mut tools: BTreeMap<String, Decisions> = BTreeMap::new();
    for row in &report.calls.rows {
        let counts = tools.entry(row.key.asked.text()).or_default();
        counts.add(Decisions {
            allowed: row.count.allowed,
            refused: row.count.refused,
        });
    }
    let mut tools: Vec<_> = tools.into_iter().collect();
    tools.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.all()));
    tools.truncate(BARS);
    tools
}

/// The rules with the most refusals that were enforced.
fn refusals(report: &AuditReport) -> Vec<(String, Decisions)> {
    let rows = report.refusals.rows.iter().filter(|row| !row.key.shadow);
    let bars = rows.take(BARS).map(|row| {
        let rule = row.key.rule.as_deref().unwrap_or_default();
        let counts = Decisions {
            allowed: 0,
            refused: row.count.count,
        };
        (format!("{} {rule}", row.key.reason), counts)
    });
    bars.collect()
}

fn table(part: &Part) -> Markup {
    let class = |column: usize| {
        let title = part.titles.get(column);
        title
            .filter(|title| title.starts_with('#'))
            .map(|_| "number")
    };
    template! {
        h2 { (part.name) }
        table {
            thead { tr { @for (column, title) in part.titles.iter().enumerate() {
                th class=[class(column)] { (title.trim_start_matches('#')) }
            } } }
            tbody { @for row in &part.rows { tr { @for (column, cell) in row.iter().enumerate() {
                td class=[class(column)] { (line(cell, CELL)) }
            } } } }
        }
    }
}
