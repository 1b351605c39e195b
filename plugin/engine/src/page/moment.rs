//! Turns a time into its date in UTC and its distance from now.
//!
//! It reads no clock.

use crate::words::{Millis, duration};
use maud::{Markup, html as template};

/// The date, and the distance.
pub(super) fn moment(at: Millis, now: Millis) -> Markup {
    let date = date(at);
    template! { span class="t" { (distance(at, now)) } " " time datetime=(date) { (date) } }
}

/// The distance from now, in words.
pub(super) fn distance(at: Millis, now: Millis) -> String {
    let between = |from: Millis, to: Millis| duration(Millis(to.0.saturating_sub(from.0)));
    if at > now {
        return format!("in {}", between(now, at));
    }
    format!("{} ago", between(at, now))
}

/// The date and time in UTC, to the second.
fn date(at: Millis) -> String {
    let mut text = String::new();
    at.push_rfc3339(&mut text);
    let second = text.get(..19).unwrap_or_default();
    match second.is_empty() {
        true => text,
        false => format!("{}Z", second.replace('T', " ")),
    }
}
