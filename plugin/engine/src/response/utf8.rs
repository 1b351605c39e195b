//! Checks that the bytes outside ASCII of a text are valid UTF-8, in pieces of any size.
//!
//! It keeps only the beginning of one character, and never reads a byte of ASCII except after a character.

/// The state after the bytes so far.
#[derive(Debug, Default)]
pub(super) struct Utf8 {
    /// The beginning of an incomplete character.
    begun: Vec<u8>,
    /// One of the characters was a line separator of Unicode.
    separator: bool,
}

impl Utf8 {
    /// Reads the characters at the beginning of these bytes, up to the next byte of ASCII, and returns their length in
    /// bytes.
    ///
    /// # Errors
    /// The index of the first invalid character.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<usize, usize> {
        let mut at = match self.begun.is_empty() {
            true => 0,
            false => self.go_on(bytes)?,
        };
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            match length(rest) {
                Some(length) => at = at.wrapping_add(self.noted(rest, length)),
                None if rest.first().is_none_or(u8::is_ascii) => return Ok(at),
                None if is_beginning(rest) => {
                    self.begun = rest.into();
                    return Ok(bytes.len());
                }
                None => return Err(at),
            }
        }
    }

    /// Whether no character is incomplete.
    pub(super) fn is_whole(&self) -> bool {
        self.begun.is_empty()
    }

    /// Whether a reader that ends lines at more than CR and LF divides the text.
    pub(super) fn has_separator(&self) -> bool {
        self.separator
    }

    /// Completes the character that has begun, and returns the number of these bytes that belong to it.
    fn go_on(&mut self, bytes: &[u8]) -> Result<usize, usize> {
        let before = self.begun.len();
        let most = bytes.get(..LONGEST).unwrap_or(bytes);
        let joined = [&self.begun[..], most].concat();
        match length(&joined) {
            Some(length) => {
                self.begun.clear();
                Ok(self.noted(&joined, length).saturating_sub(before))
            }
            None if is_beginning(&joined) => {
                self.begun = joined;
                Ok(bytes.len())
            }
            None => Err(0),
        }
    }

    /// Notes whether the character at the beginning of these bytes is a line separator, and returns its length.
    fn noted(&mut self, bytes: &[u8], length: usize) -> usize {
        self.separator |= matches!(bytes, [0xC2, 0x85, ..] | [0xE2, 0x80, 0xA8 | 0xA9, ..]);
        length
    }
}

/// The longest character, in bytes.
const LONGEST: usize = 4;

/// The length in bytes of the character outside ASCII at the beginning (Unicode 17 section 3.9, table 3-7); `None` if
/// there is no complete one.
fn length(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [0xC2..=0xDF, 0x80..=0xBF, ..] => Some(2),
        [0xE1..=0xEC | 0xEE | 0xEF, 0x80..=0xBF, 0x80..=0xBF, ..]
        | [0xE0, 0xA0..=0xBF, 0x80..=0xBF, ..]
        | [0xED, 0x80..=0x9F, 0x80..=0xBF, ..] => Some(3),
        [0xF1..=0xF3, 0x80..=0xBF, 0x80..=0xBF, 0x80..=0xBF, ..]
        | [0xF0, 0x90..=0xBF, 0x80..=0xBF, 0x80..=0xBF, ..]
        | [0xF4, 0x80..=0x8F, 0x80..=0xBF, 0x80..=0xBF, ..] => Some(4),
        _ => None,
    }
}

/// Whether these bytes are the beginning of a longer character.
fn is_beginning(bytes: &[u8]) -> bool {
    bytes.len() < LONGEST
        && std::str::from_utf8(bytes)
            .is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a text as the callers of `Utf8` do: they skip ASCII unless a character is incomplete.
    fn read(utf8: &mut Utf8, bytes: &[u8]) -> Result<(), usize> {
        let mut rest = bytes;
        while let [byte, after @ ..] = rest {
            let before = bytes.len().saturating_sub(rest.len());
            rest = match utf8.is_whole() && byte.is_ascii() {
                true => after,
                false => match utf8.read(rest) {
                    Ok(length) => &rest[length..],
                    Err(at) => return Err(before.saturating_add(at)),
                },
            };
        }
        Ok(())
    }

    #[test]
    fn characters_cut_anywhere_are_checked() {
        for (text, separator) in [
            ("aé😀\u{2027}", false),
            ("a\u{2028}", true),
            ("é\u{2029}é", true),
            ("\u{85}", true),
        ] {
            for cut in 0..text.len() {
                let mut utf8 = Utf8::default();
                let (one, other) = text.as_bytes().split_at(cut);
                assert_eq!(read(&mut utf8, one), Ok(()));
                assert_eq!(read(&mut utf8, other), Ok(()), "{text} cut at {cut}");
                assert!(utf8.is_whole() && utf8.has_separator() == separator);
            }
        }
        let mut utf8 = Utf8::default();
        assert_eq!(read(&mut utf8, b"ab\xE2"), Ok(()));
        assert!(!utf8.is_whole());
        assert_eq!(read(&mut utf8, b"\x80c"), Err(0));
        assert_eq!(read(&mut Utf8::default(), b"ab\xC0\xAE"), Err(2));
    }

    #[test]
    fn verdicts_agree_with_the_standard_library() {
        let bytes = [
            0x41, 0x80, 0x85, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0,
        ];
        let bytes = [
            &bytes[..],
            &[
                0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
            ],
        ]
        .concat();
        let mut texts = vec![Vec::new()];
        for _ in 0..LONGEST {
            let longer = |text: &Vec<u8>| {
                bytes
                    .iter()
                    .map(|byte| [&text[..], &[*byte]].concat())
                    .collect::<Vec<_>>()
            };
            texts = texts.iter().flat_map(longer).collect();
            for text in &texts {
                let mut utf8 = Utf8::default();
                let ours = read(&mut utf8, text);
                let (expected, whole) = match std::str::from_utf8(text) {
                    Ok(_) => (Ok(()), true),
                    Err(error) if error.error_len().is_none() => (Ok(()), false),
                    Err(error) => (Err(error.valid_up_to()), true),
                };
                assert_eq!((ours, utf8.is_whole()), (expected, whole), "{text:x?}");
            }
        }
    }
}
