//! Points in time and durations in milliseconds, and their calendar parts in UTC.
//!
//! It reads no clock: the time is an argument.

use super::digits::push_decimal;
use time::OffsetDateTime;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Millis(pub u64);

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
    pub(crate) fn hour(self) -> Option<u8> {
        Some(self.moment()?.hour())
    }

    /// The day of the week, 1 (Monday) to 7 (Sunday); `None` for a time beyond the year 9999.
    pub(crate) fn weekday(self) -> Option<u8> {
        Some(self.moment()?.weekday().number_from_monday())
    }

    /// Appends the time in UTC with three digits of milliseconds (RFC 3339), so that times sort as texts; nothing for a
    /// time beyond the year 9999.
    pub(crate) fn push_rfc3339(self, text: &mut String) {
        let Some(moment) = self.moment() else {
            return;
        };
        let (year, month, day) = moment.to_calendar_date();
        let (hour, minute, second, millis) = moment.to_hms_milli();
        push_decimal(text, u64::try_from(year).unwrap_or_default(), 4);
        for (before, number, width) in [
            ('-', u8::from(month).into(), 2),
            ('-', day.into(), 2),
            ('T', hour.into(), 2),
            (':', minute.into(), 2),
            (':', second.into(), 2),
            ('.', millis.into(), 3),
        ] {
            text.push(before);
            push_decimal(text, number, width);
        }
        text.push('Z');
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

#[cfg(test)]
mod tests {
    use super::*;

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
