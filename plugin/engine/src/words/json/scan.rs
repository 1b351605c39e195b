//! Scans JSON text once, from left to right, and records where each value begins and ends.
//!
//! It never recurses: a list of bounded length holds the open arrays and objects.

use super::error::{Bounds, Error, JsonFault, Surrogates};
use super::value::{Kind, MemberNames, Node, characters};
use crate::words::plain::after_characters;
use crate::words::text::clip;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

pub(crate) struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    nodes: Vec<Node>,
    /// The arrays and objects not yet closed, outermost first, as indices into `nodes`.
    open: Vec<usize>,
    bounds: Bounds,
}

/// The part of the text that was just read.
enum Read {
    /// A value that is complete.
    Value,
    /// The beginning of an array or object whose first value follows.
    Opening,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str, bounds: Bounds) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            nodes: Vec::new(),
            open: Vec::new(),
            bounds,
        }
    }

    /// The nodes of the whole text.
    pub(crate) fn scan(mut self) -> Result<Vec<Node>, Error> {
        self.document()?;
        Ok(self.nodes)
    }

    fn document(&mut self) -> Result<(), Error> {
        self.space();
        if self.peek().is_none() {
            return self.fail(JsonFault::Empty);
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
                    self.fail(JsonFault::TrailingData)
                };
            }
        }
    }

    /// Reads on after a value in an array or object. True at its end, false where another value follows.
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
            _ => self.fail(JsonFault::Syntax),
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
            _ => self.fail(JsonFault::Syntax),
        }
    }

    fn open(&mut self, kind: Kind, closing: u8) -> Result<Read, Error> {
        if self.open.len() >= self.bounds.depth {
            return self.fail(JsonFault::Depth(self.bounds.depth));
        }
        self.open.push(self.nodes.len());
        self.push(kind, self.at, false)?;
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

    /// Closes the innermost array or object at its closing bracket.
    fn close(&mut self) -> Result<(), Error> {
        self.advance(1);
        let after = narrow(self.nodes.len());
        let end = narrow(self.at);
        let Some(index) = self.open.pop() else {
            return self.fail(JsonFault::Syntax);
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
        let names = MemberNames::of(&self.nodes, object);
        match duplicate(self.text, names) {
            None => Ok(()),
            Some(name) => Err(Error {
                at: name.range().start,
                fault: JsonFault::Duplicate(clip(&characters(self.text, *name), 64)),
            }),
        }
    }

    fn name(&mut self) -> Result<(), Error> {
        self.space();
        if self.peek() != Some(b'"') {
            return self.fail(JsonFault::Syntax);
        }
        self.string()?;
        self.space();
        if self.peek() != Some(b':') {
            return self.fail(JsonFault::Syntax);
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
            let special = after_characters(rest);
            self.advance(rest.len().saturating_sub(special.len()));
            match special.first() {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                Some(_) => return self.fail(JsonFault::ControlCharacter),
                None => return self.fail(JsonFault::Syntax),
            }
            escaped = true;
        }
        self.advance(1);
        self.push(Kind::String, start, escaped)?;
        Ok(Read::Value)
    }

    fn escape(&mut self) -> Result<(), Error> {
        match self.bytes.get(self.at.saturating_add(1)) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.advance(2),
            Some(b'u') => {
                let length = match self.code_unit(self.at)? {
                    0xD800..=0xDBFF if self.low_follows()? => 12,
                    0xD800..=0xDFFF if self.bounds.surrogates == Surrogates::Refused => {
                        return self.fail(JsonFault::LoneSurrogate);
                    }
                    _ => 6,
                };
                self.advance(length);
            }
            _ => return self.fail(JsonFault::Syntax),
        }
        Ok(())
    }

    /// True where the second half of a surrogate pair follows the escape.
    fn low_follows(&self) -> Result<bool, Error> {
        let low = self.at.saturating_add(6);
        let escape = self.bytes.get(low..low.saturating_add(2)) == Some(b"\\u");
        Ok(escape && (0xDC00..=0xDFFF).contains(&self.code_unit(low)?))
    }

    /// The code unit of the four hexadecimal digits of the `\u` escape at `at`.
    fn code_unit(&self, at: usize) -> Result<u16, Error> {
        let digits = self
            .bytes
            .get(at.saturating_add(2)..at.saturating_add(6))
            .unwrap_or_default();
        let mut unit = 0_u16;
        for &digit in digits {
            let Some(value) = char::from(digit).to_digit(16) else {
                return self.fail(JsonFault::Syntax);
            };
            unit = (unit << 4) | u16::try_from(value).unwrap_or_default();
        }
        if digits.len() == 4 {
            Ok(unit)
        } else {
            self.fail(JsonFault::Syntax)
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
        self.push(Kind::Number, start, false)?;
        Ok(Read::Value)
    }

    fn digits(&mut self) -> Result<(), Error> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.advance(count);
        if count == 0 {
            self.fail(JsonFault::Syntax)
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
            return self.fail(JsonFault::Syntax);
        }
        self.advance(word.len());
        self.push(kind, start, false)?;
        Ok(Read::Value)
    }

    fn push(&mut self, kind: Kind, start: usize, escaped: bool) -> Result<(), Error> {
        if self.nodes.len() >= self.bounds.values {
            return self.fail(JsonFault::Values(self.bounds.values));
        }
        self.grow();
        let after = narrow(self.nodes.len().saturating_add(1));
        self.nodes.push(Node {
            start: narrow(start),
            end: narrow(self.at),
            after,
            kind,
            escaped,
        });
        Ok(())
    }

    /// Doubles the room for nodes, within the bound.
    fn grow(&mut self) {
        let length = self.nodes.len();
        if length == self.nodes.capacity() {
            let most = self.bounds.values.saturating_sub(length);
            self.nodes.reserve_exact(length.max(FIRST_NODES).min(most));
        }
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

    fn fail<T>(&self, fault: JsonFault) -> Result<T, Error> {
        Err(Error { at: self.at, fault })
    }
}

/// The nodes to reserve at first: the number of names and values in a short call.
const FIRST_NODES: usize = 32;

/// Up to this many members are compared pair by pair, which is faster than sorting. For more members their hashes are
/// sorted, so that an attacker's object of a hundred thousand members costs n log n, and eight bytes each.
const FEW_MEMBERS: usize = 8;

/// The second of two equal names in one object.
fn duplicate<'n>(text: &str, names: MemberNames<'n>) -> Option<&'n Node> {
    if names.clone().nth(FEW_MEMBERS).is_none() {
        let mut later = names;
        while let Some(name) = later.next() {
            if let Some(again) = later.clone().find(|other| same(text, name, other)) {
                return Some(again);
            }
        }
        return None;
    }
    // Names with equal hashes count as duplicates, so a deliberate hash collision is refused too.
    let hash = |name: &Node| hash(&characters(text, *name));
    let mut hashes: Vec<_> = names.clone().map(hash).collect();
    hashes.sort_unstable();
    let twice = hashes.windows(2).find_map(|pair| match pair {
        [one, other] if one == other => Some(*one),
        _ => None,
    })?;
    names.filter(|name| hash(name) == twice).nth(1)
}

fn hash(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

fn same(text: &str, one: &Node, other: &Node) -> bool {
    if one.escaped || other.escaped {
        return characters(text, *one) == characters(text, *other);
    }
    let bytes = |node: &Node| text.as_bytes().get(node.range());
    one.range().len() == other.range().len() && bytes(one) == bytes(other)
}

/// The index in 32 bits. Longer documents were refused, so it always fits.
fn narrow(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
