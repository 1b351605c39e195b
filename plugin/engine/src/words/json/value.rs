//! The values of a document that was read: their kinds, their text, their members and elements.
//!
//! Nothing here fails or reads beyond the document: the scanner validated it.

use super::string;
use crate::words::secret::redacted;
use std::borrow::Cow;
use std::ops::Range;

/// The kind of a value.
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
    /// Named members; no name occurs twice
    Object,
}

impl Kind {
    /// The kinds by the names of their JSON types.
    pub const NAMED: [(&str, Self); 6] = [
        ("null", Self::Null),
        ("boolean", Self::Bool),
        ("number", Self::Number),
        ("string", Self::String),
        ("array", Self::Array),
        ("object", Self::Object),
    ];
}

/// One value of a document.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    pub(super) text: &'a str,
    pub(super) nodes: &'a [Node],
    pub(super) node: Node,
    pub(super) index: usize,
}

/// A value or a member's name: its range in the text, and the index of the node after it. Nodes are in document order,
/// and a member's name is just before its value, so following `after` finds the members.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) after: u32,
    pub(super) kind: Kind,
    pub(super) escaped: bool,
}

/// The name of a member of an object.
#[derive(Clone, Copy)]
pub(crate) struct Name<'a> {
    object: Value<'a>,
    node: &'a Node,
}

/// The names of an object's members, in document order.
#[derive(Clone)]
pub(super) struct MemberNames<'n> {
    nodes: &'n [Node],
    next: usize,
    end: usize,
}

impl<'n> MemberNames<'n> {
    /// The names in the node at index `object`; none where it is not an object.
    pub(super) fn of(nodes: &'n [Node], object: usize) -> Self {
        let node = nodes.get(object);
        let end = node.filter(|node| node.kind == Kind::Object);
        Self {
            nodes,
            next: object.saturating_add(1),
            end: end.map_or(0, |node| node.after as usize),
        }
    }
}

impl<'n> Iterator for MemberNames<'n> {
    type Item = &'n Node;

    fn next(&mut self) -> Option<&'n Node> {
        let name = self.nodes.get(self.next).filter(|_| self.next < self.end)?;
        self.next = self.nodes.get(name.after as usize)?.after as usize;
        Some(name)
    }
}

impl Node {
    pub(super) fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    fn encoded(&self) -> usize {
        if self.escaped { self.range().len() } else { 0 }
    }

    /// True for a string whose characters are exactly `text`.
    fn reads(self, document: &str, text: &str) -> bool {
        let inner = (self.start as usize).saturating_add(1)..(self.end as usize).saturating_sub(1);
        if !self.escaped {
            return inner.len() == text.len()
                && document.as_bytes().get(inner) == Some(text.as_bytes());
        }
        // An escape has at most six bytes, so a text longer than that is different without decoding it.
        inner.len() <= text.len().saturating_mul(6) && characters(document, self) == text
    }
}

impl<'a> Name<'a> {
    pub(crate) fn characters(self) -> Cow<'a, str> {
        characters(self.object.text, *self.node)
    }

    /// The number of bytes to decode for the characters; 0 where the name has no escapes.
    pub(crate) fn encoded(self) -> usize {
        self.node.encoded()
    }

    /// The first byte of the name; `None` where it has escapes.
    pub(crate) fn first_byte(self) -> Option<u8> {
        let first = (self.node.start as usize).saturating_add(1);
        let byte = self.object.text.as_bytes().get(first).copied();
        byte.filter(|_| !self.node.escaped)
    }

    /// The value of the member.
    pub(crate) fn value(self) -> Option<Value<'a>> {
        let index = self.node.after as usize;
        Some(Value {
            node: *self.object.nodes.get(index)?,
            index,
            ..self.object
        })
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

    /// The kind of this value.
    pub fn kind(self) -> Kind {
        self.node.kind
    }

    /// The value's text as it was received, including quotes.
    pub fn raw(self) -> &'a str {
        self.text.get(self.range()).unwrap_or_default()
    }

    /// The value's range of bytes in the document.
    pub fn range(self) -> Range<usize> {
        self.node.range()
    }

    /// The number of values and names in this value, itself included.
    pub(crate) fn size(self) -> usize {
        let size = (self.node.after as usize).saturating_sub(self.index);
        size.max(1)
    }

    /// The number of bytes to decode for the characters; 0 where the string has no escapes.
    pub(crate) fn encoded(self) -> usize {
        self.node.encoded()
    }

    /// The characters of a string, with U+FFFD in place of each lone surrogate; `None` for other kinds.
    pub fn string(self) -> Option<Cow<'a, str>> {
        (self.node.kind == Kind::String).then(|| characters(self.text, self.node))
    }

    /// The value without insignificant white space. Its depth was bounded when the document was read.
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

    /// The value on one line, clipped to 60 characters, without secrets.
    pub(crate) fn excerpt(self) -> String {
        const LONGEST: usize = 60;
        let text = self.compact();
        let text = redacted(&text);
        match text.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
            None => text.into_owned(),
        }
    }

    /// True for a string that holds half of a surrogate pair: one of its characters is unknown.
    pub(crate) fn is_opaque(self) -> bool {
        let escaped = self.node.kind == Kind::String && self.node.escaped;
        escaped && string::has_half(self.raw())
    }

    /// The value of `true` or `false`; `None` for other kinds.
    pub fn bool(self) -> Option<bool> {
        (self.node.kind == Kind::Bool).then(|| self.raw() == "true")
    }

    /// An object's members in document order; empty for any other kind.
    pub fn members(self) -> impl Iterator<Item = (Cow<'a, str>, Value<'a>)> {
        let names = self.names();
        names.filter_map(|name| Some((name.characters(), name.value()?)))
    }

    /// An object's members, each name as a value of its own; empty for any other kind.
    pub fn named(self) -> impl Iterator<Item = (Value<'a>, Value<'a>)> {
        let mut children = self.children(Kind::Object);
        std::iter::from_fn(move || Some((children.next()?, children.next()?)))
    }

    /// An array's elements; empty for any other kind.
    pub fn elements(self) -> impl Iterator<Item = Value<'a>> {
        self.children(Kind::Array)
    }

    /// The member with exactly this name.
    pub fn get(self, name: &str) -> Option<Self> {
        let mut names = self.names();
        names
            .find(|member| member.node.reads(self.text, name))?
            .value()
    }

    /// The names of an object's members in document order; empty for any other kind.
    pub(crate) fn names(self) -> impl Iterator<Item = Name<'a>> {
        let names = MemberNames::of(self.nodes, self.index);
        names.map(move |node| Name { object: self, node })
    }

    pub(super) fn children(self, kind: Kind) -> impl Iterator<Item = Value<'a>> + Clone {
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

/// The characters of a string node, with U+FFFD in place of each half of a surrogate pair.
pub(crate) fn characters(text: &str, node: Node) -> Cow<'_, str> {
    let quoted = text
        .get(node.start as usize..node.end as usize)
        .unwrap_or_default();
    if node.escaped {
        Cow::Owned(string::characters(quoted))
    } else {
        Cow::Borrowed(
            quoted
                .get(1..quoted.len().saturating_sub(1))
                .unwrap_or_default(),
        )
    }
}
