//! Turns a report into text for a terminal.
//!
//! It never shows more than [`SHOWN`] rows of a table; it says how many there are.

use super::answers::Answers;
use super::approvals::{Approvals, Decisions};
use super::counts::{Calls, Refusals};
use super::report::AuditReport;
use super::tally::Counted;
use crate::audit_line::Event;
use crate::style::{BAD, DIM, GOOD, WARNING};
use crate::summary;
use crate::table::{Titles, table};
use std::fmt::Write as _;

/// The most rows of a table.
const SHOWN: usize = 20;
/// The most callers of a refusal.
const CALLERS: usize = 3;

/// A table of a report: its name, its columns, its rows.
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) titles: Titles<'static>,
    pub(super) rows: Vec<Vec<String>>,
}

pub(super) fn text(report: &AuditReport) -> String {
    let mut text = headline(report) + "\n";
    for part in parts(report) {
        if !part.rows.is_empty() {
            let shown = part.rows.get(..SHOWN).unwrap_or(&part.rows);
            let _ = write!(text, "\n{}\n{}", part.name, table(part.titles, shown));
            text += &more(part.rows.len().saturating_sub(SHOWN));
        }
    }
    text + &skipped(report)
}

fn more(rows: usize) -> String {
    match rows {
        0 => String::new(),
        rows => format!("  {DIM}… and {rows} more, in `--format json`{DIM:#}\n"),
    }
}

/// The time and the numbers of the report, in one line.
pub(super) fn headline(report: &AuditReport) -> String {
    let total = report.total;
    let size = |count| usize::try_from(count).unwrap_or(usize::MAX);
    let counts = summary::counts(&[
        (size(total.allowed), GOOD, "allowed"),
        (size(total.refused), BAD, "refused"),
        (
            size(total.shadow),
            WARNING,
            "would be refused by a rule in shadow mode",
        ),
        (size(total.withheld), BAD, "withheld"),
        (size(report.count(Event::Refund)), DIM, "refunded"),
    ]);
    let counts = if counts.is_empty() {
        "no decisions".into()
    } else {
        counts
    };
    match (&report.first, &report.last) {
        (Some(first), Some(last)) => format!("{first} to {last}: {counts}"),
        _ => counts,
    }
}

/// All tables, also empty ones.
pub(super) fn parts(report: &AuditReport) -> [Part; 7] {
    [
        calls(report),
        refusals(report),
        near_limits(report),
        answers(report),
        redactions(report),
        approvals(report),
        approvers(report),
    ]
}

fn calls(report: &AuditReport) -> Part {
    let row = |names: [String; 3], calls: &Calls| {
        let counts = [calls.allowed, calls.refused, calls.shadow, calls.withheld];
        let counts = counts.iter().map(u64::to_string);
        names.into_iter().chain(counts).collect()
    };
    let rows = report.calls.rows.iter().map(|one| {
        let names = [
            caller(one.key.caller.as_deref()),
            one.key.asked.server.clone().unwrap_or_default(),
            one.key.asked.text(),
        ];
        row(names, &one.count)
    });
    let other = report.calls.other.iter();
    let other = other.map(|other| row([OTHER.into(), String::new(), String::new()], other));
    Part {
        name: "Calls",
        titles: &[
            "caller",
            "server",
            "tool",
            "#allowed",
            "#refused",
            "#shadow",
            "#withheld",
        ],
        rows: rows.chain(other).collect(),
    }
}

/// The name of rare entries together.
const OTHER: &str = "(rarer ones)";

fn caller(name: Option<&str>) -> String {
    let name = name.filter(|name| !name.is_empty());
    name.unwrap_or("(not admitted)").into()
}

fn refusals(report: &AuditReport) -> Part {
    let row = |reason: &str, rule: &str, refusals: &Refusals| {
        let callers = callers(refusals);
        vec![
            refusals.count.to_string(),
            reason.into(),
            rule.into(),
            callers,
        ]
    };
    let Counted { rows, other } = &report.refusals;
    let rows = rows.iter().map(|one| {
        let rule = one.key.rule.clone().unwrap_or_default();
        let shadow = if one.key.shadow { " (shadow)" } else { "" };
        row(&one.key.reason, &(rule + shadow), &one.count)
    });
    let other = other.iter().map(|other| row(OTHER, "", other));
    Part {
        name: "Refusals",
        titles: &["#count", "reason", "rule", "callers"],
        rows: rows.chain(other).collect(),
    }
}

/// The callers with the most refusals.
fn callers(refusals: &Refusals) -> String {
    let mut callers: Vec<_> = refusals.callers.iter().collect();
    callers.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let shown = callers.iter().take(CALLERS);
    let shown = shown.map(|(name, count)| format!("{} {count}", caller(Some(name))));
    let rest = callers.iter().skip(CALLERS).map(|(_, count)| **count);
    let rest = rest.fold(refusals.other_callers, u64::saturating_add);
    let rest = Some(rest).filter(|rest| *rest > 0);
    let rest = rest.map(|rest| format!("others {rest}"));
    shown.chain(rest).collect::<Vec<_>>().join(", ")
}

fn near_limits(report: &AuditReport) -> Part {
    let rows = report.near_limits.rows.iter().map(|one| {
        let peak = &one.count;
        vec![
            format!("{}/{}", peak.used, peak.max),
            one.key.rule.clone(),
            caller(one.key.caller.as_deref()),
            peak.calls.to_string(),
            peak.at.clone(),
        ]
    });
    Part {
        name: "Limits of which 80 % or more were used",
        titles: &["#used", "rule", "caller", "#calls", "highest at"],
        rows: rows.collect(),
    }
}

fn answers(report: &AuditReport) -> Part {
    let millis = |millis: Option<u64>| millis.map_or_else(String::new, |millis| millis.to_string());
    let rows = report.answers.rows.iter().map(|one| {
        let answers = &one.count;
        vec![
            one.key.server.clone().unwrap_or_default(),
            one.key.text(),
            answers.all.to_string(),
            format!("{} %", answers.failed_percent()),
            millis(answers.latencies.percentile(50)),
            millis(answers.latencies.percentile(95)),
            failures(answers),
        ]
    });
    Part {
        name: "Answers, the slowest first",
        titles: &[
            "server", "tool", "#answers", "#failed", "#p50 ms", "#p95 ms", "failures",
        ],
        rows: rows.collect(),
    }
}

fn failures(answers: &Answers) -> String {
    let kinds = [
        (answers.tool_errors, "tool error"),
        (answers.errors, "error"),
        (answers.without, "no answer"),
        (answers.bad_status, "status 400 or more"),
        (answers.unread, "too long to be read"),
    ];
    let kinds = kinds.iter().filter(|(count, _)| *count > 0);
    let kinds = kinds.map(|(count, kind)| format!("{count} × {kind}"));
    kinds.collect::<Vec<_>>().join(", ")
}

fn redactions(report: &AuditReport) -> Part {
    let rows = report.redactions.rows.iter().map(|one| {
        vec![
            one.count.texts.to_string(),
            one.count.responses.to_string(),
            one.key.kind.clone(),
            one.key.rule.clone(),
        ]
    });
    Part {
        name: "Redactions",
        titles: &["#texts", "#responses", "kind", "rule"],
        rows: rows.collect(),
    }
}

fn approvals(report: &AuditReport) -> Part {
    let row = |names: [String; 2], of: &Approvals| {
        let counts = [
            of.asked,
            of.approved,
            of.refused,
            of.cancelled,
            of.expired,
            of.used,
        ];
        let counts = counts.iter().map(u64::to_string);
        names.into_iter().chain(counts).collect()
    };
    let Counted { rows, other } = &report.approvals;
    let rows = rows.iter().map(|one| {
        let name = one.key.name.clone().unwrap_or_default();
        let caller = one.key.caller.clone();
        let caller = caller.unwrap_or_else(|| "(asked before)".into());
        row([caller, name], &one.count)
    });
    let other = other.iter();
    let other = other.map(|other| row([OTHER.into(), String::new()], other));
    Part {
        name: "Approvals",
        titles: &[
            "caller",
            "tool",
            "#asked",
            "#approved",
            "#refused",
            "#cancelled",
            "#expired",
            "#used",
        ],
        rows: rows.chain(other).collect(),
    }
}

fn approvers(report: &AuditReport) -> Part {
    let row = |name: &str, of: &Decisions| {
        let counts = [of.approved, of.refused, of.denied];
        let counts = counts.iter().map(u64::to_string);
        [name.into()].into_iter().chain(counts).collect()
    };
    let Counted { rows, other } = &report.approvers;
    let rows = rows.iter().map(|one| row(&one.key.approver, &one.count));
    let other = other.iter().map(|other| row(OTHER, other));
    Part {
        name: "Approvers",
        titles: &["approver", "#approved", "#refused", "#not allowed to"],
        rows: rows.chain(other).collect(),
    }
}

/// The lines that are not in the report.
pub(super) fn skipped(report: &AuditReport) -> String {
    let skipped = &report.skipped;
    let mut text = String::new();
    if skipped.other > 0 && report.is_audit_log() {
        let _ = write!(
            text,
            "\n{DIM}lines of other programs: {}{DIM:#}\n",
            skipped.other
        );
    }
    if !report.is_audit_log() && skipped.lost() == 0 {
        text += "\nThe log has no line of mcp-policy.";
        text += if skipped.others.is_empty() {
            "\n"
        } else {
            " Its first lines:\n"
        };
        skipped.others.iter().for_each(|line| text += &line.text());
    }
    match skipped.text() {
        sentences if sentences.is_empty() => text,
        sentences => format!("{text}\n{WARNING}incomplete{WARNING:#}: {sentences}"),
    }
}
