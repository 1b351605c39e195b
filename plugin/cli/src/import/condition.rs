//! Turns a condition of Intercept, which allows a call if it holds, into rules of ours that refuse a call where it
//! does not.
//!
//! It never allows a call that Intercept refuses: where the two cannot agree, ours is stricter, and reports it.

use super::advice;
use super::equality::{COLLECTION, Equals, none_of, one_of};
use super::messages::{Location, Messages};
use super::pattern::{self, Pattern, Untranslated};
use super::refusal::{Refusal, condition};
use super::scalar::{plain, scalar, whole};
use crate::argument_path::members as spelled;
use crate::yaml::{Node, Value};
use mcp_policy::host::Policy;
use serde_json::{Value as Json, json};

/// The value that a condition reads.
#[derive(Debug)]
pub(super) enum Path {
    Arguments(Vec<String>),
    /// `state.<scope>.<counter>`.
    State(String),
}

const WRITE_PATH: &str = "a path begins with `args.` or `state.`";

pub(super) fn path(text: &str) -> Result<Path, String> {
    if let Some(rest) = text.strip_prefix("args.") {
        return Ok(Path::Arguments(rest.split('.').map(Into::into).collect()));
    }
    let state = text.starts_with("state.").then(|| Path::State(text.into()));
    state.ok_or_else(|| WRITE_PATH.into())
}

/// A condition on arguments.
pub(super) fn translate(
    messages: &mut Messages,
    at: &Location,
    members: &[String],
    op: &str,
    operand: &Node,
) -> Refusal {
    let path = spelled(members);
    let list = match &operand.value {
        Value::List(list) => &list[..],
        _ => &[],
    };
    match op {
        "in" | "not_in" if !matches!(operand.value, Value::List(_)) => {
            messages.cannot(at, &format!("`{op}` needs a list"));
            Refusal::default()
        }
        "eq" => one_of(messages, at, &path, std::slice::from_ref(operand)),
        "neq" => none_of(messages, at, &path, std::slice::from_ref(operand)),
        "in" => one_of(messages, at, &path, list),
        "not_in" => none_of(messages, at, &path, list),
        "lt" | "lte" | "gt" | "gte" => number(messages, at, &path, op, operand),
        "regex" => regex(messages, at, &path, operand),
        "contains" => contains(messages, at, &path, operand),
        "exists" => exists(messages, at, members, operand),
        _ => {
            messages.cannot(at, &advice::about_operator(op));
            Refusal::default()
        }
    }
}

fn number(messages: &mut Messages, at: &Location, path: &str, op: &str, operand: &Node) -> Refusal {
    if let Value::Odd(text) = &operand.value
        && text.to_ascii_lowercase().ends_with(".inf")
    {
        return never(messages, at, "the engine has no infinite number");
    }
    let value = match (&operand.value, operand.value.digits()) {
        (_, Some(digits)) => whole(&digits),
        (Value::Float(number), _) => Ok(json!(number)),
        _ => Err(format!("`{op}` needs a number")),
    };
    require(messages, at, value.map(|value| condition(path, op, value)))
}

/// A number, as Intercept compares it.
pub(super) fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Float(number) => Some(*number),
        value => value.digits()?.parse().ok(),
    }
}

/// A required condition, or the reason why it cannot be written.
fn require(messages: &mut Messages, at: &Location, condition: Result<Json, String>) -> Refusal {
    match condition {
        Ok(condition) => Refusal::require(condition),
        Err(message) => {
            messages.cannot(at, &message);
            Refusal::default()
        }
    }
}

fn regex(messages: &mut Messages, at: &Location, path: &str, operand: &Node) -> Refusal {
    let Value::Text(go) = &operand.value else {
        messages.cannot(at, "`regex` needs a string");
        return Refusal::default();
    };
    match pattern::translate(go) {
        Ok(pattern) => {
            let condition = condition(path, "regex", pattern.text.as_str().into());
            if let Err(why) = accepted(&condition) {
                return never(
                    messages,
                    at,
                    &format!("the gateway does not take the expression: {why}"),
                );
            }
            report_differences(messages, at, go, &pattern);
            Refusal::require(condition)
        }
        Err(Untranslated::Unknown(what)) => {
            never(messages, at, &format!("the engine cannot match {what}"))
        }
        Err(Untranslated::Invalid(error)) => {
            let message =
                format!("the expression has syntax that the engine does not have: {error}");
            messages.cannot(at, &message);
            Refusal::default()
        }
    }
}

/// A condition that cannot be written: its rule refuses every call.
fn never(messages: &mut Messages, at: &Location, why: &str) -> Refusal {
    messages.stricter(at, &format!("{why}; the rule refuses every call"));
    Refusal::always()
}

/// Whether a gateway takes a condition.
fn accepted(condition: &Json) -> Result<(), String> {
    let rule = json!({ "require": [{ "conditions": [condition] }] });
    let policy = json!({ "version": "1", "default": "allow", "tools": { "a": rule } });
    let errors = Policy::parse(policy.to_string().as_bytes()).err();
    let error = errors.and_then(|errors| errors.into_iter().next());
    error.map_or(Ok(()), |error| Err(error.problem.to_string()))
}

fn report_differences(messages: &mut Messages, at: &Location, go: &str, pattern: &Pattern) {
    let text = &pattern.text;
    if let Some(narrower) = pattern.narrower {
        let message = match text == go {
            true => narrower.into(),
            false => format!("written as `{text}`; {narrower}"),
        };
        messages.stricter(at, &message);
    } else if text != go {
        let message = format!("written as `{text}`, which matches the same texts");
        messages.note(at, &message);
    }
}

/// A part of a text, or an element of a list.
fn contains(messages: &mut Messages, at: &Location, path: &str, operand: &Node) -> Refusal {
    let value = scalar(&operand.value).unwrap_or_else(|| Err(COLLECTION.into()));
    let value = match value {
        Ok(value) => value,
        Err(why) => return never(messages, at, &why),
    };
    if !has_one_type(operand) {
        messages.stricter(
            at,
            "in a list, a value of another type that Go prints alike is not found",
        );
    }
    Refusal::require(condition(path, "contains", value))
}

/// Whether all values that Go prints alike have one type.
fn has_one_type(operand: &Node) -> bool {
    let (equals, unknown) = Equals::of(std::slice::from_ref(operand));
    unknown.is_empty() && !equals.collections && equals.by_type("", "eq", "in").len() == 1
}

fn exists(messages: &mut Messages, at: &Location, members: &[String], operand: &Node) -> Refusal {
    let path = spelled(members);
    match operand.value {
        Value::Bool(true) => Refusal::require(condition(&path, "exists", true.into())),
        Value::Bool(false) if members.len() < 2 => {
            Refusal::require(condition(&path, "exists", false.into()))
        }
        Value::Bool(false) => Refusal::one(exists_in_objects(&path, members)),
        _ => {
            messages.cannot(at, "`exists` needs true or false");
            Refusal::default()
        }
    }
}

/// A group that matches where the value is there. A value that is not an object has no member.
fn exists_in_objects(path: &str, members: &[String]) -> Vec<Json> {
    let outer = (1..members.len()).filter_map(|end| members.get(..end));
    let objects = outer.map(|outer| condition(&spelled(outer), "type", "object".into()));
    objects
        .chain([condition(path, "exists", true.into())])
        .collect()
}

/// A condition of a group that refuses the calls that it matches. Where Intercept's matches, this one matches or is unknown;
/// where no condition does, there is none, and the group matches more.
pub(super) fn matching(path: &str, op: &str, operand: Option<&Node>) -> Option<Json> {
    let Ok(Path::Arguments(members)) = self::path(path) else {
        return None;
    };
    let value = operand.map_or(Some(Json::Null), |node| plain(&node.value))?;
    let value = matching_operand(op, value)?;
    let condition = condition(&spelled(&members), op, value);
    accepted(&condition).is_ok().then_some(condition)
}

fn matching_operand(op: &str, value: Json) -> Option<Json> {
    Some(match (op, value) {
        ("regex", Json::String(go)) => {
            let pattern = pattern::translate(&go).ok()?;
            pattern.narrower.is_none().then_some(pattern.text)?.into()
        }
        ("in" | "not_in", Json::Array(list)) if has_values_of_one_type(&list) => list.into(),
        ("lt" | "lte" | "gt" | "gte", Json::Number(number)) => Json::Number(number),
        ("exists", Json::Bool(bool)) => Json::Bool(bool),
        ("eq" | "neq" | "contains", value) if !value.is_array() => value,
        _ => return None,
    })
}

fn has_values_of_one_type(list: &[Json]) -> bool {
    let mut kinds = list.iter().map(std::mem::discriminant);
    let first = kinds.next();
    first.is_some_and(|first| kinds.all(|kind| kind == first))
}
