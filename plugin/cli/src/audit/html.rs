//! Turns a report on calls into an HTML page.
//!
//! It never shows an invisible character.

use super::plot;
use super::report::AuditReport;
use super::text::{Part, headline, parts, skipped};
use super::timeline::Decisions;
use crate::page::{self, wide};
use crate::sanitize::line;
use maud::{Markup, html as template};
use std::collections::BTreeMap;

/// The most characters of a cell.
const CELL: usize = 256;
/// The most bars of a plot.
const BARS: usize = 12;

const STYLE: &str = "
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; min-width: 0 }
svg { width: 100%; min-width: 44rem; height: auto } svg text { font: 13px system-ui, sans-serif; fill: currentColor }
.allowed { fill: #2f7d4f; color: #2f7d4f } .refused { fill: #c8372d; color: #c8372d }
@media (prefers-color-scheme: dark) { .allowed { fill: #58b97e; color: #58b97e } .refused { fill: #f0705f; color: #f0705f } }
";

/// The report as a page.
pub(super) fn document(report: &AuditReport) -> String {
    let missing = plain(&skipped(report));
    let content = template! {
        p { (plain(&headline(report))) "." }
        @if !missing.trim().is_empty() { pre { (missing.trim()) } }
        (plots(report))
        @for part in parts(report) { @if !part.rows.is_empty() { (table(&part)) } }
    };
    page::document("Calls of MCP tools", STYLE, &content)
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
            (wide(&plot::over_time(&report.timeline)))
        }
        @if !tools.is_empty() { h2 { "Most called" } (wide(&plot::bars("Most called", &tools))) }
        @if !refusals.is_empty() { h2 { "Most refusals" } (wide(&plot::bars("Most refusals", &refusals))) }
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
    let table = template! {
        table {
            thead { tr { @for (column, title) in part.titles.iter().enumerate() {
                th class=[class(column)] { (title.trim_start_matches('#')) }
            } } }
            tbody { @for row in &part.rows { tr { @for (column, cell) in row.iter().enumerate() {
                td class=[class(column)] { (line(cell, CELL)) }
            } } } }
        }
    };
    template! { h2 { (part.name) } (wide(&table)) }
}
