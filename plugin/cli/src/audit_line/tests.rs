//! Lines in `tests/audit/lines.json`, as hosts, runtimes and log shippers keep them, and how they are read.

use super::reader::{LONGEST, LineReader, Read};
use serde::Deserialize;
use std::fs;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    why: String,
    lines: Vec<String>,
    /// For each line the tool of the audit line in it, or how it is read otherwise.
    reads: Vec<String>,
}

fn told(read: Read) -> String {
    match read {
        Read::Line(line) => line.tool.unwrap_or_default(),
        Read::Lost(lost) => format!("{lost} lost"),
        Read::Later(version) => format!("version {version}"),
        Read::Unreadable(_) => "unreadable".into(),
        Read::Part => "part".into(),
        Read::Other => "other".into(),
    }
}

#[test]
fn lines_of_cases_are_read_as_they_say() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audit/lines.json");
    let text = fs::read_to_string(file).expect("it can be read");
    let cases: Vec<Case> = serde_json::from_str(&text).expect("cases");
    for case in &cases {
        let mut reader = LineReader::default();
        let reads = case.lines.iter().map(|line| told(reader.read(line)));
        assert_eq!(reads.collect::<Vec<_>>(), case.reads, "{}", case.why);
    }
}

#[test]
fn line_whose_parts_never_end_is_bounded() {
    let mut reader = LineReader::default();
    let part = format!("2026-01-01T09:00:00Z stderr P {}", "x".repeat(LONGEST / 4));
    let reads: String = (0..10).map(|_| told(reader.read(&part)) + " ").collect();
    assert_eq!(
        reads,
        "part part part part unreadable part part part part unreadable "
    );
}
