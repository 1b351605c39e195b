//! Turns texts of a command line and of a log into points in time, and back.
//!
//! It never reads a clock: the present is an argument. All days are those of UTC.

use crate::report::{CommandError, CommandResult};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A point in time, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub(super) i64);

pub(super) const MINUTE: i64 = 60_000;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

impl Moment {
    /// A point in time as a user writes it: `today`, `yesterday`, a span before `now` (`30m`, `12h`, `7d`), a day
    /// (`2026-01-31`) or a time (`2026-01-31T09:00:00Z`). `now` is in seconds since 1970.
    ///
    /// # Errors
    /// When the text is none of these.
    pub fn parse(text: &str, now: u64) -> CommandResult<Self> {
        let now = i64::try_from(now).unwrap_or_default().saturating_mul(1000);
        let today = now.saturating_sub(now.rem_euclid(DAY));
        let moment = match text {
            "today" => Some(today),
            "yesterday" => Some(today.saturating_sub(DAY)),
            text => span(text)
                .map(|span| now.saturating_sub(span))
                .or_else(|| Self::of_day(text))
                .or_else(|| Self::read(text).map(|moment| moment.0)),
        };
        moment.map(Self).ok_or_else(|| {
            CommandError::new(format!(
                "`{text}` is no time; write `today`, `yesterday`, `12h`, `7d`, `2026-01-31` or `2026-01-31T09:00:00Z`"
            ))
        })
    }

    /// A time as the log writes it.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        let millis = i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000));
        millis.ok().map(Self)
    }

    /// Seconds since 1970.
    pub(crate) fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    fn of_day(text: &str) -> Option<i64> {
        let time = Self::read(&format!("{text}T00:00:00Z"))?;
        Some(time.0)
    }

    /// The time as RFC 3339, in UTC and whole seconds.
    pub(super) fn text(self) -> String {
        let time = OffsetDateTime::from_unix_timestamp(self.0.div_euclid(1000));
        let time = time.unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let (date, (hour, minute, second)) = (time.date(), time.to_hms());
        let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }

    /// The day and the time in whole minutes.
    pub(super) fn minutes(self) -> String {
        let text = self.text().replace('T', " ");
        text.chars().take(16).collect()
    }
}

/// The milliseconds of `30m`, `12h` or `7d`.
fn span(text: &str) -> Option<i64> {
    let units = [('m', MINUTE), ('h', HOUR), ('d', DAY)];
    let (unit, millis) = units.iter().find(|(unit, _)| text.ends_with(*unit))?;
    let number = text.strip_suffix(*unit)?;
    let is_number = number.chars().all(|c| c.is_ascii_digit());
    let number: i64 = number.parse().ok().filter(|_| is_number)?;
    Some(number.saturating_mul(*millis))
}
