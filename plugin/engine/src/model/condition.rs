//! Conditions: which value of a call is compared, by which operator, with which operand.
//!
//! It judges no call; `decide::condition` does.

use super::literal::{Literal, Literals, Order};
use super::path::{Attribute, Path, Segment};
use super::schema::Schema;
use crate::words::Rule;
use crate::words::expression::Expression;
use crate::words::json::Kind;
use crate::words::locator::{Host, Network, Roots};

/// How `[*]` joins its elements, and what a value that is not there means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clause {
    /// In `require` each element must hold, and there must be one.
    Require,
    /// In `deny_if` one element suffices.
    DenyIf,
}

/// Conditions that are joined by AND, under `require` or `deny_if`.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) conditions: Vec<Condition>,
    pub(crate) on_deny: Option<Box<str>>,
    pub(crate) rule: Rule,
}

/// What one value of a call is held against.
#[derive(Debug)]
pub(crate) struct Condition {
    pub(crate) path: Path,
    pub(crate) predicate: Predicate,
    /// Where nothing is at the path, it does not stand in the way.
    pub(crate) if_present: bool,
}

/// An operator with its operand.
#[derive(Debug)]
pub(crate) enum Predicate {
    Eq(Literal),
    Neq(Literal),
    In(Literals),
    NotIn(Literals),
    Order(Order, f64),
    Regex(Expression),
    NotRegex(Expression),
    Contains(Literal),
    Exists(bool),
    Length { min: usize, max: usize },
    Type(Kind),
    Within(Roots),
    HostIn(Vec<Host>),
    Cidr(Vec<Network>),
    Schema(Schema),
}

impl Predicate {
    /// The operator's name in the policy.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Eq(_) => "eq",
            Self::Neq(_) => "neq",
            Self::In(_) => "in",
            Self::NotIn(_) => "not_in",
            Self::Order(Order::Less, _) => "lt",
            Self::Order(Order::LessOrEqual, _) => "lte",
            Self::Order(Order::Greater, _) => "gt",
            Self::Order(Order::GreaterOrEqual, _) => "gte",
            Self::Regex(_) => "regex",
            Self::NotRegex(_) => "not_regex",
            Self::Contains(_) => "contains",
            Self::Exists(_) => "exists",
            Self::Length { .. } => "length",
            Self::Type(_) => "type",
            Self::Within(_) => "within",
            Self::HostIn(_) => "host_in",
            Self::Cidr(_) => "cidr",
            Self::Schema(_) => "schema",
        }
    }

    /// True where the operand says something of null, so that null is not the same as nothing.
    pub(crate) fn names_null(&self) -> bool {
        match self {
            Self::Eq(literal) | Self::Neq(literal) => *literal == Literal::Null,
            Self::In(literals) | Self::NotIn(literals) => literals.others.contains(&Literal::Null),
            Self::Type(kind) => *kind == Kind::Null,
            Self::Schema(_) | Self::Exists(_) => true,
            _ => false,
        }
    }
}

impl Condition {
    /// True where the arguments are looked at, which the client can change.
    pub(crate) fn reads_arguments(&self) -> bool {
        matches!(self.path, Path::Arguments(_))
    }

    /// The argument that it looks at, or into.
    pub(crate) fn argument(&self) -> Option<&str> {
        match &self.path {
            Path::Arguments(steps) => match steps.first() {
                Some(Segment::Member(name)) => Some(name),
                _ => None,
            },
            Path::Attribute(_) => None,
        }
    }

    pub(crate) fn reads(&self, attribute: &Attribute) -> bool {
        self.path == Path::Attribute(attribute.clone())
    }

    /// The header that it looks at.
    pub(crate) fn header(&self) -> Option<&str> {
        match &self.path {
            Path::Attribute(Attribute::Header(name)) => Some(name),
            _ => None,
        }
    }
}
