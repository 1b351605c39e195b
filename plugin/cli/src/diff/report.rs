//! The calls that two policies decide differently, as text and as JSON.
//!
//! It never counts a line twice.

use super::call::{Call, Verdict};
use crate::report::{CommandResult, ExitStatus, Report, to_json};
use crate::sanitize::printable;
use crate::style::{BAD, DIM, GOOD, WARNING};
use crate::summary;
use serde::Serialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// The calls that two policies decide differently.
#[derive(Debug, Default, Serialize)]
pub struct DiffReport {
    /// The log's name.
    #[serde(skip)]
    pub(super) log: String,
    /// Calls that both policies decide alike.
    pub(super) same: usize,
    pub(super) otherwise: Vec<Change>,
    /// The lines of undecidable calls, by the reason.
    pub(super) undecidable: BTreeMap<String, Vec<usize>>,
    /// Calls of other callers than the one that is asked for.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) of_others: usize,
    /// Lines that are not calls.
    pub(super) other: usize,
    #[serde(skip)]
    pub(super) deny_undecidable: bool,
}

/// The end of a reason that names a value.
const UNRECORDED: &str = ", which was not recorded";

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// A call that the policies decide differently.
#[derive(Debug, Serialize)]
pub(super) struct Change {
    pub(super) line: usize,
    method: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<String>,
    pub(super) old: Verdict,
    pub(super) new: Verdict,
}

impl DiffReport {
    pub(super) fn add_same(&mut self) {
        self.same = self.same.saturating_add(1);
    }

    pub(super) fn add_of_others(&mut self) {
        self.of_others = self.of_others.saturating_add(1);
    }

    pub(super) fn add_other(&mut self) {
        self.other = self.other.saturating_add(1);
    }

    pub(super) fn add_undecidable(&mut self, why: String, line: usize) {
        self.undecidable.entry(why).or_default().push(line);
    }

    pub(super) fn add_change(&mut self, call: Call, old: Verdict, new: Verdict) {
        self.otherwise.push(Change {
            line: call.line,
            method: call.method,
            name: call.name,
            caller: call.caller,
            server: call.server,
            old,
            new,
        });
    }

    fn undecided(&self) -> usize {
        self.undecidable.values().map(Vec::len).sum()
    }

    fn has_calls(&self) -> bool {
        let counts = [
            self.same,
            self.otherwise.len(),
            self.undecided(),
            self.of_others,
        ];
        counts.iter().any(|count| *count > 0)
    }

    /// What to open in the log, so that its next calls are decidable.
    fn help(&self) -> String {
        let reads = |why: &'_ String| {
            let path = why.strip_suffix(UNRECORDED)?.rsplit_once(" reads ")?.1;
            Some(path.to_owned())
        };
        let paths: BTreeSet<_> = self.undecidable.keys().filter_map(reads).collect();
        let (arguments, facts): (Vec<_>, Vec<_>) =
            paths.into_iter().partition(|path| path.starts_with("args"));
        let opened = [("arguments", arguments), ("facts", facts)].into_iter();
        let opened = opened.filter(|(_, paths)| !paths.is_empty());
        let opened = opened.map(|(key, paths)| format!("\"{key}\": {}", json!(paths)));
        let opened: Vec<_> = opened.collect();
        match opened.is_empty() {
            true => String::new(),
            false => format!(
                "help: the log has these values from when the policy in force has \"audit\": {{ {} }}\n",
                printable(&opened.join(", "))
            ),
        }
    }

    fn summary(&self) -> String {
        summary::counts(&[
            (self.same, GOOD, "decided alike"),
            (self.otherwise.len(), BAD, "decided differently"),
            (self.undecided(), WARNING, "undecidable"),
            (self.of_others, DIM, "of other callers"),
            (self.other, DIM, "lines that are not calls"),
        ])
    }
}

impl Report for DiffReport {
    fn status(&self) -> ExitStatus {
        let decided = self.undecidable.is_empty() || !self.deny_undecidable;
        ExitStatus::from_clean(self.otherwise.is_empty() && decided && self.has_calls())
    }

    fn text(&self) -> String {
        let log = &self.log;
        if !self.has_calls() {
            return format!(
                "{log}: no call was found; it has neither lines of the audit log nor JSON-RPC requests\n"
            );
        }
        let changes = self.otherwise.iter().map(|change| change.line(log));
        let mut undecidable: Vec<_> = self.undecidable.iter().collect();
        undecidable.sort_by_key(|(_, lines)| lines.first());
        let undecidable = undecidable.into_iter();
        let undecidable = undecidable.map(|(why, lines)| undecidable_line(log, why, lines));
        let lines: String = changes.chain(undecidable).collect();
        lines + &self.help() + &self.summary() + "\n"
    }

    fn json(&self) -> CommandResult<String> {
        to_json(self)
    }
}

impl Change {
    fn line(&self, log: &str) -> String {
        let name = printable(self.name.as_deref().unwrap_or(&self.method));
        let told = |before: &str, name: &Option<String>| {
            let name = name.as_deref().map(printable);
            name.map_or_else(String::new, |name| format!(" {before} {name}"))
        };
        let (caller, server) = (told("of", &self.caller), told("at", &self.server));
        let (old, new) = (verdict(&self.old), verdict(&self.new));
        format!(
            "{log}:{}: {name}{caller}{server}: {old} -> {new}\n",
            self.line
        )
    }
}

fn undecidable_line(log: &str, why: &str, lines: &[usize]) -> String {
    let first = lines.first().copied().unwrap_or_default();
    let more = match lines.len().saturating_sub(1) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let why = printable(why);
    format!("{log}:{first}{more}: {WARNING}undecidable{WARNING:#}: {why}\n")
}

fn verdict(verdict: &Verdict) -> String {
    match (verdict.allowed, &verdict.rule) {
        _ if verdict.needs_approval => approved(verdict),
        (true, _) => format!("{GOOD}allowed{GOOD:#}"),
        (false, None) => format!("{BAD}refused{BAD:#}"),
        (false, Some(rule)) => format!("{BAD}refused{BAD:#} by {}", printable(rule)),
    }
}

fn approved(verdict: &Verdict) -> String {
    let rule = verdict.rule.as_deref().map(printable);
    let by = rule.map_or_else(String::new, |rule| format!(" by {rule}"));
    match verdict.allowed {
        true => format!("{GOOD}allowed{GOOD:#} by a person"),
        false => format!("{WARNING}needs an approval{WARNING:#}{by}"),
    }
}
