//! Turns findings into workflow commands of GitHub Actions, which show them as annotations of the lines.
//!
//! It never lets a text end its command or begin another one: <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>
//! reads a command from each line of a log.

use super::finding::{Finding, Level};
use std::fmt::Write as _;

/// One command a finding, each on a line of its own.
#[must_use]
pub fn annotations(findings: &[Finding]) -> String {
    findings.iter().map(annotation).collect()
}

fn annotation(finding: &Finding) -> String {
    let command = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let mut text = format!("::{command} file={}", property(&finding.file));
    if let Some(region) = finding.region {
        let _ = write!(text, ",line={}", region.line);
        // GitHub takes columns on one line only.
        let _ = match region.end_line == region.line {
            true => write!(
                text,
                ",col={},endColumn={}",
                region.column, region.end_column
            ),
            false => write!(text, ",endLine={}", region.end_line),
        };
    }
    let (title, message) = (property(finding.rule.name), data(&finding.message));
    let _ = writeln!(text, ",title={title}::{message}");
    text
}

/// A text behind the command.
fn data(text: &str) -> String {
    let text = text.replace('%', "%25");
    text.replace('\r', "%0D").replace('\n', "%0A")
}

/// A text among the properties of the command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
