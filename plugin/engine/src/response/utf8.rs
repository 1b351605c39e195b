//! Checks that bytes are UTF-8, however they are cut.
//!
//! It keeps no more than the beginning of one character.

/// What is known of the bytes so far.
#[derive(Debug, Default)]
pub(super) struct Utf8 {
    /// The beginning of a character of which the rest has not come.
    begun: Vec<u8>,
}

impl Utf8 {
    /// Goes on with the bytes that follow. True where a line separator of Unicode is among them; an error is the first byte
    /// that cannot be.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<bool, usize> {
        if self.begun.is_empty() && bytes.is_ascii() {
            return Ok(false);
        }
        let before = self.begun.len();
        let joined = [&self.begun[..], bytes].concat();
        let valid = match std::str::from_utf8(&joined) {
            Ok(_) => joined.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(error) => return Err(error.valid_up_to().saturating_sub(before)),
        };
        let (whole, begun) = joined.split_at_checked(valid).unwrap_or_default();
        self.begun = begun.into();
        Ok(String::from_utf8_lossy(whole).contains(super::SEPARATORS))
    }

    /// No character is incomplete.
    pub(super) fn is_whole(&self) -> bool {
        self.begun.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::Utf8;

    #[test]
    fn characters_are_checked_however_they_are_cut() {
        for (text, separator) in [
            ("aé😀\u{2027}", false),
            ("a\u{2028}", true),
            ("\u{85}", true),
        ] {
            for cut in 0..text.len() {
                let mut utf8 = Utf8::default();
                let (one, other) = text.as_bytes().split_at(cut);
                let found = [utf8.read(one), utf8.read(other)];
                assert_eq!(found.contains(&Ok(true)), separator, "{text} cut at {cut}");
                assert!(found.iter().all(Result::is_ok) && utf8.is_whole());
            }
        }
        let mut utf8 = Utf8::default();
        assert_eq!(utf8.read(b"ab\xE2"), Ok(false));
        assert!(!utf8.is_whole());
        assert_eq!(utf8.read(b"\x80c"), Err(0));
        assert_eq!(Utf8::default().read(b"ab\xC0\xAE"), Err(2));
    }
}
