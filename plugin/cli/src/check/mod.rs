//! `check`: turns policies into what is wrong with them, and what their author should think about.
//!
//! It shows where, and never shows a line that may hold a token.

mod lint;
mod show;
#[cfg(test)]
mod tests;
mod tools;

use crate::input::Input;
use crate::screen::{Ended, Ending, Screen};
use crate::source::Source;
use lint::Finding;
use mcp_policy::{Policy, PolicyError, Problem};
use serde::Serialize;
use std::ops::Range;
use std::path::PathBuf;
use tools::Listed;

/// Check policies: every mistake with its place, and what to think about
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The policies; `-` is the standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// What a server's `tools/list` answers: names and arguments are held against it.
    #[arg(long, value_name = "FILE")]
    tools: Option<PathBuf>,
    /// Fail on warnings too.
    #[arg(long)]
    deny_warnings: bool,
    /// Do not warn of this, such as `session-scope`; may be given several times.
    #[arg(long, value_name = "NAME")]
    allow: Vec<String>,
}

/// How much something matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    /// No gateway accepts the policy.
    Error,
    /// It may not do what its author meant.
    Warning,
    /// It does what it says, and that is less than some readers think.
    Note,
}

/// A finding with its place in a file.
#[derive(Debug, Serialize)]
struct Placed {
    level: Level,
    name: &'static str,
    at: String,
    line: usize,
    column: usize,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    /// Where else the same is so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also: Vec<String>,
    #[serde(skip)]
    span: Range<usize>,
}

#[derive(Serialize)]
struct Report {
    file: String,
    findings: Vec<Placed>,
}

pub(crate) fn run(args: &Args, screen: &Screen) -> Ended {
    let tools = args.tools.as_deref().map(Listed::read).transpose()?;
    let mut reports = Vec::new();
    for file in &args.files {
        let input = Input::read(file)?;
        let mut findings = check(&input.bytes, tools.as_ref());
        findings.retain(|finding| {
            finding.level == Level::Error || args.allow.iter().all(|name| name != finding.name)
        });
        if !screen.json {
            screen.print(show::text(&input, &findings))?;
        }
        reports.push(Report {
            file: input.name,
            findings,
        });
    }
    if screen.json {
        screen.print_json(&reports)?;
    }
    let mut all = reports.iter().flat_map(|report| &report.findings);
    let fails = |level| level == Level::Error || args.deny_warnings && level == Level::Warning;
    Ok(Ending::of(!all.any(|finding| fails(finding.level))))
}

fn check(bytes: &[u8], tools: Option<&Listed>) -> Vec<Placed> {
    let parsed = Policy::parse(bytes);
    let document = match Policy::document(bytes) {
        Ok(document) => document,
        Err(error) => return vec![unreadable(bytes, &error)],
    };
    let text = String::from_utf8_lossy(bytes);
    let root = document.root();
    let findings = match &parsed {
        Ok(policy) => lint::all(policy, root, tools),
        Err(errors) => errors.iter().map(mistake).collect(),
    };
    let source = Source::new(&text, root);
    let place = |finding: Finding| {
        let spot = source.find(&finding.at).or_else(|| source.find(""));
        let spot = spot.cloned().unwrap_or_default();
        let span = spot.name.filter(|_| finding.on_name).unwrap_or(spot.value);
        Placed::new(finding, span, &source, &text)
    };
    let mut placed: Vec<_> = findings.into_iter().map(place).collect();
    placed.sort_by_key(|finding| finding.span.start);
    placed
}

/// A document that is no JSON has one mistake, at a line and column.
fn unreadable(bytes: &[u8], error: &PolicyError) -> Placed {
    let text = String::from_utf8_lossy(bytes);
    let (line, column) = match error.problem {
        Problem::Json { line, column, .. } => (line, column),
        _ => (1, 1),
    };
    let source = Source::of_text(&text);
    let at = source.offset(&text, line, column);
    let next = text.get(at..).and_then(|rest| rest.chars().next());
    let end = at.saturating_add(next.map_or(0, char::len_utf8));
    Placed::new(mistake(error), at..end, &source, &text)
}

fn mistake(error: &PolicyError) -> Finding {
    let (name, on_name) = match &error.problem {
        Problem::Json { .. } => ("json", false),
        Problem::Unknown { .. } => ("unknown-key", true),
        Problem::NotYet(_) => ("not-yet", true),
        Problem::Missing(_) => ("missing-key", true),
        Problem::Unfit { .. } => ("unfit-value", false),
    };
    let message = match &error.problem {
        Problem::Json { fault, .. } => fault.clone(),
        problem => problem.to_string(),
    };
    Finding {
        level: Level::Error,
        name,
        at: error.at.clone(),
        on_name,
        message,
        help: None,
        also: Vec::new(),
    }
}

impl Placed {
    fn new(finding: Finding, span: Range<usize>, source: &Source, text: &str) -> Self {
        let (line, column) = source.line_and_column(text, span.start);
        Self {
            level: finding.level,
            name: finding.name,
            at: finding.at,
            line,
            column,
            message: finding.message,
            help: finding.help,
            also: finding.also,
            span,
        }
    }
}
