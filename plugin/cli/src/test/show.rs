//! Turns how cases went into text: what failed as a difference of lines, and a line that sums up.

use super::coverage::{Coverage, Reach};
use super::{Difference, End, Tried};
use crate::screen::{BAD, DOUBTFUL, FAINT, GOOD};
use anstyle::Style;
use serde_json::Value as Json;
use similar::{ChangeTag, TextDiff};
use std::fmt::Write as _;

pub(super) fn text(tried: &[Tried], coverage: Option<&Coverage>) -> String {
    let mut text = String::new();
    tried.iter().for_each(|tried| case(&mut text, tried));
    for reach in coverage.into_iter().flat_map(Coverage::policies) {
        reached(&mut text, reach);
    }
    text + &summary(tried)
}

fn case(text: &mut String, Tried { file, why, end }: &Tried) {
    let why = why.as_deref().unwrap_or_default();
    let _ = match end {
        End::Passed => Ok(()),
        End::Blessed => writeln!(text, "{DOUBTFUL}blessed{DOUBTFUL:#} {file}"),
        End::Skipped { reason } => writeln!(text, "{DOUBTFUL}skipped{DOUBTFUL:#} {file}: {reason}"),
        End::Broken { message } => writeln!(text, "{BAD}broken{BAD:#} {file}: {message}"),
        End::Failed { differences } => {
            let differences = changes(differences);
            writeln!(text, "{BAD}failed{BAD:#} {file}: {why}\n{differences}")
        }
    };
}

/// What was expected and is not, and what is instead.
fn changes(differences: &[Difference]) -> String {
    let mut text = String::new();
    for difference in differences {
        let step = difference
            .step
            .map_or_else(|| "the policy".into(), |step| format!("step {step}"));
        let (expected, seen) = (
            lines(difference.expected.as_ref()),
            lines(Some(&difference.seen)),
        );
        let _ = writeln!(
            text,
            "  {step}: {BAD}- expected{BAD:#}, {GOOD}+ seen{GOOD:#}"
        );
        for change in TextDiff::from_lines(&expected, &seen).iter_all_changes() {
            let (sign, style) = match change.tag() {
                ChangeTag::Delete => ('-', BAD),
                ChangeTag::Insert => ('+', GOOD),
                ChangeTag::Equal => (' ', Style::new()),
            };
            let line = change.value().trim_end_matches('\n');
            let _ = writeln!(text, "    {style}{sign} {line}{style:#}");
        }
        if difference.expected.is_none() {
            let _ = writeln!(
                text,
                "    nothing is expected yet; --bless writes what was seen"
            );
        }
    }
    text
}

/// The same without colours.
pub(super) fn plain(differences: &[Difference]) -> String {
    anstream::adapter::strip_str(&changes(differences)).to_string()
}

fn lines(value: Option<&Json>) -> String {
    value
        .map(|value| format!("{value:#}\n"))
        .unwrap_or_default()
}

fn reached(
    text: &mut String,
    Reach {
        policy,
        rules,
        unreached,
        ..
    }: &Reach,
) {
    let reached = rules.saturating_sub(unreached.len());
    let _ = writeln!(text, "{policy}: {reached} of {rules} rules are reached");
    for rule in unreached {
        let _ = writeln!(
            text,
            "  {DOUBTFUL}{rule}{DOUBTFUL:#} {FAINT}by no case{FAINT:#}"
        );
    }
}

fn summary(tried: &[Tried]) -> String {
    let count = |wanted: fn(&End) -> bool| tried.iter().filter(|tried| wanted(&tried.end)).count();
    let counts = [
        (count(|end| matches!(end, End::Passed)), GOOD, "passed"),
        (
            count(|end| matches!(end, End::Blessed)),
            DOUBTFUL,
            "blessed",
        ),
        (
            count(|end| matches!(end, End::Failed { .. })),
            BAD,
            "failed",
        ),
        (
            count(|end| matches!(end, End::Broken { .. })),
            BAD,
            "broken",
        ),
        (
            count(|end| matches!(end, End::Skipped { .. })),
            DOUBTFUL,
            "skipped",
        ),
    ];
    let counts = counts.into_iter().filter(|(count, ..)| *count > 0);
    let counts: Vec<_> = counts
        .map(|(count, style, what)| format!("{style}{count} {what}{style:#}"))
        .collect();
    counts.join(", ") + "\n"
}
