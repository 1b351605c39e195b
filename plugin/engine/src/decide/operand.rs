//! The value of a call that a condition reads.
//!
//! It is unknown where two readers could find two different values.

use super::lookup::{number, string};
use crate::words::json::{Kind, Value};
use crate::words::work::Budget;
use std::borrow::Cow;

/// The value at the end of a path.
pub(crate) enum Operand<'a> {
    Json(Value<'a>),
    Text(Cow<'a, str>),
    /// A part of the time.
    Number(u32),
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

    pub(super) fn text(&self, budget: &Budget) -> Option<Cow<'_, str>> {
        match self {
            Self::Json(value) => string(*value, budget),
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Number(_) | Self::Missing | Self::Unknown => None,
        }
    }

    pub(super) fn number(&self, budget: &Budget) -> Option<f64> {
        match self {
            Self::Json(value) => number(*value, budget),
            Self::Number(number) => Some((*number).into()),
            Self::Text(_) | Self::Missing | Self::Unknown => None,
        }
    }

    /// Characters, elements or members.
    pub(super) fn length(&self, budget: &Budget) -> Option<usize> {
        if let Self::Json(value) = self {
            return length(*value, budget);
        }
        Some(self.text(budget)?.chars().count())
    }
}

/// Characters, elements or members.
pub(super) fn length(value: Value<'_>, budget: &Budget) -> Option<usize> {
    match value.kind() {
        Kind::String => {
            let text = string(value, budget)?;
            budget.take(text.len()).ok()?;
            Some(text.chars().count())
        }
        Kind::Array => {
            budget.take(value.size()).ok()?;
            Some(value.elements().count())
        }
        Kind::Object => {
            budget.take(value.size()).ok()?;
            Some(value.named().count())
        }
        Kind::Null | Kind::Bool | Kind::Number => None,
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

/// Charges the budget for reading a text: `steps` for each of its bytes.
pub(super) fn read(text: &str, steps: usize, budget: &Budget) -> Option<()> {
    budget.take(text.len().saturating_mul(steps)).ok()
}
