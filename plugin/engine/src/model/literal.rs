//! JSON values that a policy compares with.
//!
//! Their numbers are those that every reader reads as the same value.

use crate::words::json::Kind;
use std::cmp::Ordering;
use std::collections::BTreeSet;

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
    pub(crate) texts: BTreeSet<String>,
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
        let mut sorted = Self::default();
        for literal in literals {
            match literal {
                Literal::String(text) => drop(sorted.texts.insert(text.into())),
                Literal::Number(number) => {
                    let at = sorted.position(number);
                    if sorted.numbers.get(at) != Some(&number) {
                        sorted.numbers.insert(at, number);
                    }
                }
                other => sorted.others.push(other),
            }
        }
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
        self.texts.contains(text)
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
