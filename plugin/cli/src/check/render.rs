//! Turns diagnostics into text: each with its line of the policy, the problem underlined; and the most expensive messages into a
//! sentence each.
//!
//! It never shows a line that holds a part of `grants`: a misplaced value there may be a token, and the log of a CI is read
//! by many.

use super::dearest::Cost;
use super::diagnostic::Level;
use super::location::Located;
use crate::input::Input;
use crate::style::{BAD, GOOD, WARNING};
use crate::summary;
use annotate_snippets::{AnnotationKind, Group, Level as Title, Origin, Renderer, Snippet};
use mcp_policy::document::Value;
use mcp_policy::host::Policy;
use std::fmt::Write as _;
use std::ops::Range;

/// What is shown of a policy.
pub(super) struct Shown<'a> {
    pub(super) file: &'a Input,
    /// The place of the policy in the file, if the file has more.
    pub(super) within: Option<&'a str>,
    pub(super) findings: &'a [Located],
    pub(super) dearest: &'a [Cost],
    /// The part of the file that may hold tokens.
    pub(super) secret: Option<&'a Range<usize>>,
}

pub(super) fn text(of: &Shown<'_>) -> String {
    let text = String::from_utf8_lossy(&of.file.bytes);
    let mut shown = String::new();
    for finding in of.findings {
        let group = group(&of.file.name, &text, finding, of.secret);
        let _ = writeln!(shown, "{}\n", Renderer::styled().render(&[group]));
    }
    let name = match of.within {
        Some(within) if !within.is_empty() => format!("{} ({within})", of.file.name),
        _ => of.file.name.clone(),
    };
    let _ = write!(shown, "{}", summary(&name, of.findings));
    for cost in of.dearest {
        let _ = writeln!(shown, "{name}: {}", cost.sentence());
    }
    shown
}

fn group<'a>(
    name: &'a str,
    text: &'a str,
    finding: &'a Located,
    secret: Option<&Range<usize>>,
) -> Group<'a> {
    let level = match finding.level {
        Level::Error => Title::ERROR,
        Level::Warning => Title::WARNING,
        Level::Note => Title::NOTE,
    };
    let title = level.primary_title(finding.title()).id(finding.name);
    let lines = whole_line(text, &finding.span);
    let is_secret =
        secret.is_some_and(|secret| secret.start < lines.end && lines.start < secret.end);
    let mut group = if is_secret {
        let place = Origin::path(name)
            .line(finding.line)
            .char_column(finding.column);
        title.element(place)
    } else {
        title.element(excerpt(name, text, finding, lines))
    };
    if let Some(help) = &finding.help {
        group = group.element(Title::HELP.message(help));
    }
    if !finding.also.is_empty() {
        let places = finding.also.join(", ");
        group = group.element(Title::NOTE.message(format!("also at {places}")));
    }
    group
}

/// The first line of the span, underlined.
fn excerpt<'a>(
    name: &'a str,
    text: &'a str,
    finding: &Located,
    lines: Range<usize>,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let line = text.get(lines.clone()).unwrap_or_default();
    let inside = |at: usize| at.saturating_sub(lines.start).min(line.len());
    let start = inside(finding.span.start);
    let end = inside(finding.span.end).max(start);
    Snippet::source(line)
        .line_start(finding.line)
        .path(name)
        .annotation(AnnotationKind::Primary.span(start..end))
}

/// The line at which a span begins, without its end.
fn whole_line(text: &str, span: &Range<usize>) -> Range<usize> {
    let before = text.get(..span.start).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |end| end.saturating_add(1));
    let rest = text.get(span.start..).unwrap_or_default();
    let end = rest.find('\n').unwrap_or(rest.len());
    start..span.start.saturating_add(end)
}

/// The part of the text that may hold tokens: `grants`; everything, where the text is not JSON and names `grants`.
pub(super) fn secret(bytes: &[u8]) -> Option<Range<usize>> {
    match Policy::document(bytes) {
        Ok(document) => document.root().get("grants").map(Value::range),
        Err(_) => bytes
            .windows(6)
            .any(|part| part == b"grants")
            .then_some(0..bytes.len()),
    }
}

fn summary(name: &str, diagnostics: &[Located]) -> String {
    if diagnostics.is_empty() {
        return format!("{name}: {GOOD}ok{GOOD:#}\n");
    }
    let levels = [
        (Level::Error, BAD, ["error", "errors"]),
        (Level::Warning, WARNING, ["warning", "warnings"]),
        (Level::Note, anstyle::Style::new(), ["note", "notes"]),
    ];
    let counts = levels.map(|(level, style, [one, several])| {
        let found = diagnostics.iter().filter(|found| found.level == level);
        let count = found.count();
        (count, style, if count == 1 { one } else { several })
    });
    format!("{name}: {}\n", summary::counts(&counts))
}
