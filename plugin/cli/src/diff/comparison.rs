//! Replays a log under two policies side by side.
//!
//! It never reports a difference that depends on an unrecorded fact.

use super::call::Call;
use super::log::{self, Line};
use super::policy_replay::PolicyReplay;
use super::report::DiffReport;
use crate::input::Input;
use crate::report::CommandResult;
use mcp_policy::host::Millis;
use serde_json::{Map, Value as Json};

/// Finds the recorded calls that two policies decide differently.
///
/// Lines are those of the audit log, with or without the prefix of a host, or JSON-RPC requests. Both policies begin to
/// count with the first line.
///
/// # Errors
/// The first mistake of a policy.
pub fn diff(old: &Input, new: &Input, log: &Input) -> CommandResult<DiffReport> {
    let (old, new) = (PolicyReplay::read(old)?, PolicyReplay::read(new)?);
    Ok(DiffReport {
        log: log.name.clone(),
        ..compare(old, new, &String::from_utf8_lossy(&log.bytes))
    })
}

pub(super) fn compare(old: PolicyReplay, new: PolicyReplay, log: &str) -> DiffReport {
    let start = Millis(0);
    let mut comparison = Comparison {
        old,
        new,
        start,
        report: DiffReport::default(),
    };
    for (number, line) in (1..).zip(log.lines()) {
        comparison.add(number, log::read(number, line));
    }
    comparison.report
}

struct Comparison {
    old: PolicyReplay,
    new: PolicyReplay,
    /// The time of calls without a recorded time.
    start: Millis,
    report: DiffReport,
}

impl Comparison {
    fn add(&mut self, number: usize, line: Line) {
        match line {
            Line::Call(call) => self.call(call),
            Line::Unruled => self.report.add_same(),
            Line::UnknownCaller if self.callers_are_the_same() => self.report.add_same(),
            Line::UnknownCaller => self.undecidable("the caller was not recorded".into(), number),
            Line::Undecidable(why) => self.undecidable(why, number),
            Line::Other => self.report.add_other(),
        }
    }

    fn call(&mut self, call: Call) {
        let old = self.old.judge(&call, self.start);
        let new = self.new.judge(&call, self.start);
        match (old, new) {
            (Ok(old), Ok(new)) if old.allowed == new.allowed => self.report.add_same(),
            (Ok(old), Ok(new)) => self.report.add_change(call, old, new),
            _ if self.rules_are_the_same(&call) => self.report.add_same(),
            (Err(why), _) | (_, Err(why)) => self.report.add_undecidable(why, call.line),
        }
    }

    fn undecidable(&mut self, why: String, line: usize) {
        self.old.doubt_everything();
        self.new.doubt_everything();
        self.report.add_undecidable(why, line);
    }

    fn callers_are_the_same(&self) -> bool {
        self.are_the_same(&["grants", "identity"])
    }

    fn are_the_same(&self, keys: &[&str]) -> bool {
        let mut keys = keys.iter();
        keys.all(|key| self.old.document.get(key) == self.new.document.get(key))
    }

    /// For any content of the call, both policies have the same rules for it, and no count of theirs could differ.
    fn rules_are_the_same(&self, call: &Call) -> bool {
        let old = Rules::of(call, &self.old.document);
        let tables = ["tools", "prompts", "resources", "grants"];
        old == Rules::of(call, &self.new.document)
            && (self.are_the_same(&tables) || !old.count_calls())
    }
}

/// The parts of a policy that decide about a call.
#[derive(PartialEq)]
struct Rules<'a> {
    /// By table; `None` where the policy has no such table.
    entries: [Option<Vec<(&'a String, &'a Json)>>; 3],
    caller: Option<&'a Json>,
    for_all: [Option<&'a Json>; 7],
    sequence: Option<&'a Json>,
}

impl<'a> Rules<'a> {
    fn of(call: &Call, policy: &'a Json) -> Self {
        let caller = call.caller.as_ref();
        let name = call.name.as_deref().unwrap_or_default();
        let for_all = [
            "default",
            "hide",
            "all_tools",
            "methods",
            "mode",
            "frozen",
            "identity",
        ];
        Self {
            entries: ["tools", "prompts", "resources"]
                .map(|table| Some(entries(name, policy.get(table)?.as_object()?))),
            caller: caller.and_then(|caller| policy.get("grants")?.get(caller)),
            for_all: for_all.map(|key| policy.get(key)),
            sequence: policy.get("sequence"),
        }
    }

    fn count_calls(&self) -> bool {
        let entries = self.entries.iter().flatten().flatten();
        let rules = entries.map(|(_, entry)| *entry);
        let mut rules = rules.chain(self.for_all.into_iter().flatten());
        self.sequence.is_some() || rules.any(has_limits)
    }
}

/// Whether a limit is anywhere in the rules.
fn has_limits(rules: &Json) -> bool {
    let text = rules.to_string();
    let mut keys = ["\"limits\"", "\"rate_limit\""].iter();
    keys.any(|key| text.contains(key))
}

/// The entries of a table that may be that of a name.
fn entries<'a>(name: &str, table: &'a Map<String, Json>) -> Vec<(&'a String, &'a Json)> {
    let may_be = |key: &str| {
        let prefix = key.strip_suffix('*');
        prefix.map_or(key == name, |prefix| name.starts_with(prefix))
    };
    table.iter().filter(|(key, _)| may_be(key)).collect()
}
