//! How Go prints scalars: Intercept compares values by their printed form, unless both are numbers.
//!
//! It recognizes lists and maps by their brackets, and never compares them.

/// `%v` of a float64: the shortest digits, with an exponent below 1e-4 and from 1e6 on.
pub(super) fn print(number: f64) -> String {
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&exponent) {
        return number.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

/// The number that is printed as `text`.
pub(super) fn number(text: &str) -> Option<f64> {
    let number: f64 = text.parse().ok()?;
    (number.is_finite() && print(number) == text).then_some(number)
}

/// True where a list or a map may be printed like that.
pub(super) fn may_be_a_collection(text: &str) -> bool {
    text.starts_with('[') && text.ends_with(']') || text.starts_with("map[") && text.ends_with(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Go 1.25 prints them.
    #[test]
    fn numbers_are_printed_as_by_go() {
        for (value, text) in [
            (0.0, "0"),
            (5.0, "5"),
            (-0.5, "-0.5"),
            (100_000.0, "100000"),
            (999_999.0, "999999"),
            (999_999.5, "999999.5"),
            (1_000_000.0, "1e+06"),
            (1_234_567.0, "1.234567e+06"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e21, "1e+21"),
            (1e100, "1e+100"),
        ] {
            assert_eq!(print(value), text);
            assert_eq!(number(text), Some(value));
        }
        for text in [
            "1000000", "5.0", "+5", "05", "1e6", "x", "", "NaN", "inf", "+Inf",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
