//! The rows of a report's tables: the keys and the counts, and how counts are added.
//!
//! A name is never longer than the log has it.

use super::answers::increment;
use super::tally::{Count, add_all};
use crate::audit_line::AuditLine;
use serde::Serialize;
use std::collections::BTreeMap;

/// The most callers that are told apart for a refusal.
const CALLERS: usize = 20;
/// The most characters of a name, as in the log.
const NAME: usize = 256;

/// A caller, and the target of its requests.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Called {
    /// `None` for callers that the policy does not admit.
    pub(super) caller: Option<String>,
    #[serde(flatten)]
    pub(super) asked: Asked,
}

/// The target of requests.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Asked {
    pub(super) server: Option<String>,
    pub(super) method: Option<String>,
    /// The tool, the prompt or the URI.
    pub(super) name: Option<String>,
}

/// The decisions about requests.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Calls {
    pub(super) allowed: u64,
    pub(super) refused: u64,
    /// Allowed requests that a rule in shadow mode would have refused.
    pub(super) shadow: u64,
    /// Responses that were withheld.
    pub(super) withheld: u64,
}

/// The rule that refused.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct RefusedBy {
    pub(super) reason: String,
    pub(super) rule: Option<String>,
    /// Whether the refusal was not enforced.
    pub(super) shadow: bool,
}

/// Refusals, and whose requests were refused.
#[derive(Debug, Default, Serialize)]
pub(super) struct Refusals {
    pub(super) count: u64,
    #[serde(serialize_with = "rows")]
    pub(super) callers: BTreeMap<String, u64>,
    /// Refusals of callers beyond those.
    pub(super) other_callers: u64,
}

/// A limit, and the caller whose calls it counted.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct CountedBy {
    pub(super) rule: String,
    pub(super) caller: Option<String>,
}

/// The highest use of a limit.
#[derive(Debug, Default, Serialize)]
pub(super) struct Peak {
    pub(super) used: f64,
    pub(super) max: f64,
    /// The time of the highest use.
    pub(super) at: String,
    /// The calls after which the limit was almost used up.
    pub(super) calls: u64,
}

/// The rule that redacted, and the kind of the texts.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct RedactedBy {
    pub(super) kind: String,
    pub(super) rule: String,
}

/// Redactions.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Redactions {
    pub(super) texts: u64,
    pub(super) responses: u64,
}

/// The name as the log would have cut it.
pub(super) fn cut(name: &str) -> String {
    name.chars().take(NAME).collect()
}

impl Called {
    pub(super) fn of(line: &AuditLine) -> Self {
        Self {
            caller: line.grant.as_deref().map(cut),
            asked: Asked::of(line),
        }
    }
}

impl Asked {
    pub(super) fn of(line: &AuditLine) -> Self {
        Self {
            server: line.server.as_deref().map(cut),
            method: line.method.as_deref().map(cut),
            name: line.name().map(|name| cut(name)),
        }
    }

    /// The tool alone, or the method and the target.
    pub(super) fn text(&self) -> String {
        let method = self.method.as_deref().unwrap_or_default();
        match (method, &self.name) {
            ("tools/call", Some(tool)) => tool.clone(),
            (method, Some(name)) => format!("{method} {name}"),
            (method, None) => method.into(),
        }
    }
}

impl Count for Calls {
    fn merge(&mut self, other: Self) {
        add_all([
            (&mut self.allowed, other.allowed),
            (&mut self.refused, other.refused),
            (&mut self.shadow, other.shadow),
            (&mut self.withheld, other.withheld),
        ]);
    }

    fn weight(&self) -> u64 {
        self.allowed.saturating_add(self.refused)
    }
}

impl Refusals {
    /// Adds a refusal of a request of this caller; the name of one that is not admitted is empty.
    pub(super) fn add(&mut self, caller: String) {
        increment(&mut self.count);
        self.add_caller(caller, 1);
    }

    fn add_caller(&mut self, caller: String, times: u64) {
        let is_full = self.callers.len() >= CALLERS && !self.callers.contains_key(&caller);
        let count = match is_full {
            true => &mut self.other_callers,
            false => self.callers.entry(caller).or_default(),
        };
        *count = count.saturating_add(times);
    }
}

impl Count for Refusals {
    fn merge(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.other_callers = self.other_callers.saturating_add(other.other_callers);
        for (caller, times) in other.callers {
            self.add_caller(caller, times);
        }
    }

    fn weight(&self) -> u64 {
        self.count
    }
}

impl Count for Peak {
    fn merge(&mut self, other: Self) {
        self.calls = self.calls.saturating_add(other.calls);
        if self.max <= 0.0 || other.used * self.max >= self.used * other.max {
            self.used = other.used;
            self.max = other.max;
            self.at = other.at;
        }
    }

    fn weight(&self) -> u64 {
        self.calls
    }
}

impl Count for Redactions {
    fn merge(&mut self, other: Self) {
        self.texts = self.texts.saturating_add(other.texts);
        self.responses = self.responses.saturating_add(other.responses);
    }

    fn weight(&self) -> u64 {
        self.texts
    }
}

/// The callers as a list, the name of those that are not admitted as `null`.
fn rows<S: serde::Serializer>(
    callers: &BTreeMap<String, u64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Row<'c> {
        caller: Option<&'c str>,
        count: u64,
    }
    serializer.collect_seq(callers.iter().map(|(caller, count)| Row {
        caller: Some(caller.as_str()).filter(|caller| !caller.is_empty()),
        count: *count,
    }))
}
