//! Tells whether a JSON value holds a secret: one of its texts, or a name of its members.
//!
//! It never shows where.

use crate::words::json::{Kind, Value};
use crate::words::secret::{Kinds, find_value};
use crate::words::work::Budget;

/// True where a text in the value, the value of a member with this name, holds a secret, or too many texts are in it to
/// tell. The depth is bounded by the parser.
pub(super) fn stands_in(value: Value<'_>, name: &str) -> bool {
    holds(value, name, &Budget::of(value.range().len()))
}

fn holds(value: Value<'_>, name: &str, budget: &Budget) -> bool {
    match value.kind() {
        Kind::String => found(&value.string().unwrap_or_default(), name, budget),
        Kind::Array => value.elements().any(|value| holds(value, name, budget)),
        Kind::Object => value.members().any(|(own, value)| {
            let named = found(&own, "", budget);
            named || holds(value, &own, budget)
        }),
        Kind::Null | Kind::Bool | Kind::Number => false,
    }
}

fn found(text: &str, name: &str, budget: &Budget) -> bool {
    let found = find_value(name, text, budget, Kinds::ALL);
    found.map_or(true, |found| !found.is_empty())
}
