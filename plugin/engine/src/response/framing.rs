//! Checks that an event stream has the form in which all clients find the same lines, fields and events.
//!
//! It checks bytes and lines, and never parses a message. Honest servers write this form only.

use super::utf8::Utf8;
use crate::words::plain;
use std::fmt;
use std::ops::Range;

/// Why clients may read a stream differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    NotUtf8,
    /// A CR without an LF after it. It ends a line for some clients.
    LoneCr,
    Control,
    UnknownField,
    /// A character outside `data` that is not printable ASCII. Some clients end the line there, or begin elsewhere.
    FieldCharacter,
    LongLine,
    /// Lines of data with another line between them. Some clients keep only the last one.
    DividedData,
    /// A message that is too long to be held has several lines of data. Some clients keep only the last one.
    LongMessage,
    /// One message that becomes several events for clients that end lines at more than CR and LF.
    SeveralMessages,
}

impl fmt::Display for Framing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotUtf8 => "it is not UTF-8",
            Self::LoneCr => "a line ends in CR without LF",
            Self::Control => "a line contains a control character",
            Self::UnknownField => "a line has none of the fields `data`, `event`, `id` and `retry`",
            Self::FieldCharacter => "a line other than `data` contains a character outside ASCII",
            Self::LongLine => "a line other than `data` is longer than 1024 bytes",
            Self::DividedData => "another field separates the `data` lines of one event",
            Self::LongMessage => "a message too long to hold spans several `data` lines",
            Self::SeveralMessages => "a Unicode line separator splits one message into several",
        })
    }
}

/// The state after the bytes so far, which are valid UTF-8 with an LF after each CR.
#[derive(Debug, Default)]
pub(super) struct Lines {
    utf8: Utf8,
    after_cr: bool,
}

impl Lines {
    /// The line at the beginning of these bytes with its line ending, or as much of it as is there. The second value is
    /// the fault after it.
    pub(super) fn next<'b>(&mut self, bytes: &'b [u8]) -> (&'b [u8], Option<Framing>) {
        let mut at = 0_usize;
        let mut broken = None;
        while let rest @ [first, ..] = bytes.get(at..).unwrap_or_default() {
            match self.sound(rest) {
                Ok(sound) => at = at.wrapping_add(sound),
                Err(framing) => broken = Some(framing),
            }
            if *first == b'\n' || broken.is_some() {
                break;
            }
        }
        (bytes.get(..at).unwrap_or_default(), broken)
    }

    /// How many bytes at the beginning are valid: a line break, or bytes up to the next one to check.
    fn sound(&mut self, bytes: &[u8]) -> Result<usize, Framing> {
        match bytes {
            _ if !self.utf8.is_whole() => self.character(bytes),
            [b'\n', ..] => {
                self.after_cr = false;
                Ok(1)
            }
            _ if self.after_cr => Err(Framing::LoneCr),
            [b'\r', ..] => {
                self.after_cr = true;
                Ok(1)
            }
            [b'\t', ..] => Ok(1),
            [0..b' ', ..] => Err(Framing::Control),
            [0x80..=0xFF, ..] => self.character(bytes),
            _ => Ok(bytes.len().wrapping_sub(plain::after_line(bytes).len())),
        }
    }

    fn character(&mut self, bytes: &[u8]) -> Result<usize, Framing> {
        self.utf8.read(bytes).map_err(|_| Framing::NotUtf8)
    }

    /// The fault if the stream ends here; `None` if it may end.
    pub(super) fn end(&self) -> Option<Framing> {
        match (self.after_cr, self.utf8.is_whole()) {
            (true, _) => Some(Framing::LoneCr),
            (false, false) => Some(Framing::NotUtf8),
            (false, true) => None,
        }
    }
}

/// The longest line of another field than `data`, in bytes: event ids and comments are short.
const LONGEST: usize = 1024;

const FIELDS: [&[u8]; 4] = [b"data", b"event", b"id", b"retry"];

/// Checks that a line, or the beginning of one, can be a field, a comment or empty.
pub(super) fn field(line: &[u8]) -> Result<(), Framing> {
    let content = content(line);
    let name = content
        .split(|byte| *byte == b':')
        .next()
        .unwrap_or_default();
    if name == b"data" {
        return Ok(());
    }
    let whole = line.ends_with(b"\n") || name.len() < content.len();
    let known = match whole {
        true => name.is_empty() || FIELDS.contains(&name),
        false => FIELDS.iter().any(|field| field.starts_with(name)),
    };
    match content
        .iter()
        .all(|byte| matches!(byte, b'\t' | b' '..=b'~'))
    {
        _ if !known => Err(Framing::UnknownField),
        false => Err(Framing::FieldCharacter),
        true if content.len() > LONGEST => Err(Framing::LongLine),
        true => Ok(()),
    }
}

/// The line without its line ending.
pub(super) fn content(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The range of the data in a line; `None` for a line of another field, or with an incomplete name.
pub(super) fn value(line: &[u8]) -> Option<Range<usize>> {
    let content = content(line);
    let rest = content.strip_prefix(b"data")?;
    let value = match rest.strip_prefix(b":") {
        Some(value) => value.strip_prefix(b" ").unwrap_or(value),
        None if rest.is_empty() => rest,
        None => return None,
    };
    Some(content.len().saturating_sub(value.len())..content.len())
}

/// The ranges of the data in these lines, one for each line with data.
pub(super) fn values(lines: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let lines = lines.split_inclusive(|byte| *byte == b'\n');
    let lines = lines.scan(0, |end, line| {
        let start: usize = *end;
        *end = start.saturating_add(line.len());
        Some(value(line).map(
            |Range {
                 start: from,
                 end: to,
             }| { start.saturating_add(from)..start.saturating_add(to) },
        ))
    });
    lines.flatten()
}

/// Whether a reader that also ends lines at the separators of Unicode (httpx-sse 0.4.0) finds a complete message in a
/// part of this event. `is_message` checks each text that such a reader parses as the data of an event.
pub(super) fn is_several(event: &[u8], is_message: impl Fn(&[u8]) -> bool) -> bool {
    let Ok(text) = std::str::from_utf8(event) else {
        return true;
    };
    if !text.contains(super::SEPARATORS) {
        return false;
    }
    let ends = |c| matches!(c, '\n' | '\r') || super::SEPARATORS.contains(&c);
    let mut data: Vec<&str> = Vec::new();
    let mut events = Vec::new();
    for line in text.split(ends) {
        match line.strip_prefix("data:") {
            Some(value) => data.push(value.strip_prefix(' ').unwrap_or(value)),
            None if line.is_empty() => events.push(std::mem::take(&mut data).join("\n")),
            None => {}
        }
    }
    events.push(data.join("\n"));
    events.iter().any(|data| is_message(data.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn incomplete_line_of_unknown_field_is_refused() {
        for (line, expected) in [
            (&b"da"[..], Ok(())),
            (b"data: \xE2\x80", Ok(())),
            (b"id", Ok(())),
            (b"id: \t1\r\n", Ok(())),
            (b": ping", Ok(())),
            (b"\r\n", Ok(())),
            (b"retry\n", Ok(())),
            (b"re\n", Err(Framing::UnknownField)),
            (b"Data", Err(Framing::UnknownField)),
            (b"datax", Err(Framing::UnknownField)),
            (b" data", Err(Framing::UnknownField)),
            (b"\xEF\xBB\xBFdata: 1\n", Err(Framing::UnknownField)),
            (b": \xC3\xA9", Err(Framing::FieldCharacter)),
            (b"id: \x7F", Err(Framing::FieldCharacter)),
        ] {
            assert_eq!(field(line), expected, "{}", String::from_utf8_lossy(line));
        }
        let long = |length| [b":".repeat(length), b"\n".to_vec()].concat();
        assert_eq!(field(&long(1024)), Ok(()));
        assert_eq!(field(&long(1025)), Err(Framing::LongLine));
    }

    #[test]
    fn message_after_unicode_line_separator_is_found() {
        let is_object = |data: &[u8]| {
            serde_json::from_slice::<serde_json::Value>(data).is_ok_and(|v| v.is_object())
        };
        for separator in super::super::SEPARATORS {
            let divided = |rest: &str| {
                format!(
                    "data: {{\"a\":\"{}\"}}\n\n",
                    rest.replace('|', &separator.to_string())
                )
            };
            assert!(is_several(divided("||data: {}||").as_bytes(), is_object));
            assert!(!is_several(divided("|data: {}|").as_bytes(), is_object));
            assert!(!is_several(
                divided("|text about data:|").as_bytes(),
                is_object
            ));
        }
        assert!(!is_several(b"data: {}\n\n", is_object));
    }
}
