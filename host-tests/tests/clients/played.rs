//! Turns the lines of a program that plays a page into one assertion about its plays.
//!
//! It knows no page and no play.

use serde_json::Value;

/// Asserts that each of these plays, in the order of their names, was played once, that none failed, and that the program printed
/// nothing else.
///
/// # Panics
/// When that is not so.
pub(crate) fn assert_played(lines: &[Value], plays: &[&str]) {
    let failed = |line: &&Value| !line["failed"].is_null() || line.get("printed").is_some();
    let failures: Vec<_> = lines.iter().filter(failed).collect();
    assert!(failures.is_empty(), "{failures:#?}");
    let mut played: Vec<_> = lines
        .iter()
        .filter_map(|line| line["play"].as_str())
        .collect();
    played.sort_unstable();
    assert_eq!(played, plays);
}
