//! Turns the results of cases into text: each failure as a difference of lines, and a line that sums up.
//!
//! It never shows a passed case, but for the count.

use super::case_result::{CaseResult, Difference, Verdict};
use super::coverage::{Coverage, Reach};
use crate::style::{BAD, DIM, GOOD, WARNING};
use crate::summary;
use anstyle::Style;
use serde_json::Value as Json;
use similar::{ChangeTag, TextDiff};
use std::fmt::Write as _;

pub(super) fn text(results: &[CaseResult], coverage: Option<&Coverage>) -> String {
    let mut text = String::new();
    results.iter().for_each(|result| case(&mut text, result));
    for reach in coverage.into_iter().flat_map(Coverage::policies) {
        reached(&mut text, reach);
    }
    text + &summary(results)
}

fn case(text: &mut String, result: &CaseResult) {
    let file = &result.file;
    let _ = match &result.verdict {
        Verdict::Passed => Ok(()),
        Verdict::Blessed { changed } => {
            let outcomes = outcomes(*changed);
            writeln!(
                text,
                "{WARNING}blessed{WARNING:#} {file}: {outcomes} changed"
            )
        }
        Verdict::Skipped { reason } => {
            writeln!(text, "{WARNING}skipped{WARNING:#} {file}: {reason}")
        }
        Verdict::Broken { message } => writeln!(text, "{BAD}broken{BAD:#} {file}: {message}"),
        Verdict::Failed { differences } => {
            let why = result.why.as_deref().unwrap_or_default();
            let differences = Colours::ON.differences(differences);
            writeln!(text, "{BAD}failed{BAD:#} {file}: {why}\n{differences}")
        }
    };
}

/// Differences for a reader that shows no colours.
pub(super) fn without_colours(differences: &[Difference]) -> String {
    Colours::OFF.differences(differences)
}

/// The colours of a difference.
struct Colours {
    expected: Style,
    seen: Style,
}

impl Colours {
    const ON: Self = Self {
        expected: BAD,
        seen: GOOD,
    };
    const OFF: Self = Self {
        expected: Style::new(),
        seen: Style::new(),
    };

    fn differences(&self, differences: &[Difference]) -> String {
        let mut text = String::new();
        for difference in differences {
            self.difference(&mut text, difference);
        }
        text
    }

    fn difference(&self, text: &mut String, difference: &Difference) {
        let step = difference.step;
        let step = step.map_or_else(|| "the policy".into(), |step| format!("step {step}"));
        let Self { expected, seen } = self;
        let _ = writeln!(
            text,
            "  {step}: {expected}- expected{expected:#}, {seen}+ seen{seen:#}"
        );
        self.lines(text, difference);
        if difference.expected.is_none() {
            text.push_str("    no expectation yet; --bless writes the observed result\n");
        }
    }

    fn lines(&self, text: &mut String, difference: &Difference) {
        let expected = lines(difference.expected.as_ref());
        let seen = lines(Some(&difference.seen));
        for change in TextDiff::from_lines(&expected, &seen).iter_all_changes() {
            let (sign, style) = match change.tag() {
                ChangeTag::Delete => ('-', self.expected),
                ChangeTag::Insert => ('+', self.seen),
                ChangeTag::Equal => (' ', Style::new()),
            };
            let line = change.value().trim_end_matches('\n');
            let _ = writeln!(text, "    {style}{sign} {line}{style:#}");
        }
    }
}

fn lines(value: Option<&Json>) -> String {
    value
        .map(|value| format!("{value:#}\n"))
        .unwrap_or_default()
}

fn reached(text: &mut String, reach: &Reach) {
    let (policy, rules, unreached) = (&reach.policy, reach.rules, &reach.unreached);
    let reached = rules.saturating_sub(unreached.len());
    let _ = writeln!(text, "{policy}: {reached} of {rules} rules are reached");
    for rule in unreached {
        let _ = writeln!(text, "  {WARNING}{rule}{WARNING:#} {DIM}by no case{DIM:#}");
    }
}

fn outcomes(count: usize) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} outcome{plural}")
}

/// How many outcomes were rewritten.
fn changed(result: &CaseResult) -> usize {
    match result.verdict {
        Verdict::Blessed { changed } => changed,
        _ => 0,
    }
}

fn summary(results: &[CaseResult]) -> String {
    type IsOne = fn(&Verdict) -> bool;
    let changed: usize = results.iter().map(changed).sum();
    let blessed = format!("blessed ({} changed)", outcomes(changed));
    let kinds: [(IsOne, Style, &str); 5] = [
        (|one| matches!(one, Verdict::Passed), GOOD, "passed"),
        (
            |one| matches!(one, Verdict::Blessed { .. }),
            WARNING,
            &blessed,
        ),
        (|one| matches!(one, Verdict::Failed { .. }), BAD, "failed"),
        (|one| matches!(one, Verdict::Broken { .. }), BAD, "broken"),
        (
            |one| matches!(one, Verdict::Skipped { .. }),
            WARNING,
            "skipped",
        ),
    ];
    let counts = kinds.map(|(is_one, style, what)| {
        let count = results
            .iter()
            .filter(|result| is_one(&result.verdict))
            .count();
        (count, style, what)
    });
    summary::counts(&counts) + "\n"
}
