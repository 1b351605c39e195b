//! `diff`: turns two policies and a log into the recorded calls that they decide differently.
//!
//! It never guesses: a call that is decided by something that no line holds is undecidable, and said to be.

mod log;
mod side;
#[cfg(test)]
mod tests;

use crate::input::Input;
use crate::screen::{BAD, DOUBTFUL, Ended, Ending, FAINT, GOOD, Screen, plain};
use log::{Call, Line};
use mcp_policy::Millis;
use serde::Serialize;
use serde_json::Value as Json;
use side::{Side, Verdict};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Find the recorded calls that another policy would decide otherwise
///
/// Lines are those of the audit log, with or without what a host puts before them, or JSON-RPC requests. Both policies
/// begin to count with the first line. Other lines are left out.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The policy as it is.
    old: PathBuf,
    /// The policy as it is to be.
    new: PathBuf,
    /// The calls; `-` is the standard input.
    #[arg(long, value_name = "FILE")]
    calls: PathBuf,
}

/// A call that is decided otherwise.
#[derive(Serialize)]
struct Change {
    line: usize,
    method: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<String>,
    old: Verdict,
    new: Verdict,
}

/// What became of the lines.
#[derive(Default, Serialize)]
struct Report {
    /// Calls that both policies decide alike.
    same: usize,
    otherwise: Vec<Change>,
    /// The lines of calls that cannot be told, by why.
    undecidable: BTreeMap<String, Vec<usize>>,
    /// Lines that are no calls.
    other: usize,
}

pub(crate) fn run(args: &Args, screen: &Screen) -> Ended {
    let (old, new) = (Side::read(&args.old)?, Side::read(&args.new)?);
    let input = Input::read(&args.calls)?;
    let report = compare(old, new, &String::from_utf8_lossy(&input.bytes));
    if screen.json {
        screen.print_json(&report)?;
    } else {
        screen.print(shown(&input.name, &report))?;
    }
    Ok(Ending::of(report.otherwise.is_empty()))
}

fn compare(old: Side, new: Side, text: &str) -> Report {
    let mut pair = Pair {
        old,
        new,
        start: Millis(0),
    };
    let mut report = Report::default();
    for (index, line) in text.lines().enumerate() {
        let number = index.saturating_add(1);
        match log::read(number, line) {
            Line::Call(call) => pair.compare(call, &mut report),
            Line::Unruled => report.same = report.same.saturating_add(1),
            Line::Stranger if pair.knows_the_same_callers() => {
                report.same = report.same.saturating_add(1)
            }
            Line::Stranger => pair.vague("who called was not recorded".into(), number, &mut report),
            Line::Vague(why) => pair.vague(why, number, &mut report),
            Line::Other => report.other = report.other.saturating_add(1),
        }
    }
    report
}

struct Pair {
    old: Side,
    new: Side,
    /// The time of calls whose time is not known.
    start: Millis,
}

impl Pair {
    fn compare(&mut self, call: Call, report: &mut Report) {
        let old = self.old.judge(&call, self.start);
        let new = self.new.judge(&call, self.start);
        match (old, new) {
            (Ok(old), Ok(new)) if old.allowed == new.allowed => {
                report.same = report.same.saturating_add(1)
            }
            (Ok(old), Ok(new)) => report.otherwise.push(Change {
                line: call.line,
                method: call.method,
                name: call.name,
                caller: call.caller,
                old,
                new,
            }),
            _ if self.rules_are_the_same(&call) => report.same = report.same.saturating_add(1),
            (Err(why), _) | (_, Err(why)) => {
                report.undecidable.entry(why).or_default().push(call.line)
            }
        }
    }

    fn vague(&mut self, why: String, line: usize, report: &mut Report) {
        self.old.doubt_everything();
        self.new.doubt_everything();
        report.undecidable.entry(why).or_default().push(line);
    }

    fn knows_the_same_callers(&self) -> bool {
        ["grants", "identity"]
            .into_iter()
            .all(|key| self.is_alike(key))
    }

    fn is_alike(&self, key: &str) -> bool {
        self.old.document.get(key) == self.new.document.get(key)
    }

    /// Whatever the call holds, both policies ask the same of it, and count nothing that could differ.
    fn rules_are_the_same(&self, call: &Call) -> bool {
        let rules = |document: &Json| {
            let tables = ["tools", "prompts", "resources"];
            let entries = tables.map(|table| {
                let entries = document.get(table).and_then(Json::as_object);
                entries.map(|entries| matching(entries, call.name.as_deref().unwrap_or_default()))
            });
            let caller = call
                .caller
                .as_ref()
                .and_then(|caller| document.get("grants")?.get(caller));
            let tops = [
                "default",
                "hide",
                "all_tools",
                "methods",
                "sequence",
                "mode",
                "frozen",
                "identity",
            ];
            let tops = tops.map(|key| document.get(key).cloned());
            (entries, caller.cloned(), tops)
        };
        let counts = |document: &Json| {
            let rules = rules(document);
            let text = format!("{:?}", (rules.0, rules.2));
            document.get("sequence").is_some()
                || ["\"limits\"", "\"rate_limit\""]
                    .iter()
                    .any(|key| text.contains(key))
        };
        let alike = |key| self.old.document.get(key) == self.new.document.get(key);
        let all_alike = ["tools", "prompts", "resources", "grants"]
            .into_iter()
            .all(alike);
        rules(&self.old.document) == rules(&self.new.document)
            && (all_alike || !counts(&self.old.document))
    }
}

/// The entries that may be that of a name.
fn matching(entries: &serde_json::Map<String, Json>, name: &str) -> Vec<(String, Json)> {
    let may_be = |key: &str| {
        key.strip_suffix('*')
            .map_or(key == name, |prefix| name.starts_with(prefix))
    };
    let entries = entries.iter().filter(|(key, _)| may_be(key));
    entries
        .map(|(key, entry)| (key.clone(), entry.clone()))
        .collect()
}

fn shown(file: &str, report: &Report) -> String {
    let mut text = String::new();
    for change in &report.otherwise {
        let name = change.name.as_deref().unwrap_or(&change.method);
        let caller = change
            .caller
            .as_deref()
            .map(|caller| format!(" of {}", plain(caller)));
        let (old, new) = (verdict(&change.old), verdict(&change.new));
        let _ = writeln!(
            text,
            "{file}:{}: {}{}: {old} -> {new}",
            change.line,
            plain(name),
            caller.unwrap_or_default()
        );
    }
    for (why, lines) in &report.undecidable {
        let first = lines.first().copied().unwrap_or_default();
        let more = match lines.len().saturating_sub(1) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let _ = writeln!(
            text,
            "{file}:{first}{more}: {DOUBTFUL}undecidable{DOUBTFUL:#}: {}",
            plain(why)
        );
    }
    let undecidable: usize = report.undecidable.values().map(Vec::len).sum();
    let counts = [
        (report.same, GOOD, "decided alike"),
        (report.otherwise.len(), BAD, "decided otherwise"),
        (undecidable, DOUBTFUL, "undecidable"),
        (report.other, FAINT, "lines without a call"),
    ];
    let counts = counts.into_iter().filter(|(count, ..)| *count > 0);
    let counts: Vec<_> = counts
        .map(|(count, style, what)| format!("{style}{count} {what}{style:#}"))
        .collect();
    text + &counts.join(", ") + "\n"
}

fn verdict(verdict: &Verdict) -> String {
    match (verdict.allowed, &verdict.rule) {
        (true, _) => format!("{GOOD}allowed{GOOD:#}"),
        (false, None) => format!("{BAD}refused{BAD:#}"),
        (false, Some(rule)) => format!("{BAD}refused{BAD:#} by {}", plain(rule)),
    }
}
