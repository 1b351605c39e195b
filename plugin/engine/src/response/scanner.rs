//! Turns the bytes of a message, in pieces of any size, into whether they are one strict JSON document, and whether it
//! may contain a list or a request of the server.
//!
//! It reads each byte once, and keeps only the id and a name that spans pieces, so that a long message can pass while
//! it is scanned. It never reports no list for a text in which some reader finds one.

mod name;
mod number;
mod scope;
mod string;

use super::ask::INPUT_REQUESTS;
use super::cache::CACHE_SCOPE;
use super::cut::Cut;
use super::list::LISTS;
use super::utf8::Utf8;
use crate::read::LONGEST_ID;
use crate::words::json::JsonFault;
use name::Name;
use number::Number;
use scope::Scope;

/// The state after the bytes so far.
#[derive(Debug)]
pub(super) struct MessageScanner {
    state: State,
    utf8: Utf8,
    /// One bit for each open array and object, the innermost lowest. A set bit is an object.
    open: u128,
    depth: u32,
    max_depth: u32,
    /// The text is a batch, so that its messages are one level deeper.
    batch: bool,
    /// The current string is the name of a member.
    is_name: bool,
    begun: Begun,
    /// The beginning of that name, if an earlier piece ended in it and it can be the name of a list.
    name: Vec<u8>,
    id: Id,
    scope: Scope,
    found: bool,
    /// An escape may encode something other than white space, a control character, a quote or a backslash.
    letters_escaped: bool,
    fault: Option<JsonFault>,
}

/// The id of the message, as far as it has arrived.
#[derive(Debug, Default)]
struct Id {
    /// Its bytes as they are written; empty unless it is a string or a number.
    raw: Vec<u8>,
    /// The value of the id is next, or is being read.
    arrives: bool,
    /// Some reader may use another value as the id.
    twice: bool,
}

/// An incomplete character or escape in a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begun {
    Nothing,
    /// A character outside ASCII.
    Character,
    Escape,
    /// An escape that lacks this number of hexadecimal digits.
    Hex(u8),
}

/// What the scanner accepts next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Value,
    /// A value, or the end of the array.
    First,
    /// A name, or the end of the object.
    FirstName,
    Name,
    Colon,
    /// A comma, or the end of the array or object.
    After,
    /// Only white space.
    End,
    String,
    Number(Number),
    /// The rest of `true`, `false` or `null`.
    Word(&'static [u8]),
    /// Nothing, because of a fault.
    Faulty,
}

/// The members for which a message is parsed: a request or a notification, and an error, whose data may hold a request.
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

/// The deepest level of members that matter: those of the message, of its result, and of a task or result in that.
const DEEPEST: u32 = 3;

impl MessageScanner {
    /// A scanner of a message. Nesting deeper than `max_depth` levels, or than 128, is a fault.
    pub(super) fn new(max_depth: usize) -> Self {
        Self {
            state: State::Value,
            utf8: Utf8::default(),
            open: 0,
            depth: 0,
            max_depth: u32::try_from(max_depth.min(128)).unwrap_or(128),
            batch: false,
            is_name: false,
            begun: Begun::Nothing,
            name: Vec::new(),
            id: Id::default(),
            scope: Scope::default(),
            found: false,
            letters_escaped: false,
            fault: None,
        }
    }

    /// A scanner that has read a whole text.
    pub(super) fn of(text: &[u8], max_depth: usize) -> Self {
        let mut scanner = Self::new(max_depth);
        scanner.read(text);
        scanner
    }

    /// Reads the next bytes.
    pub(super) fn read(&mut self, bytes: &[u8]) {
        self.scope.next_piece(bytes.len());
        let mut rest = bytes;
        while let [byte, after @ ..] = rest {
            rest = match self.state {
                State::String => self.string(rest),
                State::Number(number) => self.number(rest, number),
                State::Word(word) => self.word(rest, word),
                State::Faulty => return,
                _ if is_space(*byte) => after,
                state => self.sign(state, *byte, after),
            };
        }
    }

    /// Whether some reader can find a list or a request.
    pub(super) fn may_contain_list(&self) -> bool {
        self.found
    }

    /// Whether some reader may find that the result may be reused for another caller.
    pub(super) fn may_be_public(&self) -> bool {
        self.scope.is_open()
    }

    /// The cut in the last piece after which no reader finds that the result may be reused for another caller.
    pub(super) fn scope_cut(&self) -> Option<Cut> {
        self.scope.cut()
    }

    /// Whether a reader that ends lines at more than CR and LF divides the text.
    pub(super) fn has_separator(&self) -> bool {
        self.utf8.has_separator()
    }

    /// Whether an escape may encode a letter, or a sign that occurs in secrets.
    pub(super) fn letters_are_escaped(&self) -> bool {
        self.letters_escaped
    }

    /// Whether the document is complete, so that only white space may follow.
    pub(super) fn is_complete(&self) -> bool {
        self.state == State::End
    }

    /// The fault in the text so far; `None` if it may be the beginning of a strict document.
    pub(super) fn fault(&self) -> Option<&JsonFault> {
        self.fault.as_ref()
    }

    /// The fault if the text ends here; `None` if it is a strict document.
    pub(super) fn fault_at_end(&self) -> Option<JsonFault> {
        let whole = match self.state {
            State::End => true,
            State::Number(number) => self.depth == 0 && number.is_whole(),
            _ => false,
        };
        match &self.fault {
            Some(fault) => Some(fault.clone()),
            None if !self.utf8.is_whole() => Some(JsonFault::NotUtf8),
            None => (!whole).then_some(JsonFault::Syntax),
        }
    }

    /// The id of the message as it is written; `None` unless it is certain so far.
    pub(super) fn id(&self) -> Option<&str> {
        let certain = !self.id.arrives && !self.id.twice && !self.batch;
        let raw = std::str::from_utf8(&self.id.raw).ok();
        raw.filter(|raw| certain && !raw.is_empty())
    }

    /// Reads a sign between values, or the first byte of a value. Returns the bytes after it, as the other methods do.
    fn sign<'b>(&mut self, state: State, byte: u8, after: &'b [u8]) -> &'b [u8] {
        match (state, byte) {
            (State::First, b']') | (State::FirstName, b'}') | (State::After, b'}' | b']') => {
                self.close(byte, after)
            }
            (State::Value | State::First, _) => self.value(byte, after),
            (State::FirstName | State::Name, b'"') => self.begin_string(true, after),
            (State::Colon, b':') => self.go_to(State::Value, after),
            (State::After, b',') if self.in_object() => self.go_to(State::Name, after),
            (State::After, b',') => self.go_to(State::Value, after),
            _ => self.stray(byte, after),
        }
    }

    fn value<'b>(&mut self, byte: u8, after: &'b [u8]) -> &'b [u8] {
        if self.id.arrives {
            self.begin_id(byte);
        }
        if self.scope.is_next() {
            self.found |= self.scope.begins(byte, after.len());
        }
        match byte {
            b'"' => self.begin_string(false, after),
            b'{' | b'[' => self.open(byte == b'{', after),
            b't' => self.go_to(State::Word(b"rue"), after),
            b'f' => self.go_to(State::Word(b"alse"), after),
            b'n' => self.go_to(State::Word(b"ull"), after),
            _ => match Number::begun(byte) {
                Some(number) => self.go_to(State::Number(number), after),
                None => self.stray(byte, after),
            },
        }
    }

    /// Notes the fault of a byte that is not allowed here.
    fn stray<'b>(&mut self, byte: u8, after: &[u8]) -> &'b [u8] {
        let character = [&[byte], after.get(..3).unwrap_or(after)].concat();
        let fault = match (self.state, byte) {
            _ if self.utf8.read(&character).is_err() => JsonFault::NotUtf8,
            (State::Value, 0xEF) if self.depth == 0 => JsonFault::ByteOrderMark,
            (State::End, _) => JsonFault::TrailingData,
            _ => JsonFault::Syntax,
        };
        self.faulty(fault)
    }

    fn go_to<'b>(&mut self, state: State, after: &'b [u8]) -> &'b [u8] {
        self.state = state;
        after
    }

    /// Notes a fault. No byte after it is read.
    fn faulty<'b>(&mut self, fault: JsonFault) -> &'b [u8] {
        self.fault = Some(fault);
        self.go_to(State::Faulty, &[])
    }

    fn open<'b>(&mut self, object: bool, after: &'b [u8]) -> &'b [u8] {
        if self.depth >= self.max_depth {
            let max = usize::try_from(self.max_depth).unwrap_or_default();
            return self.faulty(JsonFault::Depth(max));
        }
        self.batch |= self.depth == 0 && !object;
        self.depth = self.depth.wrapping_add(1);
        self.open = (self.open << 1) | u128::from(object);
        match object {
            true => self.go_to(State::FirstName, after),
            false => self.go_to(State::First, after),
        }
    }

    fn close<'b>(&mut self, byte: u8, after: &'b [u8]) -> &'b [u8] {
        if self.in_object() != (byte == b'}') {
            return self.faulty(JsonFault::Syntax);
        }
        self.open >>= 1;
        self.depth = self.depth.wrapping_sub(1);
        self.end_of_value(after)
    }

    fn end_of_value<'b>(&mut self, after: &'b [u8]) -> &'b [u8] {
        self.id.arrives = false;
        if self.scope.arrives() {
            self.scope.ends(after.len());
        }
        match self.depth {
            0 => self.go_to(State::End, after),
            _ => self.go_to(State::After, after),
        }
    }

    /// Reads on in a number, up to its end or the end of the bytes.
    fn number<'b>(&mut self, bytes: &'b [u8], mut number: Number) -> &'b [u8] {
        let mut rest = bytes;
        while let [byte, after @ ..] = rest
            && let Some(next) = number.after(*byte)
        {
            (number, rest) = (next, after);
        }
        self.keep_id(before(bytes, rest));
        match (rest.is_empty(), number.is_whole()) {
            (true, _) => self.go_to(State::Number(number), rest),
            (false, true) => self.end_of_value(rest),
            (false, false) => self.faulty(JsonFault::Syntax),
        }
    }

    fn word<'b>(&mut self, bytes: &'b [u8], word: &'static [u8]) -> &'b [u8] {
        match (bytes, word) {
            ([byte, after @ ..], [own]) if byte == own => self.end_of_value(after),
            ([byte, after @ ..], [own, word @ ..]) if byte == own => {
                self.go_to(State::Word(word), after)
            }
            _ => self.faulty(JsonFault::Syntax),
        }
    }

    fn in_object(&self) -> bool {
        self.open & 1 == 1
    }

    /// The depth in the message, without the array of a batch.
    fn level(&self) -> u32 {
        self.depth.saturating_sub(self.batch.into())
    }

    /// Notes the name of a member of the message, of its result, or of an object in that.
    fn named(&mut self, name: Name<'_>) {
        self.found |= match self.level() {
            1 if name.reads_like(&["id"]) => {
                self.id.twice |= self.id.arrives || !self.id.raw.is_empty() || !name.is("id");
                self.id.arrives = true;
                false
            }
            1 => name.reads_like(&OF_MESSAGES),
            2 if name.reads_like(&[CACHE_SCOPE]) => self.scope.named(name.is(CACHE_SCOPE)),
            2 => name.reads_like(&OF_RESULTS),
            _ => name.reads_like(&[INPUT_REQUESTS]),
        };
    }

    /// Notes the first byte of the id.
    fn begin_id(&mut self, byte: u8) {
        match byte {
            b'"' | b'-' | b'0'..=b'9' => self.keep_id(&[byte]),
            _ => self.id.arrives = false,
        }
    }

    fn keep_id(&mut self, bytes: &[u8]) {
        if self.id.arrives {
            // No request has a longer id, and the part that is kept is not a complete string.
            let room = LONGEST_ID.saturating_sub(self.id.raw.len());
            let bytes = bytes.get(..room).unwrap_or(bytes);
            self.id.raw.extend_from_slice(bytes);
        }
    }
}

/// White space of JSON.
fn is_space(byte: u8) -> bool {
    byte <= b' ' && matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// The part of `bytes` before `rest`, which is their end.
fn before<'b>(bytes: &'b [u8], rest: &[u8]) -> &'b [u8] {
    let length = bytes.len().wrapping_sub(rest.len());
    bytes.get(..length).unwrap_or_default()
}

#[cfg(test)]
mod tests;
