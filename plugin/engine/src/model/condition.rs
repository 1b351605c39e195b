//! Conditions: the value of a call that is compared, the operator, and its operand.
//!
//! It judges no call; `decide::condition` does.

use super::directories::CallerDirectories;
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

/// Terms that are joined by AND, under `require` or `deny_if`.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) terms: Vec<Term>,
    pub(crate) on_deny: Option<Box<str>>,
    pub(crate) rule: Rule,
}

/// A condition, or several that are joined by OR.
#[derive(Debug)]
pub(crate) enum Term {
    One(Condition),
    Any(Box<[Condition]>),
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
    WithinOwn(CallerDirectories),
    HostIn(Vec<Host>),
    Cidr(Vec<Network>),
    Schema(Schema),
    Secret(Kinds),
    Compare(Comparison, Path),
}

/// A comparison with another place of the same call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Eq,
    Neq,
    In,
    NotIn,
    Contains,
    Order(Order),
}

impl Order {
    fn name(self) -> &'static str {
        match self {
            Self::Less => "lt",
            Self::LessOrEqual => "lte",
            Self::Greater => "gt",
            Self::GreaterOrEqual => "gte",
        }
    }
}

impl Comparison {
    fn name(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Neq => "neq",
            Self::In => "in",
            Self::NotIn => "not_in",
            Self::Contains => "contains",
            Self::Order(order) => order.name(),
        }
    }
}

impl Predicate {
    /// The operator's name in the policy.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Eq(_) => "eq",
            Self::Neq(_) => "neq",
            Self::In(_) => "in",
            Self::NotIn(_) => "not_in",
            Self::Order(order, _) => order.name(),
            Self::Regex(_) => "regex",
            Self::NotRegex(_) => "not_regex",
            Self::Contains(_) => "contains",
            Self::Exists(_) => "exists",
            Self::Length { .. } => "length",
            Self::Type(_) => "type",
            Self::Within(_) | Self::WithinOwn(_) => "within",
            Self::HostIn(_) => "host_in",
            Self::Cidr(_) => "cidr",
            Self::Schema(_) => "schema",
            Self::Secret(_) => "secret",
            Self::Compare(comparison, _) => comparison.name(),
        }
    }

    /// The places of the call that the operand names.
    pub(crate) fn places(&self) -> &[Path] {
        match self {
            Self::Compare(_, other) => std::slice::from_ref(other),
            Self::WithinOwn(directories) => &directories.places,
            _ => &[],
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

impl Group {
    /// Every condition of the group.
    pub(crate) fn conditions(&self) -> Vec<&Condition> {
        let mut conditions = Vec::new();
        for term in &self.terms {
            conditions.extend(term.alternatives());
        }
        conditions
    }
}

impl Term {
    /// The conditions of which one must hold.
    pub(crate) fn alternatives(&self) -> &[Condition] {
        match self {
            Self::One(condition) => std::slice::from_ref(condition),
            Self::Any(alternatives) => alternatives,
        }
    }

    /// True where some alternative reads the arguments, which the client can change.
    pub(crate) fn reads_arguments(&self) -> bool {
        self.alternatives().iter().any(Condition::reads_arguments)
    }

    /// The arguments that the term reads, whole or in part; none where alternatives read different ones.
    pub(crate) fn arguments(&self) -> Vec<&str> {
        let mut arguments: Option<Vec<&str>> = None;
        for condition in self.alternatives() {
            let own = condition.arguments();
            if arguments.as_ref().is_some_and(|others| *others != own) {
                return Vec::new();
            }
            arguments = Some(own);
        }
        arguments.unwrap_or_default()
    }
}

impl Condition {
    /// True where one of the places that the condition reads is such a place.
    pub(crate) fn reads(&self, is_such: impl Fn(&Path) -> bool) -> bool {
        is_such(&self.path) || self.predicate.places().iter().any(is_such)
    }

    /// True where the condition reads the arguments, which the client can change.
    pub(crate) fn reads_arguments(&self) -> bool {
        self.reads(|path| matches!(path, Path::Arguments(_) | Path::AnyText))
    }

    /// The arguments that the condition reads, whole or in part.
    fn arguments(&self) -> Vec<&str> {
        let mut arguments = Vec::new();
        arguments.extend(self.path.argument());
        for place in self.predicate.places() {
            arguments.extend(place.argument());
        }
        arguments
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
        self.reads(|path| matches!(path, Path::Identity(_)))
    }

    pub(crate) fn reads_peer(&self) -> bool {
        self.reads(|path| *path == Path::Attribute(Attribute::Ip))
    }

    /// The headers that the condition reads.
    pub(crate) fn headers(&self) -> Vec<&str> {
        let mut headers = Vec::new();
        headers.extend(self.path.header());
        for place in self.predicate.places() {
            headers.extend(place.header());
        }
        headers
    }
}
