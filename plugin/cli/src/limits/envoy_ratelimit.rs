//! Turns limits into the configuration of envoyproxy/ratelimit, and what a running one shows into limits.
//!
//! The format: <https://github.com/envoyproxy/ratelimit#configuration>. A descriptor without a value counts each value apart.
//! It never writes a window of another length, or a key that matches more than itself.

use super::kept::{Kept, Problem, without};
use crate::input::Input;
use crate::report::{CommandError, CommandResult};
use crate::sanitize::line;
use crate::yaml::quoted;
use mcp_policy::document::{LimitInfo, SharedLimits};
use mcp_policy::host::Window;
use std::fmt::Write as _;

pub(super) const NOTES_OF_ATOMIC: &[&str] = &[
    "with `counters.atomic`, set STOP_CACHE_KEY_INCREMENT_WHEN_OVERLIMIT=true in the environment of the service: without it a refused call is added to its other counters",
];

/// The units, each with its seconds. All windows are multiples since the epoch, as those of the policy.
const UNITS: [(&str, u64); 7] = [
    ("second", 1),
    ("minute", 60),
    ("hour", 3600),
    ("day", 86_400),
    ("week", 7 * 86_400),
    ("month", 30 * 86_400),
    ("year", 365 * 86_400),
];

const WRITE_WINDOW: &str =
    r#"write a "window" of "second", "minute", "hour", "day", "7d", "30d" or "365d""#;

const WRITE: &str = "write the answer of the service's `/rlconfig`";

pub(super) fn problems(shared: &SharedLimits) -> Vec<Problem> {
    let problems = shared.limits.iter().filter_map(|limit| {
        let message = problem(limit, shared)?;
        Some(Problem {
            at: limit.pointer.clone(),
            message: format!("envoyproxy/ratelimit {message}"),
        })
    });
    problems.collect()
}

fn problem(limit: &LimitInfo, shared: &SharedLimits) -> Option<String> {
    if unit(limit).is_none() {
        return Some(match limit.window {
            Window::Seconds(seconds) => {
                format!("has no windows of {seconds} seconds; {WRITE_WINDOW}")
            }
            other => format!("has no {}", without(other)),
        });
    }
    if limit.counter.contains('*') {
        return Some("takes `*` in the name of a counter for a pattern; write `limits` with a `counter` without it".into());
    }
    let mut others = shared.limits.iter();
    let other = others.find(|other| is_mistaken(&limit.counter, &other.counter))?;
    let other = &other.pointer;
    Some(format!(
        "mistakes this counter for a subject of {other}; write another `counter`"
    ))
}

/// Whether the service may take the id of a counter for the id of another one with a subject, which it joins by `_`. Subjects
/// begin with their length and `:`, or are codes that nobody can foresee.
fn is_mistaken(id: &str, other: &str) -> bool {
    let rest = id
        .strip_prefix(other)
        .and_then(|rest| rest.strip_prefix('_'));
    let length = rest.and_then(|rest| rest.split_once(':'));
    length.is_some_and(|(length, _)| length.bytes().all(|byte| byte.is_ascii_digit()))
}

fn unit(limit: &LimitInfo) -> Option<&'static str> {
    let Window::Seconds(seconds) = limit.window else {
        return None;
    };
    let mut units = UNITS.iter();
    units
        .find(|(_, length)| *length == seconds)
        .map(|(unit, _)| *unit)
}

pub(super) fn configuration(shared: &SharedLimits) -> String {
    let mut text = format!("domain: {}\ndescriptors:", quoted(&shared.domain));
    if shared.limits.is_empty() {
        return text + " []\n";
    }
    text.push('\n');
    for limit in &shared.limits {
        let _ = write!(
            text,
            "- key: {}\n  rate_limit:\n    unit: {}\n    requests_per_unit: {}\n",
            quoted(&limit.counter),
            unit(limit).unwrap_or_default(),
            limit.max
        );
    }
    text
}

pub(super) fn expected(shared: &SharedLimits) -> Vec<Kept> {
    let limits = shared.limits.iter().map(|limit| Kept {
        key: limit.counter.clone(),
        name: limit.counter.clone(),
        numbers: numbers(&limit.max.to_string(), unit(limit).unwrap_or_default()),
    });
    limits.collect()
}

fn numbers(max: &str, unit: &str) -> String {
    format!("requests_per_unit {max}, unit {unit}")
}

/// The limits of the domain in an answer of `/rlconfig`.
pub(super) fn running(input: &Input, domain: &str) -> CommandResult<Vec<Kept>> {
    let text = String::from_utf8_lossy(&input.bytes);
    let mut limits = Vec::new();
    for (index, found) in text.lines().enumerate() {
        let limit = limit(found).ok_or_else(|| {
            let place = format!("{}:{}", input.name, index.saturating_add(1));
            CommandError::about(place, format!("found `{}`; {WRITE}", line(found, 100)))
        })?;
        let own = limit.key.strip_prefix(domain);
        if let Some(key) = own.and_then(|key| key.strip_prefix('.')) {
            limits.push(Kept {
                key: key.into(),
                name: key.into(),
                numbers: limit.numbers,
            });
        }
    }
    Ok(limits)
}

/// A line such as `mcp.key: unit=MINUTE requests_per_unit=10, shadow_mode: false, quota_mode: false`.
fn limit(line: &str) -> Option<Kept> {
    let (name, rest) = line.rsplit_once(": unit=")?;
    let (unit, rest) = rest.split_once(" requests_per_unit=")?;
    let mut parts = rest.split(", ");
    let max = parts.next()?.parse::<u32>().ok()?;
    let mut numbers = numbers(&max.to_string(), &unit.to_ascii_lowercase());
    for mode in parts {
        let (mode, value) = mode.split_once(": ")?;
        // Each of these modes lets calls pass that exceed the limit.
        if value != "false" {
            let _ = write!(numbers, ", {mode} {value}");
        }
    }
    Some(Kept {
        key: name.into(),
        name: name.into(),
        numbers,
    })
}
