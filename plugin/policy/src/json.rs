//! Turns bytes into the one JSON document they can mean, or says why they cannot.
//!
//! It is stricter than RFC 8259 where two parsers are known to disagree: duplicate members, lone surrogates and a byte
//! order mark are errors, anywhere. It keeps what a tree of values would lose (the exact text of a number, where each
//! value begins and ends) and therefore never copies and never recurses.
//!
//! `serde_json` is not used for reading because it takes the last of two duplicate members and forgets a number's text.
//! It is the oracle of this file's tests instead.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// A document that was read whole and strictly.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    text: &'a str,
    nodes: Vec<Node>,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

/// Why bytes are not one strict JSON document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Empty,
    NotUtf8,
    ByteOrderMark,
    Syntax,
    ControlCharacter,
    LoneSurrogate,
    TrailingData,
    Depth(usize),
    Duplicate(String),
    TooLong,
}

/// A fault and the byte at which it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Error {
    pub(crate) at: usize,
    pub(crate) fault: Fault,
}

/// One value of a document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'a> {
    text: &'a str,
    nodes: &'a [Node],
    node: Node,
    index: usize,
}

/// A value or a member's name: its text, and where the next one is. Values stand in document order, each member's name
/// just before its value, so an object's members are found by walking `after`.
#[derive(Clone, Copy, Debug)]
struct Node {
    start: u32,
    end: u32,
    after: u32,
    kind: Kind,
    escaped: bool,
}

impl<'a> Document<'a> {
    /// Reads all of `bytes` as one document with at most `max_depth` nested arrays and objects.
    pub(crate) fn read(bytes: &'a [u8], max_depth: usize) -> Result<Self, Error> {
        if bytes.starts_with(b"\xEF\xBB\xBF") {
            return Err(Error {
                at: 0,
                fault: Fault::ByteOrderMark,
            });
        }
        if u32::try_from(bytes.len()).is_err() {
            return Err(Error {
                at: 0,
                fault: Fault::TooLong,
            });
        }
        let text = std::str::from_utf8(bytes).map_err(|error| Error {
            at: error.valid_up_to(),
            fault: Fault::NotUtf8,
        })?;
        let mut scanner = Scanner {
            text,
            bytes,
            at: 0,
            nodes: Vec::new(),
            open: Vec::new(),
            max_depth,
        };
        scanner.document()?;
        Ok(Self {
            text,
            nodes: scanner.nodes,
        })
    }

    /// The document's outermost value.
    pub(crate) fn root(&'a self) -> Value<'a> {
        // A document that was read has at least one node; the fallback is never met.
        let null = Node {
            start: 0,
            end: 0,
            after: 0,
            kind: Kind::Null,
            escaped: false,
        };
        Value {
            text: self.text,
            nodes: &self.nodes,
            node: self.nodes.first().copied().unwrap_or(null),
            index: 0,
        }
    }
}

impl<'a> Value<'a> {
    pub(crate) fn kind(self) -> Kind {
        self.node.kind
    }

    /// The bytes of the value as they were received, quotes and all.
    pub(crate) fn raw(self) -> &'a str {
        self.text.get(self.range()).unwrap_or_default()
    }

    pub(crate) fn range(self) -> Range<usize> {
        self.node.start as usize..self.node.end as usize
    }

    /// The characters of a string.
    pub(crate) fn string(self) -> Option<Cow<'a, str>> {
        (self.node.kind == Kind::String).then(|| characters(self.text, self.node))
    }

    pub(crate) fn bool(self) -> Option<bool> {
        (self.node.kind == Kind::Bool).then(|| self.raw() == "true")
    }

    /// An object's members in document order; none for anything else.
    pub(crate) fn members(self) -> impl Iterator<Item = (Cow<'a, str>, Value<'a>)> {
        let mut children = self.children(Kind::Object);
        std::iter::from_fn(move || {
            let name = children.next()?;
            Some((characters(name.text, name.node), children.next()?))
        })
    }

    /// An array's elements; none for anything else.
    pub(crate) fn elements(self) -> impl Iterator<Item = Value<'a>> {
        self.children(Kind::Array)
    }

    /// The member of that exact name.
    pub(crate) fn get(self, name: &str) -> Option<Self> {
        self.members()
            .find(|(member, _)| member == name)
            .map(|(_, value)| value)
    }

    fn children(self, kind: Kind) -> impl Iterator<Item = Value<'a>> {
        let mut next = self.index.saturating_add(1);
        let end = if self.node.kind == kind {
            self.node.after as usize
        } else {
            0
        };
        std::iter::from_fn(move || {
            let index = next;
            let node = *self.nodes.get(index).filter(|_| index < end)?;
            next = node.after as usize;
            Some(Value {
                node,
                index,
                ..self
            })
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("there is no JSON in it"),
            Self::NotUtf8 => f.write_str("it is not UTF-8"),
            Self::ByteOrderMark => f.write_str("it begins with a byte order mark"),
            Self::Syntax => f.write_str("it is not JSON (RFC 8259)"),
            Self::ControlCharacter => f.write_str("a string holds an unescaped control character"),
            Self::LoneSurrogate => f.write_str("a string holds half of a surrogate pair"),
            Self::TrailingData => f.write_str("something follows the JSON document"),
            Self::Depth(max) => write!(f, "it is nested deeper than {max} levels"),
            Self::Duplicate(name) => write!(f, "the member `{name}` is given twice in one object"),
            Self::TooLong => f.write_str("it is longer than 4 GiB"),
        }
    }
}

/// The characters of a string node. Its escapes were checked while scanning, so decoding cannot fail.
fn characters(text: &str, node: Node) -> Cow<'_, str> {
    let quoted = text
        .get(node.start as usize..node.end as usize)
        .unwrap_or_default();
    if node.escaped {
        Cow::Owned(serde_json::from_str(quoted).unwrap_or_default())
    } else {
        Cow::Borrowed(
            quoted
                .get(1..quoted.len().saturating_sub(1))
                .unwrap_or_default(),
        )
    }
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    nodes: Vec<Node>,
    /// The arrays and objects not yet closed, outermost first, as indices into `nodes`.
    open: Vec<usize>,
    max_depth: usize,
}

/// What was just read.
enum Read {
    /// A value that is complete.
    Value,
    /// The beginning of an array or object whose first value follows.
    Opening,
}

impl Scanner<'_> {
    fn document(&mut self) -> Result<(), Error> {
        self.space();
        if self.peek().is_none() {
            return self.fail(Fault::Empty);
        }
        loop {
            if let Read::Opening = self.value()? {
                continue;
            }
            while !self.open.is_empty() {
                if self.closes_or_goes_on()? {
                    self.close()?;
                } else {
                    break;
                }
            }
            if self.open.is_empty() {
                self.space();
                return if self.peek().is_none() {
                    Ok(())
                } else {
                    self.fail(Fault::TrailingData)
                };
            }
        }
    }

    /// After a value inside an array or object: true at its end, false when another value follows.
    fn closes_or_goes_on(&mut self) -> Result<bool, Error> {
        self.space();
        let object = self.in_object();
        match self.peek() {
            Some(b',') => {
                self.advance(1);
                if object {
                    self.name()?;
                }
                Ok(false)
            }
            Some(b'}') if object => Ok(true),
            Some(b']') if !object => Ok(true),
            _ => self.fail(Fault::Syntax),
        }
    }

    fn value(&mut self) -> Result<Read, Error> {
        self.space();
        match self.peek() {
            Some(b'{') => self.open(Kind::Object, b'}'),
            Some(b'[') => self.open(Kind::Array, b']'),
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal(b"true", Kind::Bool),
            Some(b'f') => self.literal(b"false", Kind::Bool),
            Some(b'n') => self.literal(b"null", Kind::Null),
            _ => self.fail(Fault::Syntax),
        }
    }

    fn open(&mut self, kind: Kind, closing: u8) -> Result<Read, Error> {
        if self.open.len() >= self.max_depth {
            return self.fail(Fault::Depth(self.max_depth));
        }
        self.open.push(self.nodes.len());
        self.push(kind, self.at, false);
        self.advance(1);
        self.space();
        if self.peek() == Some(closing) {
            self.close()?;
            return Ok(Read::Value);
        }
        if kind == Kind::Object {
            self.name()?;
        }
        Ok(Read::Opening)
    }

    /// Ends the innermost array or object at the closing bracket.
    fn close(&mut self) -> Result<(), Error> {
        self.advance(1);
        let after = narrow(self.nodes.len());
        let end = narrow(self.at);
        let Some(index) = self.open.pop() else {
            return self.fail(Fault::Syntax);
        };
        if let Some(node) = self.nodes.get_mut(index) {
            node.end = end;
            node.after = after;
            if node.kind == Kind::Object {
                self.refuse_duplicates(index)?;
            }
        }
        Ok(())
    }

    fn refuse_duplicates(&self, object: usize) -> Result<(), Error> {
        let Some(&node) = self.nodes.get(object) else {
            return Ok(());
        };
        let value = Value {
            text: self.text,
            nodes: &self.nodes,
            node,
            index: object,
        };
        match duplicate(value) {
            None => Ok(()),
            Some(name) => Err(Error {
                at: name.range().start,
                fault: Fault::Duplicate(bounded(&characters(self.text, name.node))),
            }),
        }
    }

    fn name(&mut self) -> Result<(), Error> {
        self.space();
        if self.peek() != Some(b'"') {
            return self.fail(Fault::Syntax);
        }
        self.string()?;
        self.space();
        if self.peek() != Some(b':') {
            return self.fail(Fault::Syntax);
        }
        self.advance(1);
        Ok(())
    }

    fn string(&mut self) -> Result<Read, Error> {
        let start = self.at;
        let mut escaped = false;
        self.advance(1);
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let plain = rest
                .iter()
                .position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20);
            self.advance(plain.unwrap_or(rest.len()));
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                Some(_) => return self.fail(Fault::ControlCharacter),
                None => return self.fail(Fault::Syntax),
            }
            escaped = true;
        }
        self.advance(1);
        self.push(Kind::String, start, escaped);
        Ok(Read::Value)
    }

    fn escape(&mut self) -> Result<(), Error> {
        match self.bytes.get(self.at.saturating_add(1)) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.advance(2),
            Some(b'u') => match self.code_unit(self.at)? {
                0xD800..=0xDBFF => {
                    let low = self.at.saturating_add(6);
                    let follows = self.bytes.get(low..low.saturating_add(2)) == Some(b"\\u");
                    if !follows || !(0xDC00..=0xDFFF).contains(&self.code_unit(low)?) {
                        return self.fail(Fault::LoneSurrogate);
                    }
                    self.advance(12);
                }
                0xDC00..=0xDFFF => return self.fail(Fault::LoneSurrogate),
                _ => self.advance(6),
            },
            _ => return self.fail(Fault::Syntax),
        }
        Ok(())
    }

    /// The four hexadecimal digits of the `\u` escape at `at`.
    fn code_unit(&self, at: usize) -> Result<u16, Error> {
        let digits = self
            .bytes
            .get(at.saturating_add(2)..at.saturating_add(6))
            .unwrap_or_default();
        let mut unit = 0_u16;
        for &digit in digits {
            let Some(value) = char::from(digit).to_digit(16) else {
                return self.fail(Fault::Syntax);
            };
            unit = (unit << 4) | u16::try_from(value).unwrap_or_default();
        }
        if digits.len() == 4 {
            Ok(unit)
        } else {
            self.fail(Fault::Syntax)
        }
    }

    fn number(&mut self) -> Result<Read, Error> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.advance(1);
        }
        if self.peek() == Some(b'0') {
            self.advance(1);
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.advance(1);
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.advance(1);
            if let Some(b'+' | b'-') = self.peek() {
                self.advance(1);
            }
            self.digits()?;
        }
        self.push(Kind::Number, start, false);
        Ok(Read::Value)
    }

    fn digits(&mut self) -> Result<(), Error> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.advance(count);
        if count == 0 {
            self.fail(Fault::Syntax)
        } else {
            Ok(())
        }
    }

    fn literal(&mut self, word: &[u8], kind: Kind) -> Result<Read, Error> {
        let start = self.at;
        if !self
            .bytes
            .get(start..)
            .unwrap_or_default()
            .starts_with(word)
        {
            return self.fail(Fault::Syntax);
        }
        self.advance(word.len());
        self.push(kind, start, false);
        Ok(Read::Value)
    }

    fn push(&mut self, kind: Kind, start: usize, escaped: bool) {
        let after = narrow(self.nodes.len().saturating_add(1));
        self.nodes.push(Node {
            start: narrow(start),
            end: narrow(self.at),
            after,
            kind,
            escaped,
        });
    }

    fn in_object(&self) -> bool {
        let innermost = self.open.last().and_then(|&index| self.nodes.get(index));
        innermost.is_some_and(|node| node.kind == Kind::Object)
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.advance(1);
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn advance(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }

    fn fail<T>(&self, fault: Fault) -> Result<T, Error> {
        Err(Error { at: self.at, fault })
    }
}

/// Up to this many members are compared pair by pair, which beats sorting; beyond it they are sorted, so that an
/// attacker's object of a hundred thousand members costs n log n.
const FEW_MEMBERS: usize = 8;

/// The name of a member that occurs twice in `object`.
fn duplicate(object: Value<'_>) -> Option<Value<'_>> {
    let names = || object.children(Kind::Object).step_by(2);
    if names().nth(FEW_MEMBERS).is_none() {
        return names().enumerate().find_map(|(index, name)| {
            let earlier = names().take(index).any(|other| same(name, other));
            earlier.then_some(name)
        });
    }
    let mut sorted: Vec<_> = names()
        .map(|name| (characters(name.text, name.node), name))
        .collect();
    sorted.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    sorted.windows(2).find_map(|pair| match pair {
        [(one, _), (other, name)] if one == other => Some(*name),
        _ => None,
    })
}

fn same(one: Value<'_>, other: Value<'_>) -> bool {
    if one.node.escaped || other.node.escaped {
        characters(one.text, one.node) == characters(other.text, other.node)
    } else {
        one.raw() == other.raw()
    }
}

/// Names quoted in messages are cut, so that nobody writes a log line of a megabyte.
fn bounded(name: &str) -> String {
    name.chars().take(64).collect()
}

/// Documents longer than 4 GiB are refused first, so nothing is cut here.
fn narrow(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fault(text: &[u8]) -> Fault {
        Document::read(text, 64).map(|_| ()).unwrap_err().fault
    }

    #[test]
    fn members_and_elements_are_found_in_order() {
        let document = Document::read(br#" {"a":[1,{"b":"\u0041"},[]],"c":null} "#, 64).unwrap();
        let root = document.root();
        let names: Vec<_> = root.members().map(|(name, _)| name.into_owned()).collect();
        assert_eq!(names, ["a", "c"]);
        let elements: Vec<_> = root.get("a").unwrap().elements().map(Value::raw).collect();
        assert_eq!(elements, ["1", r#"{"b":"\u0041"}"#, "[]"]);
        let letter = root
            .get("a")
            .unwrap()
            .elements()
            .nth(1)
            .unwrap()
            .get("b")
            .unwrap();
        assert_eq!(letter.string().unwrap(), "A");
    }

    #[test]
    fn every_fault_has_its_name() {
        for (text, expected) in [
            (&b""[..], Fault::Empty),
            (b" \n", Fault::Empty),
            (b"\xEF\xBB\xBF{}", Fault::ByteOrderMark),
            (b"\"\xFF\"", Fault::NotUtf8),
            (b"{} {}", Fault::TrailingData),
            (b"\"a\nb\"", Fault::ControlCharacter),
            (br#""\ud800""#, Fault::LoneSurrogate),
            (br#""\udc00\ud800""#, Fault::LoneSurrogate),
            (br#""\ud800\u0041""#, Fault::LoneSurrogate),
            (br#"{"a":1,"b":2,"\u0061":3}"#, Fault::Duplicate("a".into())),
            (b"NaN", Fault::Syntax),
            (b"[1,]", Fault::Syntax),
            (b"{,}", Fault::Syntax),
            (b"01", Fault::TrailingData),
            (b"[1}", Fault::Syntax),
            (b"{\"a\":1", Fault::Syntax),
        ] {
            assert_eq!(fault(text), expected, "{}", String::from_utf8_lossy(text));
        }
        let deep = [b"[".repeat(65), b"]".repeat(65)].concat();
        assert_eq!(fault(&deep), Fault::Depth(64));
        let many = (0..20)
            .map(|n| format!("\"{n}\":0"))
            .collect::<Vec<_>>()
            .join(",");
        assert_eq!(
            fault(format!("{{{many},\"7\":1}}").as_bytes()),
            Fault::Duplicate("7".into())
        );
    }

    /// What another reader, with no rule of ours, makes of the text; `Err` where it refuses too.
    fn oracle(text: &str) -> Result<serde_json::Value, serde_json::Error> {
        serde_json::from_str(text)
    }

    fn rebuilt(value: Value<'_>) -> serde_json::Value {
        match value.kind() {
            Kind::Array => value.elements().map(rebuilt).collect(),
            Kind::Object => value
                .members()
                .map(|(name, value)| (name.into_owned(), rebuilt(value)))
                .collect(),
            Kind::String => value.string().unwrap().into_owned().into(),
            Kind::Bool => value.bool().unwrap().into(),
            Kind::Null => serde_json::Value::Null,
            Kind::Number => serde_json::from_str(value.raw()).unwrap(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

        /// Text that is nearly JSON: what we accept, the oracle accepts, with the same meaning.
        #[test]
        fn never_more_lenient_than_serde_json(text in r#"([\[\]{},:" ]|"[a-b\\u0-9]{0,4}"|-?[0-9]{1,3}(\.[0-9])?(e[0-9])?|true|null|"a":){0,12}"#) {
            if let Ok(document) = Document::read(text.as_bytes(), 64) {
                prop_assert_eq!(rebuilt(document.root()), oracle(&text).unwrap());
            }
        }

        /// What we refuse and the oracle accepts is exactly what we set out to refuse.
        #[test]
        fn stricter_only_where_meant(text in r#"(\[|\{|("[a-b]":)?("(\\u00e9|[ab])*"|[0-9]|\[\]|\{\})|,|\]|\}){0,12}"#) {
            if let (Err(error), Ok(_)) = (Document::read(text.as_bytes(), 64), oracle(&text)) {
                prop_assert!(matches!(error.fault, Fault::Duplicate(_)), "{:?}", error);
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = Document::read(&bytes, 8).map(|document| document.root().raw().len());
        }
    }
}
