//! What a line recorded of a call's arguments and of its caller.
//!
//! A value is known only if the log holds it, or says that the request does not have it.

use super::tree::Tree;
use crate::argument_path::value_read_by;
use crate::audit_line::AuditLine;
use mcp_policy_cases::value_path::{PathStep, steps};
use std::collections::BTreeMap;

/// The recorded values of a call.
#[derive(Clone, Debug, Default)]
pub(super) struct Recorded {
    /// The names of the arguments; `None` where all arguments are known, as in a recorded message.
    keys: Option<Vec<String>>,
    /// The paths in the arguments whose values are known, each with the value; `None` for an absent one.
    arguments: Vec<(Vec<PathStep>, Option<String>)>,
    /// The same for claims.
    claims: Vec<(Vec<PathStep>, Option<String>)>,
    /// The other facts by their names.
    facts: BTreeMap<String, Option<String>>,
    /// Names that the log withholds.
    withheld: Vec<String>,
}

impl Recorded {
    /// The values of a line.
    pub(super) fn of(line: &AuditLine) -> Self {
        let values = &line.values;
        let mut recorded = Self {
            keys: (line.has_arguments()).then(|| line.argument_keys.clone()),
            withheld: values.withheld().cloned().collect(),
            ..Self::default()
        };
        for (name, value) in values.known() {
            let value = value.map(str::to_owned);
            let inside = |root: &str| steps(name.strip_prefix(root)?);
            if let Some(steps) = inside("args") {
                recorded.arguments.push((steps, value));
            } else if let Some(steps) = inside("identity") {
                recorded.claims.push((steps, value));
            } else {
                recorded.facts.insert(name.into(), value);
            }
        }
        recorded
    }

    /// The arguments as one JSON value; `None` where the call has none.
    pub(super) fn arguments(&self) -> Option<String> {
        let keys = self.keys.as_ref()?;
        let mut tree = tree(&self.arguments);
        let is_given = |steps: &[PathStep]| match steps.first() {
            Some(PathStep::Member(name)) => keys.contains(name),
            _ => false,
        };
        let absent = self.arguments.iter().filter(|(_, value)| value.is_none());
        for (steps, _) in absent.filter(|(steps, _)| is_given(steps)) {
            tree.around(steps);
        }
        Some(tree.with_names(keys.iter()).text())
    }

    /// The claims as one JSON object; `None` where none is known.
    pub(super) fn claims(&self) -> Option<String> {
        let is_known = self.claims.iter().any(|(_, value)| value.is_some());
        is_known.then(|| tree(&self.claims).text())
    }

    /// All that is known about the caller, as a text that differs for different facts.
    pub(super) fn of_caller(&self) -> String {
        let Self { claims, facts, .. } = self;
        format!("{claims:?} {facts:?}")
    }

    /// The text of a fact as JSON: `Some(None)` where the request does not have it, `None` where it is unknown.
    pub(super) fn fact(&self, name: &str) -> Option<Option<&str>> {
        self.facts.get(name).map(Option::as_deref)
    }

    /// The JSON of a known value, by the name of the fact.
    pub(super) fn value(&self, name: &str) -> Option<Option<String>> {
        let claim = name.strip_prefix("identity").and_then(steps);
        let Some(claim) = claim else {
            return self.facts.get(name).cloned();
        };
        let mut claims = self.claims.iter();
        claims
            .find(|(own, _)| *own == claim)
            .map(|(_, value)| value.clone())
    }

    /// The recorded headers, each with its value as JSON.
    pub(super) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let facts = self.facts.iter();
        facts.filter_map(|(name, value)| Some((name.strip_prefix("header.")?, value.as_deref()?)))
    }

    /// Why the value at a path of a condition is unknown: what the log did with it; `None` for a known one.
    pub(super) fn unknown(&self, path: &str) -> Option<&'static str> {
        if self.knows(path) {
            return None;
        }
        let is_withheld = self.withheld.iter().any(|name| name == path);
        Some(match is_withheld {
            true => "which the log withholds",
            false => "which was not recorded",
        })
    }

    fn knows(&self, path: &str) -> bool {
        let path = value_read_by(path);
        if path == "args" || path.starts_with("args.") || path.starts_with("args[") {
            return self.knows_argument(path.strip_prefix("args").unwrap_or_default());
        }
        match path.strip_prefix("identity") {
            Some(rest) => steps(rest).is_some_and(|steps| covers(&self.claims, &steps)),
            None => self.facts.contains_key(path),
        }
    }

    fn knows_argument(&self, rest: &str) -> bool {
        let Some(keys) = &self.keys else {
            return true;
        };
        let Some(steps) = steps(rest) else {
            return false;
        };
        if covers(&self.arguments, &steps) {
            return true;
        }
        match steps.first() {
            None => keys.is_empty(),
            Some(PathStep::Member(name)) => !keys.iter().any(|key| may_be(key, name)),
            Some(PathStep::Element(_)) => false,
        }
    }
}

fn tree(values: &[(Vec<PathStep>, Option<String>)]) -> Tree {
    let values = values.iter();
    Tree::of(values.filter_map(|(steps, value)| Some((&steps[..], value.as_deref()?))))
}

/// Whether some recorded value is at the path, or above it.
fn covers(values: &[(Vec<PathStep>, Option<String>)], steps: &[PathStep]) -> bool {
    values.iter().any(|(known, _)| steps.starts_with(known))
}

/// Whether a server may read the argument `key` as the one of this name.
fn may_be(key: &str, name: &str) -> bool {
    key == "__proto__" || fold(name) == fold(key)
}

/// Some servers confuse names that differ only by case or by a NUL.
fn fold(name: &str) -> String {
    name.to_uppercase().to_lowercase().replace('\0', "")
}
