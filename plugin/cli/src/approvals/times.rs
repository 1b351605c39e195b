//! Turns two points in time into words: how long ago, how soon.
//!
//! It never reads a clock: the present is an argument.

use crate::audit::Moment;

/// The time since a moment; `now` is in seconds since 1970.
pub(super) fn ago(moment: Moment, now: u64) -> String {
    match seconds(now).saturating_sub(moment.seconds()) {
        past @ 1.. => format!("{} ago", span(past)),
        _ => "now".into(),
    }
}

/// The time until a moment.
pub(super) fn until(moment: Moment, now: u64) -> String {
    match moment.seconds().saturating_sub(seconds(now)) {
        left @ 1.. => format!("in {}", span(left)),
        0 => "now".into(),
        past => format!("{} ago", span(past.saturating_neg())),
    }
}

fn seconds(now: u64) -> i64 {
    i64::try_from(now).unwrap_or(i64::MAX)
}

/// The two largest units of a span.
fn span(seconds: i64) -> String {
    let unit = |size: i64, of: i64| seconds.div_euclid(size).rem_euclid(of);
    match seconds {
        ..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m {}s", unit(60, 60), unit(1, 60)),
        3_600..86_400 => format!("{}h {}m", unit(3_600, 24), unit(60, 60)),
        _ => format!("{}d {}h", unit(86_400, i64::MAX), unit(3_600, 24)),
    }
}
