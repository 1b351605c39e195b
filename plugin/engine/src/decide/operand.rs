//! The value of a call that a condition reads.
//!
//! It is unknown where two readers could find two different values.

use super::lookup::number;
use crate::words::json::{Kind, Value};
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

    pub(super) fn text(&self) -> Option<Cow<'_, str>> {
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

impl<'a> From<Value<'a>> for Operand<'a> {
    fn from(value: Value<'a>) -> Self {
        Self::Json(value)
    }
}

pub(super) fn text(text: &str) -> Operand<'_> {
    Operand::Text(Cow::Borrowed(text))
}
