//! Checks the characters and escapes in the strings of a message, and keeps the names that matter and the id.
//!
//! It never decodes a string.

use super::name::{LONGEST, Name};
use super::{Begun, DEEPEST, MessageScanner, State, before};
use crate::words::json::JsonFault;
use crate::words::plain;

impl MessageScanner {
    pub(super) fn begin_string<'b>(&mut self, is_name: bool, bytes: &'b [u8]) -> &'b [u8] {
        self.is_name = is_name;
        self.state = State::String;
        self.characters(bytes, bytes)
    }

    /// Reads on in a string, up to its end or the end of the bytes. Returns the bytes after it.
    pub(super) fn string<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let rest = self.go_on(bytes);
        self.characters(bytes, rest)
    }

    /// Reads on in a string of which `rest` is not read, and begins with a character.
    fn characters<'b>(&mut self, bytes: &'b [u8], mut rest: &'b [u8]) -> &'b [u8] {
        loop {
            rest = plain::after_string(rest);
            rest = match rest {
                [] => return self.cut(bytes),
                [b'"', after @ ..] => return self.end_of_string(before(bytes, rest), after),
                [b'\\', after @ ..] => {
                    self.letters_escaped = true;
                    self.begin(Begun::Escape, after)
                }
                [0x80..=0xFF, ..] => self.begin(Begun::Character, rest),
                _ => return self.faulty(JsonFault::ControlCharacter),
            };
        }
    }

    fn begin<'b>(&mut self, begun: Begun, bytes: &'b [u8]) -> &'b [u8] {
        self.begun = begun;
        self.go_on(bytes)
    }

    /// Reads on in an incomplete character or escape, up to its end or the end of the bytes. Returns the bytes after.
    fn go_on<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let mut rest = bytes;
        while let [byte, after @ ..] = rest {
            (self.begun, rest) = match (self.begun, byte) {
                (Begun::Nothing, _) => break,
                (Begun::Character, _) => match self.utf8.read(rest) {
                    Ok(length) if self.utf8.is_whole() => (Begun::Nothing, behind(rest, length)),
                    Ok(length) => (Begun::Character, behind(rest, length)),
                    Err(_) => (Begun::Nothing, self.faulty(JsonFault::NotUtf8)),
                },
                (Begun::Escape, b'u') => (Begun::Hex(4), after),
                (Begun::Escape, b'/') => (Begun::Nothing, after),
                (Begun::Escape, byte) if plain::is_escaped(*byte) => (Begun::Nothing, after),
                (Begun::Hex(1), byte) if byte.is_ascii_hexdigit() => (Begun::Nothing, after),
                (Begun::Hex(left), byte) if byte.is_ascii_hexdigit() => {
                    (Begun::Hex(left.saturating_sub(1)), after)
                }
                (Begun::Escape | Begun::Hex(_), _) => {
                    (Begun::Nothing, self.faulty(JsonFault::Syntax))
                }
            };
        }
        rest
    }

    /// Keeps the part of a string in which the bytes end.
    fn cut<'b>(&mut self, bytes: &[u8]) -> &'b [u8] {
        if !self.is_name {
            self.keep_id(bytes);
        } else if self.level() <= DEEPEST {
            let most = LONGEST.saturating_add(1);
            let room = most.saturating_sub(self.name.len());
            let bytes = bytes.get(..room).unwrap_or(bytes);
            self.name.extend_from_slice(bytes);
        }
        &[]
    }

    /// Ends the string after these bytes.
    fn end_of_string<'b>(&mut self, bytes: &[u8], after: &'b [u8]) -> &'b [u8] {
        if !self.is_name {
            if self.id.arrives {
                self.keep_id(bytes);
                self.keep_id(b"\"");
            }
            if self.scope.arrives() {
                self.scope.written(bytes);
            }
            return self.end_of_value(after);
        }
        if self.level() <= DEEPEST {
            self.end_of_name(bytes);
        }
        self.go_to(State::Colon, after)
    }

    fn end_of_name(&mut self, bytes: &[u8]) {
        if self.name.is_empty() {
            return self.named(Name::new(bytes));
        }
        let name = [&self.name[..], bytes].concat();
        self.name.clear();
        self.named(Name::new(&name));
    }
}

fn behind(bytes: &[u8], length: usize) -> &[u8] {
    bytes.get(length..).unwrap_or_default()
}
