//! Turns the bytes of a message, however they are cut, into whether they are one strict JSON document, and whether a list
//! or a request of the server's may stand in it.
//!
//! It keeps nothing of a text but the name of a member, so that a long message can pass while it is scanned. It never says
//! no of a text in which some reader finds a list.

use super::ask::INPUT_REQUESTS;
use super::list::LISTS;
use super::utf8::Utf8;
use crate::read::{LONGEST_ID, is_confusable};
use crate::words::json::Fault;

/// What is known of the text so far.
#[derive(Debug)]
pub(super) struct MessageScanner {
    utf8: Utf8,
    state: State,
    /// One bit for each open array and object, the innermost lowest: set for an object.
    open: u128,
    depth: u32,
    max_depth: u32,
    /// The message is one of a batch, a level deeper.
    batch: bool,
    /// The string that is being read is the name of a member.
    is_name: bool,
    /// That name, where a list's may stand.
    name: Vec<u8>,
    id: Id,
    found: bool,
    /// A character at which some reader ends a line stands in a string.
    separator: bool,
    fault: Option<Fault>,
}

/// The id of the message, as far as it has come.
#[derive(Debug, Default)]
struct Id {
    /// Its bytes as they are written: none for one that is neither a string nor a number.
    raw: Vec<u8>,
    /// They are being read.
    arrives: bool,
    /// Some reader may take another value for it.
    twice: bool,
}

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Value,
    /// A value, or the end of the array.
    First,
    /// A name, or the end of the object.
    FirstName,
    Name,
    Colon,
    /// What follows a value in an array or object.
    After,
    /// White space alone.
    End,
    String,
    Escape,
    /// So many more hexadecimal digits of an escape.
    Hex(u8),
    Number(Number),
    /// The rest of `true`, `false` or `null`.
    Word(&'static [u8]),
}

/// How far a number is (RFC 8259 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    Minus,
    Zero,
    Whole,
    Point,
    Fraction,
    Exponent,
    Sign,
    Power,
}

/// In which object the members stand that are named.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Message,
    Result,
    /// A task or a result in the result.
    Nested,
    Elsewhere,
}

/// What makes a message worth a closer look, wherever it comes from: a request or a notification, and an error, in whose
/// data a server may ask.
const OF_MESSAGES: [&str; 2] = ["method", "error"];

const OF_RESULTS: [&str; 5] = {
    let [one, two, three, four] = LISTS;
    [
        one.member,
        two.member,
        three.member,
        four.member,
        INPUT_REQUESTS,
    ]
};

/// No name of these is longer, even with each letter as an escape of six bytes, and a NUL behind it.
const LONGEST: usize = 6 * 24;

impl MessageScanner {
    /// Of a message that is nested at most `max_depth` deep, 128 at most.
    pub(super) fn new(max_depth: usize) -> Self {
        Self {
            utf8: Utf8::default(),
            state: State::Value,
            open: 0,
            depth: 0,
            max_depth: u32::try_from(max_depth.min(128)).unwrap_or(128),
            batch: false,
            is_name: false,
            name: Vec::new(),
            id: Id::default(),
            found: false,
            separator: false,
            fault: None,
        }
    }

    /// Of a whole text.
    pub(super) fn of(text: &[u8], max_depth: usize) -> Self {
        let mut scanner = Self::new(max_depth);
        scanner.read(text);
        scanner
    }

    /// Goes on with the bytes that follow.
    pub(super) fn read(&mut self, bytes: &[u8]) {
        if self.fault.is_some() {
            return;
        }
        let Ok(separator) = self.utf8.read(bytes) else {
            self.fault = Some(Fault::NotUtf8);
            return;
        };
        self.separator |= separator;
        let mut rest = bytes;
        while let (Some((&byte, after)), None) = (rest.split_first(), &self.fault) {
            rest = match self.state {
                State::String => self.string(rest),
                _ => {
                    self.byte(byte);
                    after
                }
            };
        }
    }

    /// Some reader could find a list or a request.
    pub(super) fn may_contain_list(&self) -> bool {
        self.found
    }

    /// A reader that ends lines at more than CR and LF takes the text for several.
    pub(super) fn has_separator(&self) -> bool {
        self.separator
    }

    /// The document is whole: nothing but white space may follow.
    pub(super) fn is_complete(&self) -> bool {
        self.state == State::End && self.fault.is_none()
    }

    /// Why the text so far is the beginning of no strict document.
    pub(super) fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    /// Why the text is no strict document, where it ends here.
    pub(super) fn fault_at_end(&self) -> Option<Fault> {
        let number = matches!(
            self.state,
            State::Number(Number::Zero | Number::Whole | Number::Fraction | Number::Power)
        );
        let whole = self.depth == 0 && (self.state == State::End || number);
        match &self.fault {
            Some(fault) => Some(fault.clone()),
            None if !self.utf8.is_whole() => Some(Fault::NotUtf8),
            None => (!whole).then_some(Fault::Syntax),
        }
    }

    /// The id of the message as it is written, where it is certain so far.
    pub(super) fn id(&self) -> Option<&str> {
        let certain = !self.id.arrives && !self.id.twice && !self.batch;
        let raw = std::str::from_utf8(&self.id.raw).ok();
        raw.filter(|raw| certain && !raw.is_empty())
    }

    /// Goes on in a string, up to its next special byte.
    fn string<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let special = bytes
            .iter()
            .position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20);
        let (plain, rest) = bytes
            .split_at_checked(special.unwrap_or(bytes.len()))
            .unwrap_or((bytes, &[]));
        self.keep(plain);
        let Some((&byte, after)) = rest.split_first() else {
            return rest;
        };
        match byte {
            b'"' => {
                self.keep_id(b"\"");
                self.end_of_string();
            }
            b'\\' => {
                self.keep(b"\\");
                self.state = State::Escape;
            }
            _ => self.fault = Some(Fault::ControlCharacter),
        }
        after
    }

    fn end_of_string(&mut self) {
        if !self.is_name {
            return self.end_of_value();
        }
        self.is_name = false;
        self.state = State::Colon;
        self.found |= match self.level() {
            Level::Message => {
                self.begin_id();
                is_named(&self.name, &OF_MESSAGES)
            }
            Level::Result => is_named(&self.name, &OF_RESULTS),
            Level::Nested => is_named(&self.name, &[INPUT_REQUESTS]),
            Level::Elsewhere => false,
        };
    }

    fn begin_id(&mut self) {
        if is_named(&self.name, &["id"]) {
            self.id.twice |= self.id.arrives || !self.id.raw.is_empty() || self.name != b"id";
            self.id.arrives = true;
        }
    }

    fn byte(&mut self, byte: u8) {
        match (self.state, byte) {
            (State::Escape, _) => self.escape(byte),
            (State::Hex(left), _) => self.hex(byte, left),
            (State::Number(number), _) => self.number(byte, number),
            (State::Word(rest), _) => self.word(byte, rest),
            (_, b' ' | b'\t' | b'\r' | b'\n') => {}
            (State::First, b']') | (State::FirstName, b'}') => self.close(byte),
            (State::Value | State::First, _) => self.value(byte),
            (State::FirstName | State::Name, b'"') => self.begin_string(true),
            (State::Colon, b':') => self.state = State::Value,
            (State::After, b',') if self.in_object() => self.state = State::Name,
            (State::After, b',') => self.state = State::Value,
            (State::After, b'}' | b']') => self.close(byte),
            (State::End, _) => self.fault = Some(Fault::TrailingData),
            _ => self.fault = Some(Fault::Syntax),
        }
    }

    fn value(&mut self, byte: u8) {
        match byte {
            b'"' | b'-' | b'0'..=b'9' => self.keep_id(&[byte]),
            _ => self.id.arrives = false,
        }
        match byte {
            b'{' | b'[' => self.open(byte == b'{'),
            b'"' => self.begin_string(false),
            b'-' => self.state = State::Number(Number::Minus),
            b'0' => self.state = State::Number(Number::Zero),
            b'1'..=b'9' => self.state = State::Number(Number::Whole),
            b't' => self.state = State::Word(b"rue"),
            b'f' => self.state = State::Word(b"alse"),
            b'n' => self.state = State::Word(b"ull"),
            0xEF if self.depth == 0 => self.fault = Some(Fault::ByteOrderMark),
            _ => self.fault = Some(Fault::Syntax),
        }
    }

    fn begin_string(&mut self, is_name: bool) {
        self.is_name = is_name;
        self.name.clear();
        self.state = State::String;
    }

    fn open(&mut self, object: bool) {
        if self.depth >= self.max_depth {
            let max = usize::try_from(self.max_depth).unwrap_or_default();
            self.fault = Some(Fault::Depth(max));
            return;
        }
        self.batch |= self.depth == 0 && !object;
        self.depth = self.depth.saturating_add(1);
        self.open = (self.open << 1) | u128::from(object);
        self.state = match object {
            true => State::FirstName,
            false => State::First,
        };
    }

    fn close(&mut self, byte: u8) {
        if self.in_object() != (byte == b'}') {
            self.fault = Some(Fault::Syntax);
            return;
        }
        self.open >>= 1;
        self.depth = self.depth.saturating_sub(1);
        self.end_of_value();
    }

    fn end_of_value(&mut self) {
        self.id.arrives = false;
        self.state = match self.depth {
            0 => State::End,
            _ => State::After,
        };
    }

    fn escape(&mut self, byte: u8) {
        self.keep(&[byte]);
        match byte {
            b'u' => self.state = State::Hex(4),
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.state = State::String,
            _ => self.fault = Some(Fault::Syntax),
        }
    }

    fn hex(&mut self, byte: u8, left: u8) {
        self.keep(&[byte]);
        match (byte.is_ascii_hexdigit(), left) {
            (false, _) => self.fault = Some(Fault::Syntax),
            (true, 0 | 1) => self.state = State::String,
            (true, _) => self.state = State::Hex(left.saturating_sub(1)),
        }
    }

    fn number(&mut self, byte: u8, number: Number) {
        use Number::{Exponent, Fraction, Minus, Point, Power, Sign, Whole, Zero};
        let next = match (number, byte) {
            (Minus, b'0') => Some(Zero),
            (Minus, b'1'..=b'9') | (Whole, b'0'..=b'9') => Some(Whole),
            (Zero | Whole, b'.') => Some(Point),
            (Point | Fraction, b'0'..=b'9') => Some(Fraction),
            (Zero | Whole | Fraction, b'e' | b'E') => Some(Exponent),
            (Exponent, b'+' | b'-') => Some(Sign),
            (Exponent | Sign | Power, b'0'..=b'9') => Some(Power),
            _ => None,
        };
        match (next, number) {
            (Some(next), _) => {
                self.keep_id(&[byte]);
                self.state = State::Number(next);
            }
            (None, Zero | Whole | Fraction | Power) => {
                self.end_of_value();
                self.byte(byte);
            }
            (None, Minus | Point | Exponent | Sign) => self.fault = Some(Fault::Syntax),
        }
    }

    fn word(&mut self, byte: u8, rest: &'static [u8]) {
        match rest.split_first() {
            Some((&first, [])) if first == byte => self.end_of_value(),
            Some((&first, rest)) if first == byte => self.state = State::Word(rest),
            _ => self.fault = Some(Fault::Syntax),
        }
    }

    fn in_object(&self) -> bool {
        self.open & 1 == 1
    }

    /// The result is a member of the message, and the list one of the result.
    fn level(&self) -> Level {
        match self.depth.saturating_sub(self.batch.into()) {
            1 => Level::Message,
            2 => Level::Result,
            3 => Level::Nested,
            _ => Level::Elsewhere,
        }
    }

    fn keep_id(&mut self, bytes: &[u8]) {
        if self.id.arrives && !self.is_name {
            // No request has a longer one, and what was read of it is no whole string.
            let room = LONGEST_ID.saturating_sub(self.id.raw.len());
            self.id.raw.extend(bytes.iter().take(room));
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.keep_id(bytes);
        if self.is_name && self.level() != Level::Elsewhere {
            let room = LONGEST.saturating_add(1).saturating_sub(self.name.len());
            self.name.extend(bytes.iter().take(room));
        }
    }
}

/// The name is one of these to some reader.
fn is_named(raw: &[u8], names: &[&str]) -> bool {
    // A reader that ends names at a NUL sees the beginning alone, whatever follows.
    let nul = |rest: &[u8]| rest.starts_with(br"\u0000");
    let mut cuts = (0..raw.len()).filter_map(|at| raw.split_at_checked(at));
    let beginning = cuts.find_map(|(beginning, rest)| nul(rest).then_some(beginning));
    (raw.len() <= LONGEST && reads_like(raw, names))
        || beginning.is_some_and(|beginning| reads_like(beginning, names))
}

fn reads_like(raw: &[u8], names: &[&str]) -> bool {
    let quoted = [b"\"", raw, b"\""].concat();
    // A string that cannot be decoded, such as one with half of a surrogate pair, is compared as it is written.
    let decoded: Option<String> = serde_json::from_slice(&quoted).ok();
    let name = decoded.unwrap_or_else(|| String::from_utf8_lossy(raw).into());
    is_confusable(&name, names.iter().copied())
}

#[cfg(test)]
mod tests;
