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
pub(super) enum Found<'a> {
    Json(Value<'a>),
    Text(Cow<'a, str>),
    Number(f64),
    Missing,
    Unknown,
}

impl<'a> Found<'a> {
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

pub(super) fn equal(found: &Found<'_>, literal: &Literal) -> Truth {
    match (found, literal) {
        (Found::Json(value), literal) => equal_json(*value, literal),
        (Found::Text(text), Literal::String(other)) => Truth::of(Some(**text == **other)),
        (Found::Number(number), Literal::Number(other)) => Truth::of(Some(number == other)),
        _ => Truth::Unknown,
    }
}

/// Equal to one of the list, whose values are of one type, or null.
pub(super) fn one_of(found: &Found<'_>, literals: &[Literal]) -> Truth {
    let same_type = literals
        .iter()
        .filter(|literal| literal.kind() == found.kind());
    let mut same_type = same_type.peekable();
    if same_type.peek().is_none() {
        return Truth::Unknown;
    }
    Truth::any(same_type.map(|literal| equal(found, literal)))
}

pub(super) fn contains(found: &Found<'_>, literal: &Literal) -> Truth {
    match (found, found.kind(), literal) {
        (_, Kind::String, Literal::String(part)) => {
            Truth::of(found.text().map(|text| text.contains(&**part)))
        }
        (Found::Json(list), Kind::Array, literal) => {
            Truth::any(list.elements().map(|element| equal_json(element, literal)))
        }
        _ => Truth::Unknown,
    }
}

pub(super) fn matches(found: &Found<'_>, regex: &regex_lite::Regex) -> Truth {
    let text = found.text().filter(|text| text.len() <= LONGEST_MATCHED);
    Truth::of(text.map(|text| regex.is_match(&text)))
}

/// A path, or a list of paths. Some servers take an empty list for everything.
pub(super) fn within(found: &Found<'_>, roots: &Roots) -> Truth {
    let hold = |path: Option<Cow<'_, str>>| path.map_or(Truth::Unknown, |path| roots.hold(&path));
    match found {
        Found::Json(list) if list.kind() == Kind::Array && list.elements().next().is_some() => {
            Truth::all(list.elements().map(|path| hold(path.string())))
        }
        found => hold(found.text()),
    }
}

pub(super) fn host_in(found: &Found<'_>, hosts: &[Host]) -> Truth {
    let text = found.text();
    match text.as_deref().and_then(Url::read) {
        Some(url) => Truth::any(hosts.iter().map(|host| host.holds(&url))),
        None => Truth::Unknown,
    }
}

pub(super) fn cidr(found: &Found<'_>, networks: &[Network]) -> Truth {
    match found.text().as_deref().and_then(address) {
        Some(address) => Truth::any(networks.iter().map(|network| network.holds(address))),
        None => Truth::Unknown,
    }
}

/// A fact is written as the JSON value that it is.
pub(super) fn fits(found: &Found<'_>, schema: &Schema) -> Truth {
    let text = match found {
        Found::Json(value) => return schema.holds(*value),
        Found::Text(text) => serde_json::to_string(text).ok(),
        Found::Number(number) => Some(format!("{number:e}")),
        Found::Missing | Found::Unknown => None,
    };
    let bounds = Bounds {
        depth: 1,
        values: 1,
    };
    let text = text.unwrap_or_default();
    Document::read(text.as_bytes(), bounds)
        .map_or(Truth::Unknown, |document| schema.holds(document.root()))
}

impl<'a> From<Value<'a>> for Found<'a> {
    fn from(value: Value<'a>) -> Self {
        Self::Json(value)
    }
}

pub(super) fn text(text: &str) -> Found<'_> {
    Found::Text(Cow::Borrowed(text))
}
