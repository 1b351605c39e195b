//! Turns bytes into the one JSON document they can mean, or says why they cannot.
//!
//! It is stricter than RFC 8259 where two parsers are known to disagree: duplicate members, lone surrogates and a byte
//! order mark are errors, anywhere. It keeps what a tree of values would lose (the exact text of a number, where each
//! value begins and ends) and therefore never copies and never recurses.
//!
//! `serde_json` is not used for reading because it takes the last of two duplicate members and forgets a number's text.
//! It is the oracle of this file's tests instead.

mod canonical;
mod number;
mod scan;

pub(crate) use number::{exact, is_multiple, is_whole, millionths};

use scan::Scanner;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// A document that was read whole and strictly.
#[derive(Debug)]
pub struct Document<'a> {
    text: &'a str,
    nodes: Vec<Node>,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number, of any size
    Number,
    /// A string
    String,
    /// A list of values
    Array,
    /// Members with names, no name twice
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
    Values(usize),
    Duplicate(String),
    TooLong,
}

/// What a document may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// The deepest nesting of arrays and objects.
    pub(crate) depth: usize,
    /// The most values, names of members among them. Each takes 16 bytes, of however few bytes it is read.
    pub(crate) values: usize,
}

/// A fault and the byte at which it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Error {
    pub(crate) at: usize,
    pub(crate) fault: Fault,
}

/// One value of a document.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
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
    /// Reads all of `bytes` as one document within the bounds.
    pub(crate) fn read(bytes: &'a [u8], bounds: Bounds) -> Result<Self, Error> {
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
        Ok(Self {
            text,
            nodes: Scanner::new(text, bounds).scan()?,
        })
    }

    /// The document's outermost value.
    pub fn root(&'a self) -> Value<'a> {
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
    /// An object without members.
    pub(crate) const EMPTY_OBJECT: Value<'static> = Value {
        text: "{}",
        nodes: &[],
        node: Node {
            start: 0,
            end: 2,
            after: 1,
            kind: Kind::Object,
            escaped: false,
        },
        index: 0,
    };

    /// What it is.
    pub fn kind(self) -> Kind {
        self.node.kind
    }

    /// The bytes of the value as they were received, quotes and all.
    pub fn raw(self) -> &'a str {
        self.text.get(self.range()).unwrap_or_default()
    }

    /// The bytes of the document at which it stands.
    pub fn range(self) -> Range<usize> {
        self.node.start as usize..self.node.end as usize
    }

    /// The characters of a string.
    pub fn string(self) -> Option<Cow<'a, str>> {
        (self.node.kind == Kind::String).then(|| characters(self.text, self.node))
    }

    /// The value without insignificant space. Its depth was bounded when the document was read.
    pub(crate) fn compact(self) -> String {
        let list = |parts: Vec<String>| parts.join(",");
        match self.kind() {
            Kind::Array => format!("[{}]", list(self.elements().map(Self::compact).collect())),
            Kind::Object => {
                let names = self.children(Kind::Object).step_by(2);
                let member = |(name, (_, value)): (Self, (_, Self))| {
                    format!("{}:{}", name.raw(), value.compact())
                };
                format!(
                    "{{{}}}",
                    list(names.zip(self.members()).map(member).collect())
                )
            }
            _ => self.raw().into(),
        }
    }

    /// The truth of `true` or `false`.
    pub fn bool(self) -> Option<bool> {
        (self.node.kind == Kind::Bool).then(|| self.raw() == "true")
    }

    /// An object's members in document order; none for anything else.
    pub fn members(self) -> impl Iterator<Item = (Cow<'a, str>, Value<'a>)> {
        let named = self.named();
        named.map(|(name, value)| (characters(name.text, name.node), value))
    }

    /// An object's members, each name as the value that it is.
    pub fn named(self) -> impl Iterator<Item = (Value<'a>, Value<'a>)> {
        let mut children = self.children(Kind::Object);
        std::iter::from_fn(move || Some((children.next()?, children.next()?)))
    }

    /// An array's elements; none for anything else.
    pub fn elements(self) -> impl Iterator<Item = Value<'a>> {
        self.children(Kind::Array)
    }

    /// The member of that exact name.
    pub fn get(self, name: &str) -> Option<Self> {
        // No escape is longer than six bytes, and a longer text need not be decoded to be found different.
        let longest = name.len().saturating_mul(6).saturating_add(2);
        let mut children = self.children(Kind::Object);
        while let (Some(member), Some(value)) = (children.next(), children.next()) {
            if member.raw().len() <= longest && characters(member.text, member.node) == name {
                return Some(value);
            }
        }
        None
    }

    fn children(self, kind: Kind) -> impl Iterator<Item = Value<'a>> + Clone {
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
            Self::Values(max) => write!(f, "it has more than {max} values"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BOUNDS: Bounds = Bounds {
        depth: 64,
        values: 64,
    };

    fn fault(text: &[u8]) -> Fault {
        Document::read(text, BOUNDS).map(|_| ()).unwrap_err().fault
    }

    #[test]
    fn members_and_elements_are_found_in_order() {
        let document =
            Document::read(br#" {"a":[1,{"b":"\u0041"},[]],"c":null} "#, BOUNDS).unwrap();
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
        // Beyond what binary64 holds, and still a number.
        let large = Document::read(b"[-1e999]", BOUNDS).unwrap();
        assert_eq!(large.root().elements().next().unwrap().raw(), "-1e999");
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
        let full = format!("[{}0]", "0,".repeat(62));
        assert!(Document::read(full.as_bytes(), BOUNDS).is_ok());
        assert_eq!(fault(format!("[{full}]").as_bytes()), Fault::Values(64));
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
            if let Ok(document) = Document::read(text.as_bytes(), BOUNDS) {
                match oracle(&text) {
                    Ok(value) => prop_assert_eq!(rebuilt(document.root()), value),
                    // JSON sets numbers no bound (RFC 8259 section 6); the oracle's are those of binary64.
                    Err(error) => prop_assert!(error.to_string().starts_with("number out of range"), "{}", error),
                }
            }
        }

        /// What we refuse and the oracle accepts is exactly what we set out to refuse.
        #[test]
        fn stricter_only_where_meant(text in r#"(\[|\{|("[a-b]":)?("(\\u00e9|[ab])*"|[0-9]|\[\]|\{\})|,|\]|\}){0,12}"#) {
            if let (Err(error), Ok(_)) = (Document::read(text.as_bytes(), BOUNDS), oracle(&text)) {
                prop_assert!(matches!(error.fault, Fault::Duplicate(_)), "{:?}", error);
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = Document::read(&bytes, BOUNDS).map(|document| document.root().raw().len());
        }
    }
}
