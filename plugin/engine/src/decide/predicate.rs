//! Turns an operator, its operand in the policy and a value of a call into true, false or unknown.
//!
//! A comparison of different types is unknown, never false.

use super::lookup::{LookAlike, member, number};
use super::operand::Operand;
use crate::model::schema::Schema;
use crate::model::{Literal, Order, Predicate};
use crate::words::Truth;
use crate::words::json::{Bounds, Document, Kind, Surrogates, Value};
use crate::words::locator::{Host, Network, Roots, Url, address};
use std::borrow::Cow;
use std::cmp::Ordering;

/// A longer text, or list of texts, would take the gateway's time.
pub(super) const LONGEST_MATCHED: usize = 64 * 1024;

impl Predicate {
    pub(super) fn is_slow(&self) -> bool {
        matches!(self, Self::Regex(_) | Self::NotRegex(_))
    }

    /// Where nothing is at the path.
    pub(super) fn missing(&self) -> Truth {
        match self {
            Self::Exists(wanted) => Truth::of(Some(!wanted)),
            // What an absent value is not, nobody can say: the server may have a default for it.
            Self::Neq(_) | Self::NotIn(_) | Self::NotRegex(_) => Truth::Unknown,
            Self::Eq(_)
            | Self::In(_)
            | Self::Order(..)
            | Self::Regex(_)
            | Self::Contains(_)
            | Self::Length { .. }
            | Self::Type(_)
            | Self::Within(_)
            | Self::HostIn(_)
            | Self::Cidr(_)
            | Self::Schema(_) => Truth::False,
        }
    }

    pub(super) fn judge(&self, operand: &Operand<'_>) -> Truth {
        match self {
            Self::Eq(literal) => equal(operand, literal),
            Self::Neq(literal) => equal(operand, literal).not(),
            Self::In(literals) => one_of(operand, literals),
            Self::NotIn(literals) => one_of(operand, literals).not(),
            Self::Order(order, bound) => {
                Truth::of(operand.number().map(|number| order.holds(number, *bound)))
            }
            Self::Regex(regex) => matches(operand, regex),
            Self::NotRegex(regex) => matches(operand, regex).not(),
            Self::Contains(literal) => contains(operand, literal),
            Self::Exists(wanted) => Truth::of(Some((operand.kind() != Kind::Null) == *wanted)),
            Self::Length { min, max } => Truth::of(
                operand
                    .length()
                    .map(|length| (*min..=*max).contains(&length)),
            ),
            Self::Type(kind) => Truth::of(Some(operand.kind() == *kind)),
            Self::Within(roots) => within(operand, roots),
            Self::HostIn(hosts) => host_in(operand, hosts),
            Self::Cidr(networks) => cidr(operand, networks),
            Self::Schema(schema) => fits(operand, schema),
        }
    }
}

impl Order {
    pub(super) fn holds(self, number: f64, bound: f64) -> bool {
        let ordering = number.partial_cmp(&bound);
        match self {
            Self::Less => ordering == Some(Ordering::Less),
            Self::LessOrEqual => matches!(ordering, Some(Ordering::Less | Ordering::Equal)),
            Self::Greater => ordering == Some(Ordering::Greater),
            Self::GreaterOrEqual => matches!(ordering, Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}

/// Values of different types are neither equal nor different: some servers turn the one into the other.
pub(super) fn equal_json(value: Value<'_>, literal: &Literal) -> Truth {
    match (value.kind(), literal) {
        (Kind::Null, Literal::Null) => Truth::True,
        (Kind::Bool, Literal::Bool(other)) => Truth::of(value.bool().map(|bool| bool == *other)),
        (Kind::Number, Literal::Number(other)) => {
            Truth::of(number(value).map(|number| number == *other))
        }
        (Kind::String, Literal::String(other)) => {
            Truth::of(value.string().map(|text| *text == **other))
        }
        (Kind::Array, Literal::Array(others)) if value.elements().count() == others.len() => {
            Truth::all(
                value
                    .elements()
                    .zip(others)
                    .map(|(value, other)| equal_json(value, other)),
            )
        }
        (Kind::Array, Literal::Array(_)) => Truth::False,
        (Kind::Object, Literal::Object(others)) => equal_members(value, others),
        _ => Truth::Unknown,
    }
}

fn equal_members(object: Value<'_>, others: &[(Box<str>, Literal)]) -> Truth {
    let known = Truth::all(
        others
            .iter()
            .map(|(name, other)| match member(object, name) {
                Ok(Some(value)) => equal_json(value, other),
                Ok(None) => Truth::False,
                Err(LookAlike) => Truth::Unknown,
            }),
    );
    let same_number = object.members().count() == others.len();
    Truth::all([known, Truth::of(Some(same_number))].into_iter())
}

impl Literal {
    pub(super) fn kind(&self) -> Kind {
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

pub(super) fn equal(operand: &Operand<'_>, literal: &Literal) -> Truth {
    match (operand, literal) {
        (Operand::Json(value), literal) => equal_json(*value, literal),
        (Operand::Text(text), Literal::String(other)) => Truth::of(Some(**text == **other)),
        (Operand::Number(number), Literal::Number(other)) => Truth::of(Some(number == other)),
        _ => Truth::Unknown,
    }
}

/// Equal to one of the list, whose values are of one type, or null.
pub(super) fn one_of(operand: &Operand<'_>, literals: &[Literal]) -> Truth {
    let same_type = literals
        .iter()
        .filter(|literal| literal.kind() == operand.kind());
    let mut same_type = same_type.peekable();
    if same_type.peek().is_none() {
        return Truth::Unknown;
    }
    Truth::any(same_type.map(|literal| equal(operand, literal)))
}

pub(super) fn contains(operand: &Operand<'_>, literal: &Literal) -> Truth {
    match (operand, operand.kind(), literal) {
        (_, Kind::String, Literal::String(part)) => {
            Truth::of(operand.text().map(|text| text.contains(&**part)))
        }
        (Operand::Json(list), Kind::Array, literal) => {
            Truth::any(list.elements().map(|element| equal_json(element, literal)))
        }
        _ => Truth::Unknown,
    }
}

pub(super) fn matches(operand: &Operand<'_>, regex: &regex_lite::Regex) -> Truth {
    let text = operand.text().filter(|text| text.len() <= LONGEST_MATCHED);
    Truth::of(text.map(|text| regex.is_match(&text)))
}

/// A path, or a list of paths. Some servers take an empty list for everything.
pub(super) fn within(operand: &Operand<'_>, roots: &Roots) -> Truth {
    let hold =
        |path: Option<Cow<'_, str>>| path.map_or(Truth::Unknown, |path| roots.contains(&path));
    match operand {
        Operand::Json(list) if list.kind() == Kind::Array && list.elements().next().is_some() => {
            Truth::all(list.elements().map(|path| hold(path.string())))
        }
        operand => hold(operand.text()),
    }
}

pub(super) fn host_in(operand: &Operand<'_>, hosts: &[Host]) -> Truth {
    let text = operand.text();
    match text.as_deref().and_then(Url::read) {
        Some(url) => Truth::any(hosts.iter().map(|host| host.holds(&url))),
        None => Truth::Unknown,
    }
}

pub(super) fn cidr(operand: &Operand<'_>, networks: &[Network]) -> Truth {
    match operand.text().as_deref().and_then(address) {
        Some(address) => Truth::any(networks.iter().map(|network| network.holds(address))),
        None => Truth::Unknown,
    }
}

/// An attribute is written as the JSON value that it is.
pub(super) fn fits(operand: &Operand<'_>, schema: &Schema) -> Truth {
    let text = match operand {
        Operand::Json(value) => return schema.holds(*value),
        Operand::Text(text) => serde_json::to_string(text).ok(),
        Operand::Number(number) => Some(format!("{number:e}")),
        Operand::Missing | Operand::Unknown => None,
    };
    let bounds = Bounds {
        depth: 1,
        values: 1,
        surrogates: Surrogates::Refused,
    };
    let text = text.unwrap_or_default();
    Document::read(text.as_bytes(), bounds)
        .map_or(Truth::Unknown, |document| schema.holds(document.root()))
}
