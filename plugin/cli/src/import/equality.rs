//! Turns Intercept's equality, by printed form, into conditions of ours, type by type.
//!
//! Intercept compares values by their printed form unless both are numbers, so `5` and `"5"` are equal to it; ours never
//! are. No `in` list holds values of two types, so each type has a condition of its own.

use super::go;
use super::messages::{Location, Messages};
use super::refusal::{Refusal, condition};
use super::scalar::{odd, whole};
use crate::yaml::{Node, Value};
use serde_json::{Value as Json, json};

/// The JSON values that Intercept treats as equal to one of a list, by their type.
#[derive(Default)]
pub(super) struct Equals {
    null: bool,
    bools: Vec<Json>,
    numbers: Vec<Json>,
    strings: Vec<Json>,
    /// Lists and objects may be among them too, by how they are printed.
    pub(super) collections: bool,
    /// A list or a map is among them, by how it is printed.
    printed: bool,
}

pub(super) const COLLECTION: &str = "Intercept compares lists and maps by how Go prints them";

impl Equals {
    /// And for each value that is ambiguous even to the engine's reader, why.
    pub(super) fn of(list: &[Node]) -> (Self, Vec<String>) {
        let mut equals = Self::default();
        let added = list.iter().map(|node| equals.add(&node.value));
        let unknown = added.filter_map(Result::err).collect();
        dedup(&mut equals.bools);
        dedup(&mut equals.numbers);
        dedup(&mut equals.strings);
        (equals, unknown)
    }

    fn add(&mut self, value: &Value) -> Result<(), String> {
        if let Some(digits) = value.digits() {
            self.numbers.push(whole(&digits)?);
            self.strings.push(digits.into());
            return Ok(());
        }
        match value {
            Value::Null => {
                self.null = true;
                self.strings.push("<nil>".into());
            }
            Value::Bool(bool) => {
                self.bools.push((*bool).into());
                self.strings.push(bool.to_string().into());
            }
            Value::Float(number) => {
                self.numbers.push(json!(number));
                self.strings.push(go::print(*number).into());
            }
            Value::Text(text) => self.add_text(text)?,
            Value::Int(text) | Value::Odd(text) => return Err(odd(text)),
            Value::List(_) | Value::Map(_) => self.printed = true,
        }
        Ok(())
    }

    /// A text, and the values that are printed like it.
    fn add_text(&mut self, text: &str) -> Result<(), String> {
        match text {
            "-0" => {
                return Err("Go prints `-0` for a number that other readers treat as 0".into());
            }
            "<nil>" => self.null = true,
            "true" | "false" => self.bools.push((text == "true").into()),
            _ => {}
        }
        self.numbers.extend(go::number(text).map(shortest));
        self.collections |= go::may_be_a_collection(text);
        self.strings.push(text.into());
        Ok(())
    }

    /// Each type with a condition about its values: `one` for a single value, `several` for a list.
    pub(super) fn by_type(
        &self,
        path: &str,
        one: &str,
        several: &str,
    ) -> Vec<(&'static str, Json)> {
        let types = [
            ("boolean", &self.bools),
            ("number", &self.numbers),
            ("string", &self.strings),
        ];
        let null = self
            .null
            .then(|| ("null", condition(path, one, Json::Null)));
        let condition = |values: &Vec<Json>| match &values[..] {
            [value] => condition(path, one, value.clone()),
            values => condition(path, several, values.into()),
        };
        let types = types.into_iter().filter(|(_, values)| !values.is_empty());
        types
            .map(|(name, values)| (name, condition(values)))
            .chain(null)
            .collect()
    }
}

/// Keeps the first of equal values.
fn dedup(values: &mut Vec<Json>) {
    let mut seen: Vec<Json> = Vec::new();
    values.retain(|value| {
        let is_new = !seen.contains(value);
        seen.push(value.clone());
        is_new
    });
}

/// A call is let through where the value is one of a list.
pub(super) fn one_of(messages: &mut Messages, at: &Location, path: &str, list: &[Node]) -> Refusal {
    let (equals, mut unknown) = Equals::of(list);
    unknown.extend(equals.printed.then(|| COLLECTION.into()));
    for why in unknown {
        messages.stricter(at, &format!("{why}; no value is taken for it here"));
    }
    if equals.collections {
        messages.stricter(
            at,
            "a list or an object that Go prints like this text is refused",
        );
    }
    match &equals.by_type(path, "eq", "in")[..] {
        [] => Refusal::always(),
        [(_, condition)] => Refusal::require(condition.clone()),
        // A call is refused only where the value is known to differ from the values of each type, or is unknown.
        _ => {
            let conditions = equals.by_type(path, "neq", "not_in").into_iter();
            Refusal::one(conditions.map(|(_, condition)| condition).collect())
        }
    }
}

/// A call is allowed if its value is present, and not in a list.
pub(super) fn none_of(
    messages: &mut Messages,
    at: &Location,
    path: &str,
    list: &[Node],
) -> Refusal {
    let (equals, unknown) = Equals::of(list);
    if let Some(why) = unknown.first() {
        messages.stricter(at, &format!("{why}; the rule refuses every call"));
        return Refusal::always();
    }
    // True for a missing value, unknown for an unknown value, false for null.
    let missing = vec![
        condition(path, "exists", false.into()),
        condition(path, "neq", Json::Null),
    ];
    let equal = equals.by_type(path, "eq", "in").into_iter();
    let equal = equal.map(|(name, equal)| match name {
        "null" => vec![condition(path, "type", "null".into())],
        name => vec![condition(path, "type", name.into()), equal],
    });
    let mut groups: Vec<_> = [missing].into_iter().chain(equal).collect();
    if equals.printed {
        let text = condition(path, "regex", r"^(?:map)?\[".into());
        groups.push(vec![condition(path, "type", "string".into()), text]);
        messages.stricter(at, "any list, object and text that begins with `[` or `map[` is refused here, as Go may print one alike");
    } else if equals.collections {
        messages.stricter(
            at,
            "any list or object is refused here, as Go may print one like this text",
        );
    }
    if equals.collections || equals.printed {
        groups.push(vec![condition(path, "type", "array".into())]);
        groups.push(vec![condition(path, "type", "object".into())]);
    }
    Refusal::deny_if(groups)
}

/// A number with its shortest digits.
fn shortest(number: f64) -> Json {
    serde_json::from_str(&number.to_string()).unwrap_or_else(|_| json!(number))
}
