//! JSON values that a policy compares with.
//!
//! It never holds a number that two readers could read as different values.

use crate::words::json::Kind;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// A comparison of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A JSON value of the policy. Every reader reads its numbers as the same values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Number(f64),
    String(Box<str>),
    Array(Vec<Self>),
    Object(Vec<(Box<str>, Self)>),
}

/// The values of `in` and `enum`, sorted so that a search need not compare each.
#[derive(Debug, Default)]
pub(crate) struct Literals {
    /// In order, each once.
    pub(crate) texts: Box<[Box<str>]>,
    /// The bytes of the longest of them.
    pub(crate) longest: usize,
    /// In order, each once.
    pub(crate) numbers: Vec<f64>,
    pub(crate) others: Vec<Literal>,
}

impl Literal {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Bool(_) => Kind::Bool,
            Self::Number(_) => Kind::Number,
            Self::String(_) => Kind::String,
            Self::Array(_) => Kind::Array,
            Self::Object(_) => Kind::Object,
        }
    }
}

impl Literals {
    pub(crate) fn new(literals: Vec<Literal>) -> Self {
        // A heap adds less to the module than the standard library's sorting.
        let (mut sorted, mut texts) = (Self::default(), BinaryHeap::new());
        for literal in literals {
            match literal {
                Literal::String(text) => texts.push(text),
                Literal::Number(number) => {
                    let at = sorted.position(number);
                    if sorted.numbers.get(at) != Some(&number) {
                        sorted.numbers.insert(at, number);
                    }
                }
                other => sorted.others.push(other),
            }
        }
        sorted.longest = texts.iter().map(|text| text.len()).max().unwrap_or(0);
        let mut texts = texts.into_sorted_vec();
        texts.dedup();
        sorted.texts = texts.into();
        sorted
    }

    /// The index of the number, or the index to insert it at.
    fn position(&self, number: f64) -> usize {
        let before = |other: &f64| other.partial_cmp(&number) == Some(Ordering::Less);
        self.numbers.partition_point(before)
    }

    pub(crate) fn has_number(&self, number: f64) -> bool {
        self.numbers.get(self.position(number)) == Some(&number)
    }

    pub(crate) fn has_text(&self, text: &str) -> bool {
        let found = self.texts.binary_search_by(|other| (**other).cmp(text));
        found.is_ok()
    }

    /// True where one of them is of that kind.
    pub(crate) fn has(&self, kind: Kind) -> bool {
        match kind {
            Kind::String => !self.texts.is_empty(),
            Kind::Number => !self.numbers.is_empty(),
            _ => self.others.iter().any(|literal| literal.kind() == kind),
        }
    }
}
