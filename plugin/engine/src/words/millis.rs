//! Points in time and durations in milliseconds, and their calendar parts in UTC.
//!
//! It reads no clock: the time is an argument.

use super::digits::{push_ascii, write_decimal};
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Millis(pub u64);

/// The offset of local time from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Zone(UtcOffset);

impl Default for Zone {
    fn default() -> Self {
        Self(UtcOffset::UTC)
    }
}

impl Zone {
    /// The offset that a text such as `+01:00` names, at most 14 hours from UTC; `None` for another text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let offset = offset(text).filter(|_| text != "Z")?;
        let minutes = offset.whole_minutes();
        ((-MOST_MINUTES..=MOST_MINUTES).contains(&minutes)).then_some(Self(offset))
    }
}

/// The minutes between UTC and the time zone that is furthest from it.
const MOST_MINUTES: i16 = 14 * 60;

/// A waiting time in words, rounded up.
pub(crate) fn duration(wait: Millis) -> String {
    let seconds = wait.0.div_ceil(1000);
    let (number, unit) = match seconds {
        0..=119 => (seconds, "second"),
        120..=7199 => (seconds.div_ceil(60), "minute"),
        7200..=172_799 => (seconds.div_ceil(3600), "hour"),
        _ => (seconds.div_ceil(86_400), "day"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}

impl Millis {
    /// The hour of the day, 0 to 23; `None` for a time beyond the year 9999.
    pub(crate) fn hour(self, zone: Zone) -> Option<u8> {
        Some(self.local(zone)?.hour())
    }

    /// The day of the week, 1 (Monday) to 7 (Sunday); `None` for a time beyond the year 9999.
    pub(crate) fn weekday(self, zone: Zone) -> Option<u8> {
        Some(self.local(zone)?.weekday().number_from_monday())
    }

    fn local(self, zone: Zone) -> Option<OffsetDateTime> {
        self.moment()?.checked_to_offset(zone.0)
    }

    /// Appends the time in UTC with three digits of milliseconds (RFC 3339), so that times sort as texts; nothing for a
    /// time beyond the year 9999.
    pub(crate) fn push_rfc3339(self, text: &mut String) {
        let Some(moment) = self.moment() else {
            return;
        };
        let (year, month, day) = moment.to_calendar_date();
        let (hour, minute, second, millis) = moment.to_hms_milli();
        let mut written = *b"0000-00-00T00:00:00.000Z";
        for (place, number) in [
            (0..4, u64::try_from(year).unwrap_or_default()),
            (5..7, u8::from(month).into()),
            (8..10, day.into()),
            (11..13, hour.into()),
            (14..16, minute.into()),
            (17..19, second.into()),
            (20..23, millis.into()),
        ] {
            write_decimal(written.get_mut(place).unwrap_or_default(), number);
        }
        push_ascii(text, &written);
    }

    /// The time that a text such as `2027-01-31T00:00:00Z` or `2027-01-31T01:00:00+01:00` names (RFC 3339 section 5.6, with
    /// capital letters, without a leap second or parts of a second); `None` for another text, and for a time before 1970.
    pub(crate) fn parse_rfc3339(text: &str) -> Option<Self> {
        let (date, rest) = text.split_at_checked(10)?;
        let (clock, zone) = rest.strip_prefix('T')?.split_at_checked(8)?;
        let [year, month, day] = numbers(date, '-')?;
        let [hour, minute, second] = numbers(clock, ':')?;
        let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
        let date =
            Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()?;
        let small = |number| u8::try_from(number).ok();
        let time = Time::from_hms(small(hour)?, small(minute)?, small(second)?).ok()?;
        let local = PrimitiveDateTime::new(date, time).assume_offset(offset(zone)?);
        let seconds = u64::try_from(local.unix_timestamp()).ok()?;
        Some(Self(seconds.checked_mul(1000)?))
    }

    /// The calendar date and time in UTC; `None` for a time beyond the year 9999.
    pub(crate) fn moment(self) -> Option<OffsetDateTime> {
        let seconds = i64::try_from(self.seconds()).ok()?;
        let millis = u16::try_from(self.0.checked_rem(1000)?).ok()?;
        let moment = OffsetDateTime::from_unix_timestamp(seconds).ok()?;
        moment.replace_millisecond(millis).ok()
    }

    pub(crate) fn seconds(self) -> u64 {
        self.0.checked_div(1000).unwrap_or_default()
    }
}

/// Numbers with leading zeros, of four digits where they come first in a date and else of two.
fn numbers<const N: usize>(text: &str, between: char) -> Option<[u16; N]> {
    let mut parts = text.split(between);
    let mut numbers = [0; N];
    for (index, number) in numbers.iter_mut().enumerate() {
        let digits = if index == 0 && between == '-' { 4 } else { 2 };
        let part = parts.next().filter(|part| part.len() == digits)?;
        let plain = part.bytes().all(|byte| byte.is_ascii_digit());
        *number = plain.then(|| part.parse().ok()).flatten()?;
    }
    parts.next().is_none().then_some(numbers)
}

/// The offset from UTC of `Z` or a text such as `+01:00`.
fn offset(zone: &str) -> Option<UtcOffset> {
    if zone == "Z" {
        return Some(UtcOffset::UTC);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let [hours, minutes] = numbers(zone.strip_prefix(['+', '-'])?, ':')?;
    let small = |number: u16| i8::try_from(number).ok()?.checked_mul(sign);
    (minutes < 60)
        .then(|| UtcOffset::from_hms(small(hours)?, small(minutes)?, 0).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_of_rfc_3339_is_read() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2026-01-01T00:00:36Z", Some(1_767_225_636_000)),
            ("2026-01-01T01:30:36+01:30", Some(1_767_225_636_000)),
            ("2025-12-31T23:00:36-01:00", Some(1_767_225_636_000)),
            ("2028-02-29T00:00:00Z", Some(1_835_395_200_000)),
        ] {
            assert_eq!(Millis::parse_rfc3339(text), expected.map(Millis), "{text}");
        }
        for text in [
            "",
            "2026-01-01",
            "2026-01-01T00:00:00",
            "2026-01-01 00:00:00Z",
            "2026-1-01T00:00:00Z",
            "2027-02-29T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:60Z",
            "2026-01-01T00:00:00+1:00",
            "2026-01-01T00:00:00+01:60",
            "2026-01-01T00:00:00ZZ",
            "1969-12-31T23:59:59Z",
            "2026-01-01T00:00:00\u{661}Z",
        ] {
            assert_eq!(Millis::parse_rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn hour_and_weekday_are_those_of_the_time_zone() {
        let sunday = Millis(1_767_571_200_000);
        let zone = |text| Zone::parse(text).unwrap();
        for (text, hour, weekday) in [
            ("+00:00", 0, 1),
            ("+01:00", 1, 1),
            ("-00:30", 23, 7),
            ("+14:00", 14, 1),
        ] {
            assert_eq!(sunday.hour(zone(text)), Some(hour), "{text}");
            assert_eq!(sunday.weekday(zone(text)), Some(weekday), "{text}");
        }
        for text in [
            "Z",
            "",
            "+1:00",
            "+14:01",
            "-15:00",
            "01:00",
            "+01:60",
            "Europe/Berlin",
        ] {
            assert_eq!(Zone::parse(text), None, "{text}");
        }
    }

    #[test]
    fn time_is_written_with_three_digits_of_milliseconds() {
        for (millis, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_767_225_636_200, "2026-01-01T00:00:36.200Z"),
            (1_767_225_636_127, "2026-01-01T00:00:36.127Z"),
            (1_767_225_636_007, "2026-01-01T00:00:36.007Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (u64::MAX, ""),
        ] {
            let mut text = String::new();
            Millis(millis).push_rfc3339(&mut text);
            assert_eq!(text, expected, "{millis}");
        }
    }
}
