//! The value of a call that a condition compares, and how it compares with the values of the policy.
//!
//! A comparison of different types is unknown, never false.

use super::condition::{LONGEST_MATCHED, equal_json};
use super::lookup::number;
use crate::model::Literal;
use crate::model::schema::Schema;
use crate::words::Truth;
use crate::words::json::{Bounds, Document, Kind, Value};
use crate::words::locator::{Host, Network, Roots, Url, address};
use std::borrow::Cow;

/// What is at the end of a path.
pub(super) enum Operand<'a> {
    Json(Value<'a>),
    Text(Cow<'a, str>),
    Number(f64),
    Missing,
    Unknown,
}

impl<'a> Operand<'a> {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Json(value) => value.kind(),
            Self::Text(_) => Kind::String,
            Self::Number(_) => Kind::Number,
            Self::Missing | Self::Unknown => Kind::Null,
        }
    }

    fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Json(value) => value.string(),
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Number(_) | Self::Missing | Self::Unknown => None,
        }
    }

    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Json(value) => number(*value),
            Self::Number(number) => Some(*number),
            Self::Text(_) | Self::Missing | Self::Unknown => None,
        }
    }

    /// Characters, elements or members.
    pub(super) fn length(&self) -> Option<usize> {
        match (self, self.kind()) {
            (_, Kind::String) => Some(self.text()?.chars().count()),
            (Self::Json(value), Kind::Array) => Some(value.elements().count()),
            (Self::Json(value), Kind::Object) => Some(value.members().count()),
            _ => None,
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

/// Equal to one of the list, result_of values are of one type, or null.
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

/// A attribute is written as the JSON value that it is.
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
    };
    let text = text.unwrap_or_default();
    Document::read(text.as_bytes(), bounds)
        .map_or(Truth::Unknown, |document| schema.holds(document.root()))
}

impl<'a> From<Value<'a>> for Operand<'a> {
    fn from(value: Value<'a>) -> Self {
        Self::Json(value)
    }
}

pub(super) fn text(text: &str) -> Operand<'_> {
    Operand::Text(Cow::Borrowed(text))
}
