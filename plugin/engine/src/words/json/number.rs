//! Turns the text of a JSON number into the one value that every reader gives it, or reports that there is none.
//!
//! It never rounds silently: a server that reads numbers as binary64 and one that reads them exactly must get the same
//! value.

/// The number, where its shortest binary64 form has exactly the written value. `9007199254740993`, `1e400` and
/// `0.1000000000000000055` have no such form.
pub(crate) fn exact(text: &str) -> Option<f64> {
    // No shortest form has more than 17 digits, so a longer text is rejected unread.
    let written = Decimal::read(text)?;
    let number: f64 = text.parse().ok()?;
    if written.is_short() {
        return Some(number);
    }
    exact_if_long(number, &written)
}

/// The number, where `written` is its shortest form. Slower than [`Decimal::is_short`], and exact for every number.
fn exact_if_long(number: f64, written: &Decimal) -> Option<f64> {
    let shortest = Decimal::read(&format!("{number:e}"))?;
    let same = shortest == *written || is_other_half(number, &shortest, written);
    (number.is_finite() && same).then_some(number)
}

/// True where the number lies exactly between two shortest forms. Writers differ there: 1187206718261367.25 is
/// `1187206718261367.2` in JavaScript and Python, and `1187206718261367.3` in Rust.
fn is_other_half(number: f64, one: &Decimal, other: &Decimal) -> bool {
    let between = || {
        let (one, other) = (one.number()?, other.number()?);
        (one.abs_diff(other) == 1).then_some(())?;
        one.min(other).checked_mul(10)?.checked_add(5)
    };
    let is_exact = |digits: u64| {
        let places = one.exponent.checked_sub(1).and_then(i64::checked_neg);
        let exact = fraction(number).zip(places);
        exact.is_some_and(|(exact, places)| exact == (digits, places))
    };
    let alike = one.negative == other.negative && one.exponent == other.exponent;
    alike && between().is_some_and(is_exact)
}

/// The exact digits of a number with a fraction, and its decimal places. `None` for a whole number, which never lies
/// between two shortest forms, and for one with more digits than any number between two.
fn fraction(number: f64) -> Option<(u64, i64)> {
    const MANTISSA: u64 = (1 << 52) - 1;
    let bits = number.abs().to_bits();
    // A subnormal number has hundreds of digits.
    let power = i64::try_from(bits >> 52).ok()?.checked_sub(1075)?;
    let mantissa = (bits & MANTISSA) | (MANTISSA + 1);
    let zeros = mantissa.trailing_zeros();
    let odd = mantissa.checked_shr(zeros)?;
    // An odd number of `places` binary places has as many decimal places.
    let places = power.checked_add(i64::from(zeros))?.checked_neg()?;
    (places > 0).then_some(())?;
    let digits = odd.checked_mul(5_u64.checked_pow(u32::try_from(places).ok()?)?)?;
    Some((digits, places))
}

/// The number as JavaScript writes it (RFC 8785 section 3.2.2.3); `None` where readers could read different numbers.
pub(crate) fn canonical(text: &str) -> Option<String> {
    let number = exact(text)?;
    let shortest = Decimal::read(&format!("{number:e}"))?;
    let Decimal {
        negative,
        digits,
        exponent,
    } = shortest.even(number);
    let digits = String::from_utf8(digits).ok()?;
    if digits.is_empty() {
        return Some("0".into());
    }
    let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or_default());
    // The number of digits before the decimal point.
    let length = i64::try_from(digits.len()).ok()?;
    let point = exponent.checked_add(length)?;
    let at = usize::try_from(point).ok();
    let parts = at.and_then(|at| digits.split_at_checked(at));
    let plain = match (point, parts) {
        (-5..=0, _) => format!("0.{}{digits}", zeros(point.saturating_neg())),
        (1..=21, Some((whole, ""))) => whole.into(),
        (1..=21, Some((whole, fraction))) => format!("{whole}.{fraction}"),
        (1..=21, None) => format!("{digits}{}", zeros(exponent)),
        _ => {
            let (first, rest) = digits.split_at_checked(1)?;
            let dot = if rest.is_empty() { "" } else { "." };
            format!("{first}{dot}{rest}e{:+}", point.checked_sub(1)?)
        }
    };
    let sign = if negative { "-" } else { "" };
    Some(format!("{sign}{plain}"))
}

/// The number in millionths, rounded up and at most `u64::MAX`. `None` for a negative number, and where readers could
/// read different numbers.
pub(crate) fn millionths(text: &str) -> Option<u64> {
    exact(text)?;
    let Decimal {
        negative,
        digits,
        exponent,
    } = Decimal::read(text)?;
    if negative {
        return None;
    }
    let digits = digits.iter().fold(0_u64, |number, digit| {
        let digit = u64::from(digit.saturating_sub(b'0'));
        number.saturating_mul(10).saturating_add(digit)
    });
    let places = exponent.saturating_add(6);
    let power = u32::try_from(places.unsigned_abs()).unwrap_or(u32::MAX);
    let power = 10_u64.saturating_pow(power);
    Some(if places < 0 {
        digits.div_ceil(power)
    } else {
        digits.saturating_mul(power)
    })
}

/// True for a number without a fraction. An integer with more digits than binary64 holds is still whole.
pub(crate) fn is_whole(text: &str) -> Option<bool> {
    /// Integers of at most this many digits fit binary64, whose largest value has 309.
    const LONGEST: usize = 300;
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.len() <= LONGEST && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain {
        return Some(true);
    }
    exact(text).map(|number| number.fract() == 0.0)
}

/// True where the number is a whole multiple of `of`, both in their exact decimal values.
pub(crate) fn is_multiple(text: &str, of: &str) -> Option<bool> {
    exact(text)?;
    let (number, of) = (Decimal::read(text)?, Decimal::read(of)?);
    let (of_digits, places) = (of.number()?, number.exponent.checked_sub(of.exponent)?);
    if number.digits.is_empty() {
        return Some(true);
    }
    // The last digit of a `Decimal` is not 0, so the number cannot be a multiple of one with a larger exponent.
    let Ok(places) = u32::try_from(places) else {
        return Some(false);
    };
    let mut rest = number.number()?.checked_rem(of_digits)?;
    for _ in 0..places {
        rest = rest.checked_mul(10)?.checked_rem(of_digits)?;
    }
    Some(rest == 0)
}

/// A decimal number in its unique form: digits without zeros at either end, times a power of ten.
#[derive(PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

/// The most digits of any shortest binary64 form.
const MOST_DIGITS: usize = 17;

impl Decimal {
    /// The number of this text; `None` where it has more digits than any shortest form, or an exponent beyond 64 bits.
    fn read(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(text) => (true, text),
            None => (false, text),
        };
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let fraction = fraction.trim_end_matches('0');
        let digits = [whole, fraction].concat();
        let significant = digits.trim_start_matches('0');
        let kept = significant.trim_end_matches('0');
        if kept.is_empty() {
            return Some(Self {
                negative: false,
                digits: Vec::new(),
                exponent: 0,
            });
        }
        if kept.len() > MOST_DIGITS {
            return None;
        }
        let dropped = i64::try_from(significant.len().checked_sub(kept.len())?).ok()?;
        let places = i64::try_from(fraction.len()).ok()?;
        let exponent: i64 = exponent
            .strip_prefix('+')
            .unwrap_or(exponent)
            .parse()
            .ok()?;
        let exponent = exponent.checked_sub(places)?.checked_add(dropped)?;
        Some(Self {
            negative,
            digits: kept.into(),
            exponent,
        })
    }

    /// True where the number is certainly its own shortest form: binary64 keeps any 15 digits (`DBL_DIG` in C), unless
    /// the number is close to the largest or the smallest.
    fn is_short(&self) -> bool {
        self.digits.len() <= 15 && (-280..=280).contains(&self.exponent)
    }

    /// Where the number lies between two shortest forms of the same length, the one that ends in an even digit, as in
    /// JavaScript.
    fn even(self, number: f64) -> Self {
        let even = |digit: &u8| digit.is_multiple_of(2);
        let Some((last, before)) = self.digits.split_last() else {
            return self;
        };
        if even(last) {
            return self;
        }
        let beside = [last.saturating_sub(1), last.saturating_add(1)];
        let beside = beside.map(|last| Self {
            digits: [before, &[last]].concat(),
            ..self
        });
        let mut halves = beside
            .into_iter()
            .filter(|other| is_other_half(number, &self, other) && other.is_form_of(number));
        halves.next().unwrap_or(self)
    }

    /// True where the number is the nearest to these digits. Below a power of two, numbers lie twice as close.
    fn is_form_of(&self, number: f64) -> bool {
        let digits = self.number();
        let text = digits.map(|digits| format!("{digits}e{}", self.exponent));
        text.and_then(|text| text.parse().ok()) == Some(number.abs())
    }

    /// The digits as a number; there are at most 17.
    fn number(&self) -> Option<u64> {
        self.digits.iter().try_fold(0_u64, |number, digit| {
            let digit = u64::from(digit.saturating_sub(b'0'));
            number.checked_mul(10)?.checked_add(digit)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Decimal, canonical, exact, exact_if_long, millionths};
    use proptest::prelude::*;

    #[test]
    fn number_that_every_reader_reads_alike_is_exact() {
        for (text, number) in [
            ("0", 0.0),
            ("-0", 0.0),
            ("0e999999999999", 0.0),
            ("1", 1.0),
            ("1.0", 1.0),
            ("1.50", 1.5),
            ("100", 100.0),
            ("1e2", 100.0),
            ("1E+2", 100.0),
            ("1000e-1", 100.0),
            ("0.1", 0.1),
            ("-12.5", -12.5),
            ("9007199254740992", 9_007_199_254_740_992.0),
            ("1e300", 1e300),
            ("100000000000000000000", 1e20),
            ("1187206718261367.2", 1_187_206_718_261_367.3),
            ("-1187206718261367.3", -1_187_206_718_261_367.3),
            ("2660126741729.1562", 2_660_126_741_729.156_3),
            ("2660126741729.1563", 2_660_126_741_729.156_3),
            ("1.0000076293945312", 1.000_007_629_394_531_3),
            ("1.0000076293945313", 1.000_007_629_394_531_3),
            ("5.960464477539063e-8", 2_f64.powi(-24)),
        ] {
            assert_eq!(exact(text), Some(number), "{text}");
        }
    }

    #[test]
    fn number_that_readers_read_differently_is_not_exact() {
        for text in [
            "9007199254740993",
            "1e400",
            "-1e400",
            "1e-400",
            "1e99999999999999999999",
            "0.1000000000000000055",
            "100.00000000000000001",
            "123456789012345678901",
            "1187206718261367.1",
            "1187206718261367.4",
            "9007199254740994.1",
        ] {
            assert_eq!(exact(text), None, "{text}");
        }
    }

    #[test]
    fn amount_is_rounded_up_to_millionths() {
        for (text, amount) in [
            ("0", Some(0)),
            ("-0", Some(0)),
            ("1", Some(1_000_000)),
            ("12.5", Some(12_500_000)),
            ("0.000001", Some(1)),
            ("0.0000001", Some(1)),
            ("1.0000001", Some(1_000_001)),
            ("1e-300", Some(1)),
            ("25e-1", Some(2_500_000)),
            ("1e12", Some(1_000_000_000_000_000_000)),
            ("1e300", Some(u64::MAX)),
            ("-1", None),
            ("-0.0000001", None),
            ("9007199254740993", None),
            ("1e400", None),
        ] {
            assert_eq!(millionths(text), amount, "{text}");
        }
    }

    /// Numbers of 17 or 18 digits of which the last is a 5: an odd number with that many binary places.
    fn between_two_shortest_forms() -> impl Strategy<Value = f64> {
        (1_i32..=25, 10_u64.pow(16)..10_u64.pow(18)).prop_map(|(places, digits)| {
            let power = 5_u64.pow(places.unsigned_abs());
            let odd = digits.div_euclid(power) | 1;
            odd as f64 / 2_f64.powi(places)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Every number that a binary64 server writes is read.
        #[test]
        fn binary64_in_shortest_form_is_exact(number in any::<f64>().prop_filter("finite", |number| number.is_finite())) {
            prop_assert_eq!(exact(&format!("{number:e}")), Some(number));
            prop_assert_eq!(exact(&serde_json::to_string(&number).unwrap()), Some(number));
        }

        /// A short number is its own shortest form.
        #[test]
        fn short_number_is_its_own_shortest_form(digits in 0_u64..1_000_000_000_000_000, exponent in -300_i64..300) {
            let text = format!("{digits}e{exponent}");
            let written = Decimal::read(&text).unwrap();
            let number = text.parse().unwrap();
            prop_assert!(!written.is_short() || exact_if_long(number, &written) == Some(number), "{text}");
        }

        /// Where two shortest forms are equally near, both are read, and the canonical one is written.
        #[test]
        fn number_between_two_shortest_forms_is_exact(number in between_two_shortest_forms()) {
            let oracle = ryu_js::Buffer::new().format_finite(number).to_owned();
            for text in [&oracle, &format!("{number:e}"), &serde_json::to_string(&number).unwrap()] {
                prop_assert_eq!(exact(text), Some(number));
            }
            prop_assert_eq!(canonical(&oracle), Some(oracle.clone()));
            prop_assert_eq!(canonical(&format!("{number:e}")), Some(oracle));
        }

        /// Canonical numbers are written as in JavaScript.
        #[test]
        fn canonical_number_is_written_as_in_javascript(number in any::<f64>().prop_filter("finite", |number| number.is_finite()), whole in (1_u64 << 49)..(1 << 53), eighths in 0_u8..8, small in -1e7..1e7, places in 0_usize..9) {
            let half = whole as f64 + f64::from(eighths) / 8.0;
            let rounded = format!("{small:.places$}").parse().unwrap();
            for number in [number, half, rounded, rounded * 1e-9, whole as f64 * 1e6] {
                let own = canonical(&format!("{number:e}"));
                let oracle = ryu_js::Buffer::new().format_finite(number).to_owned();
                prop_assert_eq!(own, Some(oracle));
            }
        }

        /// The order of the texts is the order of the numbers.
        #[test]
        fn order_of_texts_is_order_of_numbers(one in -99_999_i64..99_999, other in -99_999_i64..99_999, places in 0_usize..4) {
            let text = |number: i64| format!("{number}e-{places}");
            let (first, second) = (exact(&text(one)).unwrap(), exact(&text(other)).unwrap());
            prop_assert_eq!(first.partial_cmp(&second), Some(one.cmp(&other)));
        }
    }
}
