//! Turns the schema that a tool advertises into the schema that a policy enforces, and into valid arguments.
//!
//! It keeps every constraint. It never keeps prose, by which a server could instruct a model.

use crate::example;
use mcp_policy::host::{Event, Exchange, Headers, HostContext, Millis, Next, Policy};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// A schema that a policy enforces.
#[derive(Debug)]
pub(super) struct ToolSchema {
    schema: Value,
    /// A policy with this schema alone.
    policy: Arc<Policy>,
}

/// Keywords that constrain nothing.
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
/// Keywords whose values are not schemas.
const VALUES: [&str; 4] = ["const", "enum", "required", "dependentRequired"];
/// Keywords of the top level that leave the order of a client's errors alone.
const PLAIN: [&str; 7] = [
    "$schema",
    "type",
    "properties",
    "required",
    "additionalProperties",
    "$defs",
    "definitions",
];

impl ToolSchema {
    /// `None` for a schema that accepts every object.
    ///
    /// # Errors
    /// Why no policy can enforce the schema.
    pub(super) fn new(schema: &Map<String, Value>) -> Result<Option<Self>, String> {
        let schema = without_prose(&Value::Object(schema.clone()));
        if !constrains(&schema) {
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

    /// The schema as a policy has it.
    pub(super) fn into_document(self) -> Value {
        self.schema
    }

    /// Arguments with every required member, as far as they can be guessed; null for none at all.
    pub(super) fn example(&self) -> Value {
        match example::of(&self.schema) {
            Value::Object(members) if !members.is_empty() => Value::Object(members),
            _ => Value::Null,
        }
    }

    /// Whether a call with these arguments is valid.
    pub(super) fn accepts(&self, arguments: &Value) -> bool {
        let headers =
            Headers::from_iter([(":method", "POST"), ("content-type", "application/json")]);
        let (policy, context) = (self.policy.clone(), HostContext::default());
        let (mut exchange, _) = Exchange::new(policy, &headers, false, context, &Millis(0));
        let body = Event::Body {
            bytes: call(arguments).to_string().into_bytes(),
            end_of_stream: true,
        };
        matches!(exchange.feed(body, &Millis(0)).next, Next::Forward)
    }

    /// A required argument whose absence is the first thing that a client sees.
    pub(super) fn needed(&self) -> Option<&str> {
        let root = self.schema.as_object()?;
        let is_plain = root.keys().all(|name| PLAIN.contains(&name.as_str()));
        let required = root.get("required").filter(|_| is_plain)?;
        required.as_array()?.first()?.as_str()
    }
}

/// A call of the tool with these arguments; without any for null.
fn call(arguments: &Value) -> Value {
    let mut params = json!({ "name": "tool" });
    if let (Some(params), false) = (params.as_object_mut(), arguments.is_null()) {
        params.insert("arguments".into(), arguments.clone());
    }
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })
}

/// Whether the schema refuses any object.
fn constrains(schema: &Value) -> bool {
    let constrains = |(name, rule): (&String, &Value)| match name.as_str() {
        "$schema" | "type" => false,
        "properties" | "required" => !is_empty(rule),
        _ => true,
    };
    let members = schema.as_object();
    members.is_some_and(|members| members.iter().any(constrains))
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty)
}

/// The schema without its prose.
fn without_prose(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let rules = members
                .iter()
                .filter(|(name, _)| !PROSE.contains(&name.as_str()));
            rules
                .map(|(name, rule)| (name.clone(), keyword_without_prose(name, rule)))
                .collect()
        }
        Value::Array(schemas) => schemas.iter().map(without_prose).collect(),
        other => other.clone(),
    }
}

fn keyword_without_prose(name: &str, rule: &Value) -> Value {
    match rule {
        _ if VALUES.contains(&name) => rule.clone(),
        Value::Object(schemas) if NAMED.contains(&name) => schemas
            .iter()
            .map(|(name, schema)| (name.clone(), without_prose(schema)))
            .collect(),
        _ => without_prose(rule),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool_schema(schema: Value) -> Result<Option<ToolSchema>, String> {
        ToolSchema::new(schema.as_object().expect("an object"))
    }

    #[test]
    fn schema_keeps_constraints_without_prose() {
        let schema = json!({
            "type": "object", "title": "Args", "$comment": "x",
            "properties": {
                "description": { "type": "string", "description": "What it is.", "default": "d" },
                "kind": { "enum": [ { "title": "kept" }, "title" ], "examples": ["title"] },
            },
            "required": ["description"],
        });
        let own = tool_schema(schema)
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
        assert!(own.accepts(&own.example()) && !own.accepts(&Value::Null));
    }

    #[test]
    fn schema_without_constraints_is_left_out() {
        for schema in [
            json!({}),
            json!({ "type": "object", "$schema": "http://json-schema.org/draft-07/schema#" }),
            json!({ "type": "object", "properties": {}, "required": [], "description": "x" }),
        ] {
            assert!(tool_schema(schema).expect("a policy can").is_none());
        }
    }

    #[test]
    fn unenforceable_schema_is_an_error() {
        let other =
            json!({ "type": "object", "properties": { "a": { "$ref": "https://example.com/a" } } });
        let why = tool_schema(other).expect_err("it leads elsewhere");
        assert!(why.contains("$ref") || why.contains("example.com"), "{why}");
    }

    #[test]
    fn example_of_endless_schema_is_bounded() {
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
            if let Ok(Some(own)) = tool_schema(schema) {
                let example = own.example();
                assert!(example.to_string().len() < 20_000 && !own.accepts(&example));
            }
        }
    }
}
