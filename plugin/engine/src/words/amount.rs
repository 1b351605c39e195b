//! Amounts that counters add up: decimal numbers of six places, so that every sum is exact.
//!
//! It never rounds down, so a call never counts for less than its cost.

use super::digits::push_decimal;
use serde::{Serialize, Serializer};
use std::fmt;

/// A number of calls, or a cost, in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub u64);

const UNIT: u64 = 1_000_000;

impl Amount {
    /// The cost of a call under a limit without `cost`.
    pub(crate) const ONE: Self = Self(UNIT);

    pub(crate) fn whole(number: u64) -> Self {
        Self(number.saturating_mul(UNIT))
    }

    /// The amount as a whole number, rounded up.
    pub(crate) fn rounded_up(self) -> u64 {
        self.0.div_ceil(UNIT)
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// Writes the amount as a JSON number, in full precision.
    pub(crate) fn push(self, text: &mut String) {
        let parts = [self.0.checked_div(UNIT), self.0.checked_rem(UNIT)];
        let [whole, mut rest] = parts.map(Option::unwrap_or_default);
        push_decimal(text, whole, 1);
        if rest == 0 {
            return;
        }
        let mut places: usize = 6;
        while rest % 10 == 0 {
            rest /= 10;
            places = places.saturating_sub(1);
        }
        text.push('.');
        push_decimal(text, rest, places);
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.push(&mut text);
        f.write_str(&text)
    }
}

/// Serializes as a JSON number, in full precision.
impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = serde_json::value::RawValue::from_string(self.to_string());
        number
            .map_err(serde::ser::Error::custom)?
            .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::Amount;

    #[test]
    fn amount_is_written_as_json_number() {
        for (amount, text) in [
            (Amount(0), "0"),
            (Amount::ONE, "1"),
            (Amount(1), "0.000001"),
            (Amount(12_500_000), "12.5"),
            (Amount::whole(1_000_000_000_000), "1000000000000"),
            (Amount(u64::MAX), "18446744073709.551615"),
        ] {
            assert_eq!(amount.to_string(), text);
            assert_eq!(serde_json::to_string(&amount).unwrap(), text);
        }
    }
}
