//! Turns a schema into a value that it probably accepts.
//!
//! It never makes a large value, even of an endless schema.

use serde_json::{Map, Value, json};
use std::cell::Cell;

/// A schema may contain itself, and its author may be an attacker: the bounds of an example.
const DEEPEST: usize = 8;
const MOST_VALUES: usize = 1_000;
const LONGEST: usize = 1_000;

/// A value with every required member, as far as it can be guessed; null where it cannot.
pub(crate) fn of(schema: &Value) -> Value {
    let examples = Examples {
        root: schema,
        left: Cell::new(MOST_VALUES),
    };
    examples.of(schema, 0)
}

/// Makes values for the parts of one schema.
struct Examples<'a> {
    root: &'a Value,
    /// The number of values that may still be made.
    left: Cell<usize>,
}

impl Examples<'_> {
    fn of(&self, schema: &Value, depth: usize) -> Value {
        let left = self.left.get().checked_sub(1);
        let Some(left) = left.filter(|_| depth <= DEEPEST) else {
            return Value::Null;
        };
        self.left.set(left);
        let first = list(schema, "enum").and_then(|values| values.first());
        if let Some(value) = schema.get("const").or(first) {
            return value.clone();
        }
        let deeper = |schema| self.of(schema, depth.saturating_add(1));
        let own = self.own(schema, depth);
        self.parts(schema).into_iter().map(deeper).fold(own, united)
    }

    /// The schemas that a value has to meet beside the keywords of `schema` itself.
    fn parts<'s>(&'s self, schema: &'s Value) -> Vec<&'s Value> {
        let target = schema.get("$ref").and_then(Value::as_str);
        let target = target.and_then(|target| self.root.pointer(target.strip_prefix('#')?));
        let all = list(schema, "allOf").into_iter().flatten();
        let any = list(schema, "anyOf").or_else(|| list(schema, "oneOf"));
        let one = any.and_then(|any| {
            let nested = any.iter().find(|one| is_nested(one));
            nested.or_else(|| any.first())
        });
        target.into_iter().chain(all).chain(one).collect()
    }

    /// A value for the schema's own keywords.
    fn own(&self, schema: &Value, depth: usize) -> Value {
        let kind = schema.get("type");
        let first = kind.and_then(|kinds| kinds.as_array()?.first());
        match first.or(kind).and_then(Value::as_str) {
            Some("string") => json!("x".repeat(length(schema, "minLength"))),
            Some("integer" | "number") => json!(number(schema)),
            Some("boolean") => json!(false),
            Some("array") => {
                let items = schema.get("items").unwrap_or(&Value::Null);
                let item = |_| self.of(items, depth.saturating_add(1));
                (0..length(schema, "minItems").max(1)).map(item).collect()
            }
            None | Some("object") => self.object(schema, depth),
            Some(_) => Value::Null,
        }
    }

    /// An object with its required members; null where no member is required.
    fn object(&self, schema: &Value, depth: usize) -> Value {
        let required = schema.get("required").and_then(Value::as_array);
        let names = required.into_iter().flatten().filter_map(Value::as_str);
        let member = |name: &str| {
            let property = schema.get("properties").and_then(|own| own.get(name));
            let value = property.map(|schema| self.of(schema, depth.saturating_add(1)));
            (name.to_owned(), value.unwrap_or_default())
        };
        let members: Map<_, _> = names.map(member).collect();
        match schema.get("type") {
            None if members.is_empty() => Value::Null,
            _ => Value::Object(members),
        }
    }
}

fn list<'s>(schema: &'s Value, keyword: &str) -> Option<&'s Vec<Value>> {
    schema.get(keyword).and_then(Value::as_array)
}

/// The smallest number that the schema accepts, or 1.
fn number(schema: &Value) -> i64 {
    let number = |keyword: &str| schema.get(keyword).and_then(Value::as_i64);
    let above = || number("exclusiveMinimum").map(|least| least.saturating_add(1));
    let least = number("minimum").or_else(above);
    least.or_else(|| number("multipleOf")).unwrap_or(1)
}

/// The length that a keyword asks for, or 1.
fn length(schema: &Value, keyword: &str) -> usize {
    let length = schema.get(keyword).and_then(Value::as_i64);
    let length = length.and_then(|length| usize::try_from(length).ok());
    length.map_or(1, |length| length.min(LONGEST))
}

/// Whether a condition may read a part of it. A text in its place would have no parts.
fn is_nested(schema: &Value) -> bool {
    let kind = schema.get("type").and_then(Value::as_str);
    matches!(kind, Some("array" | "object"))
}

/// The members of both objects, or the value that is not null.
fn united(one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => one.into_iter().chain(other).collect(),
        (Value::Null, other) => other,
        (one, _) => one,
    }
}
