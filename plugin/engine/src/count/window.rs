//! The arithmetic of windows: the end of the window around a moment, in UTC.
//!
//! It reads no clock: the moment is an argument.

use crate::model::Window;
use crate::words::Millis;
use time::{Date, Month};

const DAY: u64 = 86_400;

/// 1970-01-01 was a Thursday, so the Monday of its week lies three days before the epoch.
const MONDAY: u64 = 3 * DAY;

/// A sliding window has this many steps. An addition lasts as long as one at the last moment of its step: it may count
/// a step too long, and never too short.
const STEPS: u64 = 8;

impl Window {
    /// The time at which an addition at `now` stops counting. All additions within one fixed window end with it.
    pub fn end(self, now: Millis) -> Millis {
        let seconds = now.seconds();
        let end = match self {
            Self::Seconds(length) => next_multiple(seconds, length),
            Self::Week => {
                next_multiple(seconds.saturating_add(MONDAY), 7 * DAY).saturating_sub(MONDAY)
            }
            Self::Month => next_month(now),
            Self::Sliding(length) | Self::Running(length) => {
                let length = length.saturating_mul(1000);
                let step = length.checked_div(STEPS).unwrap_or_default();
                return Millis(next_multiple(now.0, step).saturating_add(length));
            }
            Self::Extending(length) => {
                return Millis(now.0.saturating_add(length.saturating_mul(1000)));
            }
        };
        Millis(end.saturating_mul(1000))
    }
}

impl Window {
    /// True where later additions may end later.
    pub(crate) fn slides(self) -> bool {
        match self {
            Self::Seconds(_) | Self::Week | Self::Month => false,
            Self::Sliding(_) | Self::Running(_) | Self::Extending(_) => true,
        }
    }
}

/// The smallest multiple of `length` beyond `time`.
fn next_multiple(time: u64, length: u64) -> u64 {
    let into = time.checked_rem(length).unwrap_or_default();
    time.saturating_sub(into).saturating_add(length)
}

/// The beginning, in seconds, of the calendar month after the one around `now`.
fn next_month(now: Millis) -> u64 {
    let first = now.moment().and_then(|moment| {
        let year = match moment.month() {
            Month::December => moment.year().checked_add(1)?,
            _ => moment.year(),
        };
        Date::from_calendar_date(year, moment.month().next(), 1).ok()
    });
    // Only a clock beyond the year 9999 has no calendar month: then the window never ends.
    first.map_or(u64::MAX, |first| {
        u64::try_from(first.midnight().assume_utc().unix_timestamp()).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::OffsetDateTime;

    fn millis(text: &str) -> Millis {
        let moment =
            OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).unwrap();
        Millis(
            u64::try_from(moment.unix_timestamp())
                .unwrap()
                .saturating_mul(1000),
        )
    }

    #[test]
    fn windows_are_aligned_to_utc() {
        let now = millis("2026-02-18T10:20:30Z");
        for (window, end) in [
            (Window::Seconds(1), "2026-02-18T10:20:31Z"),
            (Window::Seconds(60), "2026-02-18T10:21:00Z"),
            (Window::Seconds(3600), "2026-02-18T11:00:00Z"),
            (Window::Seconds(DAY), "2026-02-19T00:00:00Z"),
            (Window::Week, "2026-02-23T00:00:00Z"),
            (Window::Month, "2026-03-01T00:00:00Z"),
        ] {
            assert_eq!(window.end(now), millis(end), "{window:?}");
            assert!(
                window.end(millis(end)) > millis(end),
                "the end of one window belongs to the next"
            );
        }
        assert_eq!(
            Window::Month.end(millis("2026-12-31T23:59:59Z")),
            millis("2027-01-01T00:00:00Z")
        );
        assert_eq!(Window::Week.end(Millis(0)), millis("1970-01-05T00:00:00Z"));
        assert_eq!(Window::Month.end(Millis(u64::MAX)), Millis(u64::MAX));
    }
}
