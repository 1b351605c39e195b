//! JSON values that a policy compares with.
//!
//! Their numbers are those that every reader reads as the same value.

use crate::words::json::Kind;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// How two numbers stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A JSON value of the policy. Its numbers are those that every reader takes for the same.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Number(f64),
    String(Box<str>),
    Array(Vec<Self>),
    Object(Vec<(Box<str>, Self)>),
}

/// The values of `in` and `enum`, of which one is found without looking at each.
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
        // A heap takes less of the module than the standard library's sorting.
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

    /// Where the number stands, or would stand.
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
