//! Describes the operators and the values of conditions on paths whose values have one type.
//!
//! It knows no table of entries: a path that some table never has is beyond a schema.

use crate::parse::applicable::{HOURS, Numbers, OF_NUMBER, OF_OBJECT, OF_TEXT, SECONDS, WEEKDAYS};
use serde_json::{Value, json};

/// The schemas of such conditions; each applies to its paths alone.
pub(super) fn typed_paths() -> Vec<Value> {
    let texts = json!(["tool", "prompt", "uri", "method", "server", "grant", "ip"]);
    let of = |kind| json!({ "type": kind });
    let mut all = vec![
        typed(&json!(["args"]), OF_OBJECT, "object", &of("object")),
        typed(&texts, OF_TEXT, "string", &of("string")),
    ];
    for (path, numbers) in [
        ("time.hour", HOURS),
        ("time.weekday", WEEKDAYS),
        ("time.unix", SECONDS),
    ] {
        let (_, least, most) = numbers;
        let one = json!({ "type": "integer", "minimum": least, "maximum": most });
        all.push(typed(&json!([path]), OF_NUMBER, "number", &one));
        all.push(bounded(path, numbers));
    }
    all
}

/// `one` is the schema of a value that the paths can have.
fn typed(paths: &Value, operators: &[&str], kind: &str, one: &Value) -> Value {
    let other = json!({ "type": "object", "required": ["ref"] });
    let nothing = json!({ "type": "null" });
    let list = json!({ "type": "array", "items": { "anyOf": [one, nothing] }, "not": { "items": nothing } });
    json!({
        "if": { "properties": { "path": { "enum": paths } } },
        "then": {
            "properties": { "op": { "enum": operators } },
            "allOf": [
                of_operators(&["eq", "neq", "contains"], &json!({ "anyOf": [one, other] })),
                of_operators(&["in", "not_in"], &json!({ "anyOf": [list, other] })),
                of_operators(&["type"], &json!({ "const": kind })),
            ],
        },
    })
}

/// Bounds of a part of the time.
fn bounded(path: &str, (_, least, most): Numbers) -> Value {
    let (below, above) = (
        i64::from(least).saturating_sub(1),
        i64::from(most).saturating_add(1),
    );
    json!({
        "if": { "properties": { "path": { "const": path } } },
        "then": { "allOf": [
            of_operators(&["lt"], &json!({ "exclusiveMinimum": least, "maximum": above })),
            of_operators(&["lte"], &json!({ "minimum": least, "maximum": above })),
            of_operators(&["gt"], &json!({ "minimum": below, "exclusiveMaximum": most })),
            of_operators(&["gte"], &json!({ "minimum": below, "maximum": most })),
        ] },
    })
}

fn of_operators(operators: &[&str], value: &Value) -> Value {
    json!({
        "if": { "properties": { "op": { "enum": operators } } },
        "then": { "properties": { "value": value } },
    })
}
