//! Writes one JSON object on one line, member by member.
//!
//! The names of members are ours and are never escaped; it never writes a line break.

/// The most characters of a client's text that a line of the log repeats.
const LOGGED: usize = 256;

/// An object that is being written: its members so far.
#[derive(Clone, Debug)]
pub(crate) struct ObjectLine(String);

impl ObjectLine {
    /// An object without members. Most lines of the log are shorter than the room that it takes.
    pub(crate) fn new() -> Self {
        let mut text = String::with_capacity(512);
        text.push('{');
        Self(text)
    }

    /// A member whose value is JSON already.
    pub(crate) fn json(&mut self, name: &str, value: &str) {
        self.name(name).push_str(value);
    }

    /// A member with a text of ours, or of printable ASCII.
    pub(crate) fn text(&mut self, name: &str, value: &str) {
        push_text(self.name(name), value);
    }

    /// A member with a text of a client's: clipped, without control characters.
    pub(crate) fn logged(&mut self, name: &str, value: &str) {
        push_logged(self.name(name), value);
    }

    /// Begins a member whose value is written by the caller.
    pub(crate) fn name(&mut self, name: &str) -> &mut String {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push('"');
        self.0.push_str(name);
        self.0.push_str("\":");
        &mut self.0
    }

    /// The whole object.
    pub(crate) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// Adds an element to a list that is written without its brackets.
pub(crate) fn element(list: &mut String) -> &mut String {
    if !list.is_empty() {
        list.push(',');
    }
    list
}

/// The text as a JSON string.
pub(crate) fn push_text(line: &mut String, text: &str) {
    line.push('"');
    match text.bytes().all(is_plain) {
        true => line.push_str(text),
        false => text.chars().for_each(|c| push_escaped(line, c)),
    }
    line.push('"');
}

/// A text of a client's as a JSON string: its first characters, and U+FFFD in the place of control characters.
pub(crate) fn push_logged(line: &mut String, text: &str) {
    if text.len() <= LOGGED && text.bytes().all(is_plain) {
        return push_text(line, text);
    }
    line.push('"');
    for c in text.chars().take(LOGGED) {
        push_escaped(
            line,
            if c.is_control() {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            },
        );
    }
    line.push('"');
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'
}

/// RFC 8259 section 7.
fn push_escaped(line: &mut String, c: char) {
    match c {
        '"' | '\\' => line.extend(['\\', c]),
        '\0'..='\u{1F}' => {
            line.push_str("\\u00");
            let value = u64::from(c);
            let digits = [value >> 4, value].map(|digit| hex_digit(digit & 15));
            push_ascii(line, &digits);
        }
        c => line.push(c),
    }
}

/// A number of 128 bits in all its hexadecimal digits.
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

fn hex_digit(value: u64) -> u8 {
    let before = match value {
        0..=9 => b'0',
        _ => b'a'.saturating_sub(10),
    };
    before.saturating_add(u8::try_from(value & 15).unwrap_or_default())
}

fn push_ascii(text: &mut String, digits: &[u8]) {
    text.push_str(str::from_utf8(digits).unwrap_or_default());
}

/// A number in decimal digits, at least `width` of them.
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
    use super::*;

    #[test]
    fn texts_are_read_back_as_they_were() {
        for text in [
            "",
            "plain",
            "\"quoted\" and \\",
            "tab\tNUL\0 line\n",
            "Größe 😀 \u{2028}",
        ] {
            let mut line = ObjectLine::new();
            line.text("first", text);
            line.json("number", "12");
            line.text("last", text);
            let value: serde_json::Value = serde_json::from_str(&line.end()).expect("JSON");
            let expected = serde_json::json!({ "first": text, "number": 12, "last": text });
            assert_eq!(value, expected);
        }
        assert_eq!(ObjectLine::new().end(), "{}");
    }

    #[test]
    fn text_of_a_client_is_clipped_and_without_control_characters() {
        for (text, expected) in [
            (
                "a\nb\u{85}\u{7F}c".into(),
                "a\u{FFFD}b\u{FFFD}\u{FFFD}c".into(),
            ),
            ("x".repeat(300), "x".repeat(256)),
            ("é".repeat(200), "é".repeat(200)),
            ("é".repeat(257), "é".repeat(256)),
        ] {
            let mut line = String::new();
            push_logged(&mut line, &text);
            let value: String = serde_json::from_str(&line).expect("a JSON string");
            assert_eq!(value, expected);
        }
    }

    #[test]
    fn numbers_have_all_their_digits() {
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
