//! Counters that may or may not include earlier calls, and until when.
//!
//! It never ends a doubt before the counts that it is about.

use mcp_policy::host::{Millis, Window};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What is counted apart: the name of a counter, and the subject; without one, all subjects.
type Counted = (String, Option<String>);

/// Counts in doubt, each until a time in milliseconds.
#[derive(Debug, Default)]
pub(super) struct Doubts(BTreeMap<Counted, u64>);

const SECOND: u64 = 1000;
const DAY: u64 = 86_400 * SECOND;

impl Doubts {
    pub(super) fn add(&mut self, counter: &str, subject: Option<String>, until: u64) {
        let latest = self.0.entry((counter.to_owned(), subject)).or_default();
        *latest = until.max(*latest);
    }

    /// Whether a count is in doubt at a time; without a subject, whether that of any is.
    pub(super) fn has(&self, counter: &str, subject: Option<String>, at: Option<Millis>) -> bool {
        let now = at.map_or(0, |at| at.0);
        if subject.is_none() {
            let mut all = self.0.iter();
            return all.any(|((own, _), until)| own == counter && *until > now);
        }
        let of = |subject| self.0.get(&(counter.to_owned(), subject));
        let mut found = [of(subject), of(None)].into_iter().flatten();
        found.any(|until| *until > now)
    }
}

/// The time until which a count of this window lasts at most that was made at a time; forever without one.
pub(super) fn end_of(window: Window, at: Option<Millis>) -> u64 {
    let Some(Millis(at)) = at else {
        return u64::MAX;
    };
    let after = |length: u64| at.saturating_add(length);
    let length = |seconds: u64| seconds.saturating_mul(SECOND);
    match window {
        Window::Seconds(seconds) => {
            let begun = at.checked_div(length(seconds)).unwrap_or(u64::MAX);
            begun.saturating_add(1).saturating_mul(length(seconds))
        }
        Window::Extending(seconds) => after(length(seconds)),
        // A part of a sliding window ends as a whole.
        Window::Sliding(seconds) | Window::Running(seconds) => {
            after(length(seconds).saturating_mul(2))
        }
        Window::Week => after(7 * DAY),
        Window::Month => after(31 * DAY),
    }
}

/// The time until which a mark lasts that a sequence made at a time; forever where that is not written as a time.
pub(super) fn end_of_mark(sequence: &Json, at: Option<Millis>) -> u64 {
    match (at, written(sequence.get("for"))) {
        (Some(at), Some(length)) => at.0.saturating_add(length),
        _ => u64::MAX,
    }
}

fn written(length: Option<&Json>) -> Option<u64> {
    let length = length?;
    let seconds = length.as_u64().or_else(|| in_seconds(length.as_str()?))?;
    Some(seconds.saturating_mul(SECOND))
}

fn in_seconds(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}
