//! Logs in `tests/audit/logs/`, and the reports on them in `tests/audit/`. `BLESS=1` writes the reports.

use super::{AuditLine, AuditLog, AuditReport, Filter, Moment, Outcome, Summary, ocsf, short};
use crate::report::{ExitStatus, Report as _};
use serde::Deserialize;
use serde_json::Value as Json;
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audit")
}

/// The lines of a log that the filter admits, and the log afterwards.
fn read(name: &str, filter: Filter) -> (Vec<AuditLine>, AuditLog) {
    let text = fs::read(folder().join("logs").join(name)).expect("it can be read");
    let mut log = AuditLog::new(filter);
    log.open(name);
    let text = text.strip_suffix(b"\n").unwrap_or(&text);
    let lines = text.split(|byte| *byte == b'\n');
    let lines = lines.filter_map(|line| log.read(line)).collect();
    (lines, log)
}

fn report(name: &str) -> AuditReport {
    let (lines, log) = read(name, Filter::default());
    let mut summary = Summary::default();
    lines.iter().for_each(|line| summary.add(line));
    summary.report(log.skipped())
}

/// The text is that of the file.
fn expect(name: &str, text: &str) {
    let file = folder().join(name);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&file, text).expect("it can be written");
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    assert!(expected == text, "{name}: expected\n{expected}seen\n{text}");
}

fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[test]
fn report_is_the_expected_one_in_each_format() {
    let report = report("plain.log");
    expect("report.txt", &plain(&report.text()));
    expect("report.json", &report.json().expect("JSON"));
    expect("report.html", &report.html());
    assert_eq!(report.status(), ExitStatus::Clean);
}

#[test]
fn log_in_any_wrapping_gives_the_same_report() {
    let data = |name| {
        let json = report(name).json().expect("JSON");
        let mut json: Json = serde_json::from_str(&json).expect("JSON");
        let skipped = json["skipped"].take();
        (json, skipped["other"].as_u64())
    };
    let (expected, other) = data("plain.log");
    assert_eq!(other, Some(0));
    for (name, others) in [
        ("envoy.log", 2),
        ("docker.log", 0),
        ("cri.log", 6),
        ("shipped.log", 0),
    ] {
        assert_eq!(data(name), (expected.clone(), Some(others)), "{name}");
    }
}

#[test]
fn line_that_is_in_no_report_is_told() {
    let damaged = report("damaged.log");
    expect("damaged.txt", &plain(&damaged.text()));
    assert_eq!(damaged.status(), ExitStatus::Findings);
    let none = report("other.log");
    expect("other.txt", &plain(&none.text()));
    assert_eq!(none.status(), ExitStatus::Findings);
}

#[test]
fn short_lines_and_events_are_the_expected_ones() {
    let (lines, _) = read("plain.log", Filter::default());
    let shown: String = lines.iter().filter_map(short).collect();
    expect("short.txt", &plain(&shown));
    let events: String = lines.iter().map(ocsf).collect();
    expect("ocsf.jsonl", &events);
}

#[test]
fn approvals_are_counted_by_call_and_approver() {
    let (lines, _) = read("approvals.log", Filter::default());
    let shown: String = lines.iter().filter_map(short).collect();
    let report = report("approvals.log");
    let text = report.text() + "\n" + &shown;
    expect("approvals.txt", &plain(&text));
    let json: Json = serde_json::from_str(&report.json().expect("JSON")).expect("JSON");
    let approver = &json["approvers"]["rows"][0];
    assert_eq!(
        (&approver["approver"], &approver["approved"]),
        (&"pat (release)".into(), &2.into())
    );
}

/// Every text of `hostile.log` holds a tag, an escape sequence and a character that turns the direction of writing.
#[test]
fn hostile_texts_are_shown_as_text() {
    let report = report("hostile.log");
    let page = report.html();
    assert!(page.contains("&lt;script&gt;") && page.contains("\\u{202e}"));
    for stranger in [
        "<script", "src=", "href=", "url(", "@import", "\u{1b}", "\u{202e}",
    ] {
        assert!(!page.contains(stranger), "{stranger}");
    }
    let (lines, _) = read("hostile.log", Filter::default());
    let shown: String = lines.iter().filter_map(short).collect();
    let text = plain(&(report.text() + &shown));
    assert!(text.contains("<script>") && !text.contains(['\u{1b}', '\u{202e}']));
    assert_eq!(shown.lines().count(), 2, "one line each");
    let events: String = lines.iter().map(ocsf).collect();
    assert_eq!(events.lines().count(), lines.len());
}

/// The members of a filter, and the number of lines that have them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filtered {
    since: Option<String>,
    until: Option<String>,
    grant: Option<String>,
    server: Option<String>,
    tool: Option<String>,
    decision: Option<String>,
    reason: Option<String>,
    lines: usize,
}

impl Filtered {
    fn filter(&self) -> Filter {
        let moment = |text: &Option<String>| {
            let text = text.as_deref();
            text.map(|text| Moment::parse(text, 0).expect("a time"))
        };
        let outcome = |decision: &String| match decision.as_str() {
            "allow" => Outcome::Allowed,
            "shadow" => Outcome::Shadowed,
            _ => Outcome::Refused,
        };
        Filter {
            since: moment(&self.since),
            until: moment(&self.until),
            grant: self.grant.clone(),
            server: self.server.clone(),
            tool: self.tool.clone(),
            outcome: self.decision.as_ref().map(outcome),
            reason: self.reason.clone(),
        }
    }
}

#[test]
fn filters_admit_the_lines_that_have_all_their_facts() {
    let text = fs::read_to_string(folder().join("filters.json")).expect("it can be read");
    let cases: Vec<Json> = serde_json::from_str(&text).expect("JSON");
    for case in cases {
        let filtered: Filtered = serde_json::from_value(case.clone()).expect("a filter");
        let (lines, log) = read("plain.log", filtered.filter());
        assert_eq!(lines.len(), filtered.lines, "{case}");
        assert_eq!(
            log.skipped().filtered,
            31 - u64::try_from(lines.len()).expect("few")
        );
    }
}

#[test]
fn times_are_read_as_users_write_them() {
    let now = 1_767_268_800; // 2026-01-01T12:00:00Z
    for (text, expected) in [
        ("today", "2026-01-01T00:00:00Z"),
        ("yesterday", "2025-12-31T00:00:00Z"),
        ("30m", "2026-01-01T11:30:00Z"),
        ("12h", "2026-01-01T00:00:00Z"),
        ("7d", "2025-12-25T12:00:00Z"),
        ("2025-02-28", "2025-02-28T00:00:00Z"),
        ("2026-01-31T09:00:00+02:00", "2026-01-31T07:00:00Z"),
    ] {
        let moment = Moment::parse(text, now).expect("a time");
        assert_eq!(moment.text(), expected, "{text}");
    }
    for wrong in ["", "now", "h", "-1h", "+1h", "2026-02-30", "12:00"] {
        let error = Moment::parse(wrong, now).expect_err("no time").to_string();
        assert!(
            error.starts_with(&format!("`{wrong}` is no time; write ")),
            "{error}"
        );
    }
}
