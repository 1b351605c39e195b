//! Writes numbers as decimal or hexadecimal digits.
//!
//! It allocates nothing besides the text that it extends.

/// Appends a number of 128 bits as 32 hexadecimal digits.
pub(crate) fn push_hex(text: &mut String, number: u128) {
    let halves = [number >> 64, number & u128::from(u64::MAX)];
    let mut digits = [0; 32];
    for (half, digits) in halves.into_iter().zip(digits.chunks_exact_mut(16)) {
        let mut rest = u64::try_from(half).unwrap_or_default();
        for digit in digits.iter_mut().rev() {
            *digit = hex_digit(rest & 15);
            rest >>= 4;
        }
    }
    push_ascii(text, &digits);
}

/// The hexadecimal digits of a SHA-256.
pub(crate) fn hex_of(hash: &[u8; 32]) -> String {
    let mut text = String::with_capacity(64);
    for half in hash.as_chunks::<16>().0 {
        push_hex(&mut text, u128::from_be_bytes(*half));
    }
    text
}

/// The hexadecimal digit of a value below 16.
pub(crate) fn hex_digit(value: u64) -> u8 {
    let before = match value {
        0..=9 => b'0',
        _ => b'a'.saturating_sub(10),
    };
    before.saturating_add(u8::try_from(value & 15).unwrap_or_default())
}

/// Appends bytes that are ASCII.
pub(crate) fn push_ascii(text: &mut String, digits: &[u8]) {
    text.push_str(str::from_utf8(digits).unwrap_or_default());
}

/// Writes a number in decimal over all of `digits`, padded with zeros; digits that do not fit are left out.
pub(crate) fn write_decimal(digits: &mut [u8], number: u64) {
    let mut rest = number;
    for digit in digits.iter_mut().rev() {
        *digit = b'0'.saturating_add(u8::try_from(rest % 10).unwrap_or_default());
        rest /= 10;
    }
}

/// Appends a number in decimal, padded with zeros to at least `width` digits.
pub(crate) fn push_decimal(text: &mut String, number: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut rest = number;
    let mut length = 0;
    for digit in digits.iter_mut().rev() {
        if rest == 0 && length >= width {
            break;
        }
        *digit = b'0'.saturating_add(u8::try_from(rest % 10).unwrap_or_default());
        rest /= 10;
        length = length.saturating_add(1);
    }
    let start = digits.len().saturating_sub(length);
    push_ascii(text, digits.get(start..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::{push_decimal, push_hex};

    #[test]
    fn number_is_written_with_all_digits() {
        for (number, width, expected) in [
            (0, 1, "0"),
            (0, 3, "000"),
            (7, 2, "07"),
            (1234, 2, "1234"),
            (u64::MAX, 1, "18446744073709551615"),
        ] {
            let mut text = String::new();
            push_decimal(&mut text, number, width);
            assert_eq!(text, expected);
        }
        let mut text = String::new();
        push_hex(&mut text, 0x0123_4567_89AB_CDEF << 64 | 0xFEDC);
        assert_eq!(text, "0123456789abcdef000000000000fedc");
    }
}
