//! Turns the schema that a tool advertises into the one that a policy holds its arguments against, and into arguments that
//! the tool takes.
//!
//! It keeps every rule of the schema and none of its prose, which is the server's word to a model.

use mcp_policy::{Event, Exchange, Facts, Headers, Millis, Next, Policy};
use serde_json::{Map, Value, json};
use std::cell::Cell;
use std::sync::Arc;

/// A schema as a policy has it.
#[derive(Debug)]
pub(super) struct Advertised {
    pub(super) schema: Value,
    /// A policy with nothing but this.
    policy: Arc<Policy>,
}

/// Keywords that rule nothing.
const PROSE: [&str; 8] = [
    "title",
    "description",
    "default",
    "examples",
    "$comment",
    "deprecated",
    "readOnly",
    "writeOnly",
];
/// Keywords with schemas by name.
const NAMED: [&str; 5] = [
    "properties",
    "patternProperties",
    "$defs",
    "definitions",
    "dependentSchemas",
];
/// Keywords whose values are no schemas.
const VALUES: [&str; 4] = ["const", "enum", "required", "dependentRequired"];
/// A schema may be within itself, and its author may be nobody's friend: how deep and how large an example is made.
const DEEPEST: usize = 8;
const MOST_VALUES: usize = 1_000;
const LONGEST: usize = 1_000;

impl Advertised {
    /// `None` for a schema that takes whatever is an object.
    ///
    /// # Errors
    /// Why no policy can hold arguments against it.
    pub(super) fn new(schema: &Map<String, Value>) -> Result<Option<Self>, String> {
        let schema = ruling(&Value::Object(schema.clone()));
        let rules = |(name, rule): (&String, &Value)| match name.as_str() {
            "$schema" | "type" => false,
            "properties" | "required" => !is_empty(rule),
            _ => true,
        };
        if !schema.as_object().is_some_and(|own| own.iter().any(rules)) {
            return Ok(None);
        }
        let document = json!({
            "version": "1", "default": "deny", "tools": { "tool": { "schema": schema } },
        });
        match Policy::parse(document.to_string().as_bytes()) {
            Ok(policy) => Ok(Some(Self {
                schema,
                policy: Arc::new(policy),
            })),
            Err(errors) => {
                let first = errors.first().map(|error| error.problem.to_string());
                Err(first.unwrap_or_default())
            }
        }
    }

    /// Arguments that have what they must, as far as that can be guessed; null for none at all.
    pub(super) fn example(&self) -> Value {
        let examples = Examples {
            root: &self.schema,
            left: Cell::new(MOST_VALUES),
        };
        match examples.of(&self.schema, 0) {
            Value::Object(members) if !members.is_empty() => Value::Object(members),
            _ => Value::Null,
        }
    }

    pub(super) fn takes(&self, arguments: &Value) -> bool {
        let mut params = json!({ "name": "tool" });
        if let (Some(params), false) = (params.as_object_mut(), arguments.is_null()) {
            params.insert("arguments".into(), arguments.clone());
        }
        let message =
            json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let headers =
            Headers::from_iter([(":method", "POST"), ("content-type", "application/json")]);
        let (mut exchange, _) = Exchange::new(
            self.policy.clone(),
            &headers,
            false,
            Facts::default(),
            Millis(0),
        );
        let body = Event::Body {
            bytes: message.to_string().into_bytes(),
            end: true,
        };
        matches!(exchange.feed(body, Millis(0)).next, Next::Forward)
    }

    /// An argument without which no call is taken, and of which a client is told that it is missing.
    pub(super) fn needed(&self) -> Option<&str> {
        let plain = [
            "$schema",
            "type",
            "properties",
            "required",
            "additionalProperties",
            "$defs",
            "definitions",
        ];
        let root = self.schema.as_object()?;
        let is_plain = root.keys().all(|name| plain.contains(&name.as_str()));
        let required = root.get("required").filter(|_| is_plain)?;
        required.as_array()?.first()?.as_str()
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty)
}

/// The schema without its prose.
fn ruling(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let rules = members
                .iter()
                .filter(|(name, _)| !PROSE.contains(&name.as_str()));
            rules
                .map(|(name, rule)| (name.clone(), rule_of(name, rule)))
                .collect()
        }
        Value::Array(schemas) => schemas.iter().map(ruling).collect(),
        other => other.clone(),
    }
}

fn rule_of(name: &str, rule: &Value) -> Value {
    match rule {
        _ if VALUES.contains(&name) => rule.clone(),
        Value::Object(schemas) if NAMED.contains(&name) => schemas
            .iter()
            .map(|(name, schema)| (name.clone(), ruling(schema)))
            .collect(),
        _ => ruling(rule),
    }
}

/// Makes values that parts of a schema take, if they are of the usual kinds.
struct Examples<'a> {
    root: &'a Value,
    /// How many values may still be made.
    left: Cell<usize>,
}

impl Examples<'_> {
    fn of(&self, schema: &Value, depth: usize) -> Value {
        let left = self.left.get().checked_sub(1);
        let Some(left) = left.filter(|_| depth <= DEEPEST) else {
            return Value::Null;
        };
        self.left.set(left);
        let deeper = |schema| self.of(schema, depth.saturating_add(1));
        let list = |name: &str| schema.get(name).and_then(Value::as_array);
        if let Some(value) = schema.get("const").or_else(|| list("enum")?.first()) {
            return value.clone();
        }
        let target = schema.get("$ref").and_then(Value::as_str);
        let target = target.and_then(|target| self.root.pointer(target.strip_prefix('#')?));
        let any = list("anyOf").or_else(|| list("oneOf"));
        let whole = target
            .into_iter()
            .chain(list("allOf").into_iter().flatten());
        let one = any.and_then(|any| {
            any.iter()
                .find(|one| is_nested(one))
                .or_else(|| any.first())
        });
        let parts: Vec<_> = whole.chain(one).collect();
        let own = self.own(schema, depth);
        parts.into_iter().map(deeper).fold(own, united)
    }

    fn own(&self, schema: &Value, depth: usize) -> Value {
        let number = |name: &str| schema.get(name).and_then(Value::as_i64);
        let length = |name: &str| {
            let length = number(name).and_then(|length| usize::try_from(length).ok());
            length.map(|length| length.min(LONGEST))
        };
        let kind = schema.get("type");
        let first = kind.and_then(|kinds| kinds.as_array()?.first());
        match first.or(kind).and_then(Value::as_str) {
            Some("string") => json!("x".repeat(length("minLength").unwrap_or(1))),
            Some("integer" | "number") => {
                let above = number("exclusiveMinimum").map(|least| least.saturating_add(1));
                let least = number("minimum").or(above);
                json!(least.or_else(|| number("multipleOf")).unwrap_or(1))
            }
            Some("boolean") => json!(false),
            Some("array") => {
                let items = schema.get("items").unwrap_or(&Value::Null);
                let items = (0..length("minItems").unwrap_or(1).max(1)).map(|_| items);
                items
                    .map(|item| self.of(item, depth.saturating_add(1)))
                    .collect()
            }
            None | Some("object") => self.object(schema, depth),
            Some(_) => Value::Null,
        }
    }

    /// An object with what it must have; null where it need have nothing.
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

/// A condition may look into it, which it cannot where there is a text in its place.
fn is_nested(schema: &Value) -> bool {
    let kind = schema.get("type").and_then(Value::as_str);
    matches!(kind, Some("array" | "object"))
}

/// Both objects, or whichever is something.
fn united(one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => one.into_iter().chain(other).collect(),
        (Value::Null, other) => other,
        (one, _) => one,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advertised(schema: Value) -> Result<Option<Advertised>, String> {
        Advertised::new(schema.as_object().expect("an object"))
    }

    #[test]
    fn prose_goes_and_rules_stay() {
        let schema = json!({
            "type": "object", "title": "Args", "$comment": "x",
            "properties": {
                "description": { "type": "string", "description": "What it is.", "default": "d" },
                "kind": { "enum": [ { "title": "kept" }, "title" ], "examples": ["title"] },
            },
            "required": ["description"],
        });
        let own = advertised(schema)
            .expect("a policy can")
            .expect("it rules something");
        let expected = json!({
            "type": "object",
            "properties": {
                "description": { "type": "string" },
                "kind": { "enum": [ { "title": "kept" }, "title" ] },
            },
            "required": ["description"],
        });
        assert_eq!(own.schema, expected);
        assert_eq!(own.example(), json!({ "description": "x" }));
        assert_eq!(own.needed(), Some("description"));
        assert!(own.takes(&own.example()) && !own.takes(&Value::Null));
    }

    #[test]
    fn what_rules_nothing_is_left_out() {
        for schema in [
            json!({}),
            json!({ "type": "object", "$schema": "http://json-schema.org/draft-07/schema#" }),
            json!({ "type": "object", "properties": {}, "required": [], "description": "x" }),
        ] {
            assert!(advertised(schema).expect("a policy can").is_none());
        }
    }

    #[test]
    fn what_no_policy_can_enforce_is_said() {
        let other =
            json!({ "type": "object", "properties": { "a": { "$ref": "https://example.com/a" } } });
        let why = advertised(other).expect_err("it leads elsewhere");
        assert!(why.contains("$ref") || why.contains("example.com"), "{why}");
    }

    #[test]
    fn examples_are_bounded() {
        let itself = json!({
            "type": "object", "required": ["a", "b", "c"],
            "properties": { "a": { "$ref": "#" }, "b": { "$ref": "#" }, "c": { "$ref": "#" } },
        });
        let long = json!({
            "type": "object", "required": ["text", "list"],
            "properties": {
                "text": { "type": "string", "minLength": 9_000_000_000_000_000_000_u64 },
                "list": { "type": "array", "minItems": 1_000_000, "items": { "type": "array", "minItems": 1_000_000 } },
            },
        });
        for schema in [itself, long] {
            if let Ok(Some(own)) = advertised(schema) {
                let example = own.example();
                assert!(example.to_string().len() < 20_000 && !own.takes(&example));
            }
        }
    }
}
