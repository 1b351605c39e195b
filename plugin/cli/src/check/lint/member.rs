//! Reads members of a policy's objects, of any type.
//!
//! It never reports a mistake: the engine accepted the policy already.

use mcp_policy::document::{Kind, Value};
use std::borrow::Cow;

/// The text of a member; empty for a missing or another member.
pub(super) fn text<'a>(value: Value<'a>, key: &str) -> Cow<'a, str> {
    value.get(key).and_then(Value::string).unwrap_or_default()
}

/// The texts of a list, or one text in its place.
pub(super) fn texts<'a>(value: Option<Value<'a>>) -> Vec<Cow<'a, str>> {
    let one = value.and_then(Value::string);
    let list = value.into_iter().flat_map(Value::elements);
    one.into_iter()
        .chain(list.filter_map(Value::string))
        .collect()
}

/// The elements of a list in a member, with their positions; empty for a missing list.
pub(super) fn list<'a>(value: Value<'a>, key: &str) -> impl Iterator<Item = (usize, Value<'a>)> {
    let list = value.get(key).into_iter();
    list.flat_map(Value::elements).enumerate()
}

/// The conditions of a group, and those inside `any`, each with its place in the group.
pub(super) fn conditions<'a>(group: Value<'a>) -> impl Iterator<Item = (String, Value<'a>)> {
    list(group, "conditions").flat_map(|(index, term)| {
        let alternatives = list(term, "any");
        let alternatives = alternatives
            .map(move |(alternative, value)| (format!("{index}/any/{alternative}"), value));
        let one = term.get("any").is_none();
        let one = one.then(|| (index.to_string(), term));
        one.into_iter().chain(alternatives)
    })
}

pub(super) fn is_empty_list(value: Value<'_>) -> bool {
    value.kind() == Kind::Array && value.elements().next().is_none()
}
