//! Skips the plain bytes of a text, eight at a time, up to the first that needs a closer look.
//!
//! It never interprets that byte.

/// The rest after ASCII characters and [short escapes](is_escaped) in a JSON string. It starts at a control character,
/// a byte outside ASCII, a quote, or a backslash of a longer escape.
pub(crate) fn after_string(bytes: &[u8]) -> &[u8] {
    let escape = |byte, next| byte == b'\\' && is_escaped(next);
    skip(bytes, |word| special_in_string(word) | word, escape)
}

/// True for a byte that forms a short escape after a backslash, such as `n` in `
/// `.
pub(crate) fn is_escaped(byte: u8) -> bool {
    let escaped = ESCAPED.get(usize::from(byte));
    escaped.is_some_and(|escaped| *escaped)
}

/// The rest after the printable ASCII characters that need no escape in a JSON string.
pub(crate) fn after_name(bytes: &[u8]) -> &[u8] {
    let special = |word| special_in_string(word) | word.wrapping_add(each(1)) | word;
    skip(bytes, special, |_, _| false)
}

/// The rest after the characters, ASCII or not, that need no escape in a JSON string.
pub(crate) fn after_characters(bytes: &[u8]) -> &[u8] {
    skip(bytes, |word| special_in_string(word) & !word, |_, _| false)
}

/// The rest after printable ASCII characters.
pub(crate) fn after_printable(bytes: &[u8]) -> &[u8] {
    let special = |word: u64| word.wrapping_sub(each(b' ')) | word.wrapping_add(each(1)) | word;
    skip(bytes, special, |_, _| false)
}

/// The rest after printable ASCII characters and DEL. It starts at a control character below U+0020 or a byte outside
/// ASCII.
pub(crate) fn after_line(bytes: &[u8]) -> &[u8] {
    let special = |word: u64| word.wrapping_sub(each(b' ')) | word;
    skip(bytes, special, |_, _| false)
}

/// Sets the highest bit of quotes, backslashes and control characters. Only the first marked byte is exact: a borrow
/// can mark bytes behind it, and bytes outside ASCII may be marked or not.
fn special_in_string(word: u64) -> u64 {
    // After the XOR, control characters and the quote are the 33 lowest values: subtracting 33 borrows from these
    // alone.
    let quote_or_control = (word ^ each(0x02)).wrapping_sub(each(0x21));
    let backslash = (word ^ each(b'\\')).wrapping_sub(each(0x01));
    quote_or_control | backslash
}

/// A word of eight copies of the byte.
const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

#[expect(
    clippy::indexing_slicing,
    reason = "it is made while compiling, where a mistake is an error"
)]
const ESCAPED: [bool; 256] = {
    let mut escaped = [false; 256];
    let mut rest: &[u8] = b"\"\\bfnrt";
    while let [byte, after @ ..] = rest {
        escaped[*byte as usize] = true;
        rest = after;
    }
    escaped
};

/// The rest after all bytes that `special` does not mark in their highest bit, and all pairs of bytes that `passes`
/// accepts.
fn skip(bytes: &[u8], special: impl Fn(u64) -> u64, passes: impl Fn(u8, u8) -> bool) -> &[u8] {
    let mut rest = bytes;
    loop {
        let plain = plain(rest, &special);
        rest = match rest.get(plain..).unwrap_or_default() {
            [byte, next, after @ ..] if passes(*byte, *next) => after,
            special => return special,
        };
    }
}

/// The number of bytes before the first that `special` marks; at least the length where none is marked.
fn plain(bytes: &[u8], special: impl Fn(u64) -> u64) -> usize {
    let marks = |word| special(u64::from_le_bytes(word)) & each(0x80);
    let first = |marks: u64| (marks.trailing_zeros() / 8) as usize;
    let (words, last) = bytes.as_chunks();
    let mut plain = 0_usize;
    for word in words {
        match marks(*word) {
            0 => plain = plain.wrapping_add(8),
            marks => return plain.wrapping_add(first(marks)),
        }
    }
    plain.wrapping_add(first(marks(padded(last))))
}

/// Fewer than eight bytes as a word, padded with plain ones.
fn padded(bytes: &[u8]) -> [u8; 8] {
    let mut word = [b' '; 8];
    let places = word.iter_mut().zip(bytes);
    places.for_each(|(place, byte)| *place = *byte);
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of bytes before the rest.
    fn before(bytes: &[u8], rest: &[u8]) -> usize {
        assert!(bytes.ends_with(rest));
        bytes.len().saturating_sub(rest.len())
    }

    fn special(byte: u8) -> bool {
        byte < b' ' || matches!(byte, b'"' | b'\\')
    }

    #[test]
    fn first_special_byte_is_found_at_every_position() {
        for byte in 0..=u8::MAX {
            for length in 0..20 {
                for at in 0..length {
                    let mut bytes = vec![b'#'; length];
                    bytes[at] = byte;
                    let to = |stops: bool| if stops { at } else { length };
                    let outside = byte >= 0x80;
                    let characters = before(&bytes, after_characters(&bytes));
                    assert_eq!(characters, to(special(byte)));
                    assert_eq!(
                        before(&bytes, after_string(&bytes)),
                        to(special(byte) || outside)
                    );
                    let special = special(byte) || outside || byte == 0x7F;
                    assert_eq!(before(&bytes, after_name(&bytes)), to(special));
                    let printable = (b' '..0x7F).contains(&byte);
                    assert_eq!(before(&bytes, after_printable(&bytes)), to(!printable));
                    assert_eq!(
                        before(&bytes, after_line(&bytes)),
                        to(byte < b' ' || outside)
                    );
                }
            }
        }
    }

    #[test]
    fn special_byte_is_found_beside_any_other_byte() {
        for (one, byte) in (0..=u8::MAX).flat_map(|one| (0..=u8::MAX).map(move |byte| (one, byte)))
        {
            let bytes = [b'~', one, byte, b' ', one, byte, b'!', b'#'];
            let naive = |stops: &dyn Fn(u8) -> bool| bytes.iter().position(|byte| stops(*byte));
            for (found, naive) in [
                (after_name(&bytes), naive(&|b| special(b) || b >= 0x7F)),
                (after_line(&bytes), naive(&|b| !(b' '..0x80).contains(&b))),
                (after_characters(&bytes), naive(&|b| special(b))),
                (
                    after_printable(&bytes),
                    naive(&|b| !(b' '..0x7F).contains(&b)),
                ),
            ] {
                assert_eq!(before(&bytes, found), naive.unwrap_or(8), "{bytes:?}");
            }
        }
    }

    #[test]
    fn short_escape_is_skipped_at_every_position() {
        for length in 0..20 {
            for byte in 0..=u8::MAX {
                let plain = "x".repeat(length);
                let text = [plain.as_bytes(), b"\\", &[byte], plain.as_bytes()].concat();
                let to = match b"\"\\bfnrt".contains(&byte) {
                    true => text.len(),
                    false => length,
                };
                assert_eq!(before(&text, after_string(&text)), to);
                assert_eq!(
                    before(&text[..=length], after_string(&text[..=length])),
                    length,
                    "it is cut off"
                );
            }
        }
    }
}
