//! Builds the pieces of a JSON Schema: objects with closed sets of keys, references, descriptions.
//!
//! It knows no key of the policy document.

use crate::parse::reader::Keys;
use serde_json::{Map, Value, json};

pub(super) fn a_schema() -> Value {
    json!({ "type": ["object", "boolean"] })
}

/// An object that allows only the keys that the parser knows.
pub(super) fn object(keys: &Keys, required: &[&str], members: Vec<(&'static str, Value)>) -> Value {
    let known: Map<_, _> = keys
        .supported
        .iter()
        .map(|key| {
            let found = members.iter().find(|(name, _)| name == key);
            let member = found.map_or(Value::Null, |(_, member)| member.clone());
            ((*key).to_owned(), member)
        })
        .collect();
    json!({ "type": "object", "properties": known, "required": required, "additionalProperties": false })
}

pub(super) fn refers(definition: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{definition}") })
}

pub(super) fn flag(text: &str) -> Value {
    about(json!({ "type": "boolean", "default": false }), text)
}

/// A kill switch, which takes a sentence for callers too.
pub(super) fn frozen(text: &str) -> Value {
    let own = json!({ "type": "string", "pattern": r"\S\s+\S", "description": "The sentence that callers read." });
    let schema = json!({ "anyOf": [{ "type": "boolean" }, own], "default": false });
    about(schema, text)
}

pub(super) fn about(schema: Value, text: &str) -> Value {
    with(schema, "description", text)
}

/// Adds one keyword to the schema; `true` becomes an object that accepts any value.
pub(super) fn with(schema: Value, keyword: &str, value: impl Into<Value>) -> Value {
    let mut keywords = match schema {
        Value::Object(keywords) => keywords,
        _ => Map::new(),
    };
    keywords.insert(keyword.into(), value.into());
    Value::Object(keywords)
}

pub(super) fn words<T>(words: &[(&str, T)]) -> Vec<Value> {
    words.iter().map(|(word, _)| json!(word)).collect()
}

/// A schema of one of the words, with its description.
pub(super) fn choice<T>(of: &[(&str, T)], text: &str) -> Value {
    about(json!({ "enum": words(of) }), text)
}
