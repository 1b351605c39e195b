//! Turns limits into the limits file of Limitador, and what a running Limitador shows into limits.
//!
//! The format: <https://github.com/Kuadrant/limitador/blob/main/doc/how-it-works.md>. It never counts by the position of a
//! counter in a question where a question may be about several.

use super::kept::{Kept, Problem, without};
use crate::input::Input;
use crate::report::{CommandError, CommandResult};
use crate::sanitize::line;
use crate::yaml::{self, quoted};
use mcp_policy::document::{LimitInfo, SharedLimits};
use mcp_policy::host::Window;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fmt::Write as _;

pub(super) const NOTES: &[&str] =
    &["Limitador begins a window with the first call of a subject, not at a full minute or hour"];

const WRITE: &str = "write the answer of `GET /limits/<domain>`, or the limits file in YAML";

/// The calls that a limit counts: all conditions hold, and each value of the variables is counted apart.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Matches {
    conditions: BTreeSet<String>,
    variables: BTreeSet<String>,
}

/// A limit of Limitador's file and of its answers.
#[derive(Debug, Deserialize)]
struct Entry {
    namespace: String,
    #[serde(default)]
    max_value: u64,
    seconds: u64,
    #[serde(default)]
    conditions: Option<BTreeSet<String>>,
    #[serde(default)]
    variables: Option<BTreeSet<String>>,
}

pub(super) fn problems(shared: &SharedLimits) -> Vec<Problem> {
    let problem = |limit: &LimitInfo| {
        let window = match limit.window {
            Window::Seconds(_) => return None,
            other => without(other),
        };
        Some(Problem {
            at: limit.pointer.clone(),
            message: format!("Limitador has no {window}"),
        })
    };
    shared.limits.iter().filter_map(problem).collect()
}

fn seconds(limit: &LimitInfo) -> Option<u64> {
    match limit.window {
        Window::Seconds(seconds) => Some(seconds),
        _ => None,
    }
}

pub(super) fn configuration(shared: &SharedLimits) -> String {
    if shared.limits.is_empty() {
        return "[]\n".into();
    }
    let mut text = String::new();
    for limit in &shared.limits {
        let Matches {
            conditions,
            variables,
        } = matches(limit, shared);
        let _ = write!(
            text,
            "- namespace: {}\n  name: {}\n  max_value: {}\n  seconds: {}\n  conditions: {}\n  variables: {}\n",
            quoted(&shared.domain),
            quoted(&limit.pointer),
            limit.max,
            seconds(limit).unwrap_or_default(),
            list(&conditions),
            list(&variables)
        );
    }
    text
}

fn list(texts: &BTreeSet<String>) -> String {
    let texts: Vec<_> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", texts.join(", "))
}

/// The expressions for the subject of a counter: the value of the counter's id in one of the descriptors. Over HTTP there is
/// one for all counters.
fn matches(limit: &LimitInfo, shared: &SharedLimits) -> Matches {
    let key = literal(&limit.counter);
    if !shared.atomic || shared.of_limitador {
        // A variable without a value makes the limit count nothing, so no condition is needed.
        let variables = BTreeSet::from([format!("descriptors[0][{key}]")]);
        return Matches {
            conditions: BTreeSet::new(),
            variables,
        };
    }
    // Limitador takes the variable of a macro for one of the question, so only the name `descriptors` works. A position
    // beyond the end is an error, so the condition comes first.
    let has = format!("descriptors, {key} in descriptors");
    Matches {
        conditions: BTreeSet::from([format!("descriptors.exists({has})")]),
        variables: BTreeSet::from([format!("descriptors.filter({has})[0][{key}]")]),
    }
}

/// A text of the Common Expression Language, in ASCII.
fn literal(text: &str) -> String {
    let mut written = String::from("'");
    for char in text.chars() {
        let _ = match char {
            '\'' | '\\' => write!(written, "\\{char}"),
            ' '..='~' => write!(written, "{char}"),
            _ if u32::from(char) < 0x1_0000 => write!(written, "\\u{:04x}", u32::from(char)),
            _ => write!(written, "\\U{:08x}", u32::from(char)),
        };
    }
    written + "'"
}

pub(super) fn expected(shared: &SharedLimits) -> Vec<Kept> {
    let limits = shared.limits.iter().map(|limit| Kept {
        key: matches(limit, shared).key(),
        name: limit.counter.clone(),
        numbers: numbers(limit.max, seconds(limit).unwrap_or_default()),
    });
    limits.collect()
}

fn numbers(max: impl std::fmt::Display, seconds: u64) -> String {
    format!("max_value {max}, seconds {seconds}")
}

/// The limits of the domain in an answer of `GET /limits/<domain>`, or in a limits file.
pub(super) fn running(input: &Input, domain: &str) -> CommandResult<Vec<Kept>> {
    let entries = entries(input).map_err(|what| CommandError::about(&input.name, what))?;
    let entries = entries
        .into_iter()
        .filter(|entry| entry.namespace == domain);
    let limits = entries.map(|entry| {
        let matches = Matches {
            conditions: entry.conditions.unwrap_or_default(),
            variables: entry.variables.unwrap_or_default(),
        };
        Kept {
            key: matches.key(),
            name: matches.name(),
            numbers: numbers(entry.max_value, entry.seconds),
        }
    });
    Ok(limits.collect())
}

fn entries(input: &Input) -> Result<Vec<Entry>, String> {
    let json = serde_json::from_slice::<Json>(&input.bytes);
    let document = match json {
        Ok(json) => json,
        Err(_) => of_yaml(&input.bytes)?,
    };
    serde_json::from_value(document).map_err(|error| {
        let what = line(&error.to_string(), 200);
        format!("{what}; {WRITE}")
    })
}

fn of_yaml(bytes: &[u8]) -> Result<Json, String> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| format!("found bytes that are not UTF-8; {WRITE}"))?;
    let document = yaml::read(text).map_err(|fault| {
        let (place, what) = (fault.mark, line(&fault.what, 200));
        format!("{}:{}: {what}; {WRITE}", place.line, place.column)
    })?;
    Ok(document.root.json())
}

impl Matches {
    /// Equal for equal expressions alone.
    fn key(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    fn name(&self) -> String {
        let joined = |texts: &BTreeSet<String>| {
            let texts: Vec<_> = texts.iter().map(String::as_str).collect();
            texts.join(", ")
        };
        let (conditions, variables) = (joined(&self.conditions), joined(&self.variables));
        format!("conditions [{conditions}], variables [{variables}]")
    }
}
