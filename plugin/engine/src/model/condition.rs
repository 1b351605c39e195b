//! Conditions: the value of a call that is compared, the operator, and its operand.
//!
//! It judges no call; `decide::condition` does.

use super::literal::{Literal, Literals, Order};
use super::path::{Attribute, Path, Segment};
use super::schema::Schema;
use crate::words::Rule;
use crate::words::expression::Expression;
use crate::words::json::Kind;
use crate::words::locator::{Host, Network, Roots};
use crate::words::secret::Kinds;

/// The clause of a condition. It sets how `[*]` joins its elements and how an absent value counts.
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

/// One value of a call, and the predicate that it is tested by.
#[derive(Debug)]
pub(crate) struct Condition {
    pub(crate) path: Path,
    pub(crate) predicate: Predicate,
    /// The condition is skipped where the value is absent.
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
    Secret(Kinds),
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
            Self::Secret(_) => "secret",
        }
    }

    /// True where the operand names null, so that null differs from an absent value.
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
    /// True where the condition reads the arguments, which the client can change.
    pub(crate) fn reads_arguments(&self) -> bool {
        matches!(self.path, Path::Arguments(_) | Path::AnyText)
    }

    /// The argument that the condition reads, whole or in part; `None` for all arguments or an attribute.
    pub(crate) fn argument(&self) -> Option<&str> {
        match &self.path {
            Path::Arguments(steps) => match steps.first() {
                Some(Segment::Member(name)) => Some(name),
                _ => None,
            },
            Path::AnyText | Path::Identity(_) | Path::Attribute(_) => None,
        }
    }

    /// The name of the member that the condition reads; `None` where its path names none.
    pub(crate) fn member(&self) -> Option<&str> {
        let Path::Arguments(steps) = &self.path else {
            return None;
        };
        steps.iter().rev().find_map(|step| match step {
            Segment::Member(name) => Some(&**name),
            Segment::Element(_) | Segment::Each => None,
        })
    }

    pub(crate) fn reads_claims(&self) -> bool {
        matches!(self.path, Path::Identity(_))
    }

    pub(crate) fn reads(&self, attribute: &Attribute) -> bool {
        self.path == Path::Attribute(attribute.clone())
    }

    /// The header that the condition reads.
    pub(crate) fn header(&self) -> Option<&str> {
        match &self.path {
            Path::Attribute(Attribute::Header(name)) => Some(name),
            _ => None,
        }
    }
}
