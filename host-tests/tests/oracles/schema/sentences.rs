//! Compares the sentences of refusals by schemas with another validator: it finds the same fault at the same argument.
//!
//! It never judges a sentence that only names an argument: that one may be unknown.

use super::made::{Made, NAMES};
use fastrand::Rng;
use host_tests::gateway::Gateway;
use host_tests::root;
use jsonschema::Validator;
use mcp_policy::host::{Millis, Next};
use mcp_policy_cases::corpus::corpus;
use serde_json::{Value, json};
use std::fs;

type IsOf = fn(&Value) -> bool;

/// The ends of sentences that name the kind of value found.
const FOUND: &[(&str, IsOf)] = &[
    (", not a number.", Value::is_number),
    (", not a string.", Value::is_string),
    (", not a boolean.", Value::is_boolean),
    (", not null.", Value::is_null),
    (", not an array.", Value::is_array),
    (", not an object.", Value::is_object),
];

/// An argument that a sentence names, and the keywords of which one fails.
struct Named {
    /// A JSON Pointer to the value at which the keyword fails.
    at: String,
    keywords: &'static [&'static str],
}

/// Parts of sentences, and the keywords that they are about.
const PARTS: &[(&str, &[&str])] = &[
    (" characters", &["minLength", "maxLength"]),
    (" character", &["minLength", "maxLength"]),
    (" elements", &["minItems", "maxItems", "uniqueItems"]),
    (" element", &["minItems", "maxItems"]),
    (" member", &["minProperties", "maxProperties"]),
    (" multiple of ", &["multipleOf"]),
    (" number of at most ", &["maximum"]),
    (" number of at least ", &["minimum"]),
    (" number less than ", &["exclusiveMaximum"]),
    (" number greater than ", &["exclusiveMinimum"]),
    (" one of ", &["enum"]),
    (" schema lists", &["const", "enum"]),
    (" must be a", &["type", "anyOf"]),
    (" must be null", &["type", "anyOf", "const", "enum"]),
    (" must be true", &["type", "anyOf", "const", "enum"]),
    (" must be ", &["const", "enum"]),
];

fn named(message: &str) -> Option<Named> {
    let (_, rest) = message.split_once("The argument `")?;
    let (path, end) = rest.split_once('`')?;
    // A secret in the place of a name leads to no argument.
    let path = if path.starts_with("[REDACTED") {
        ""
    } else {
        path
    };
    let at = format!(
        "/{}",
        path.replace('[', "/").replace(']', "").replace('.', "/")
    );
    let holder = at.rsplit_once('/').map_or("", |(holder, _)| holder);
    let (at, keywords): (&str, &[&str]) = match end {
        end if end.starts_with(" is not known") => (holder, &["additionalProperties"]),
        end if end.starts_with(" is missing") => (holder, &["required"]),
        end => {
            let part = PARTS.iter().find(|(part, _)| end.contains(part));
            (&at, part?.1)
        }
    };
    Some(Named {
        at: at.into(),
        keywords,
    })
}

/// Whether the sentence says something about a keyword.
///
/// # Panics
/// When the validator does not find that fault.
fn holds(validator: &Validator, arguments: &Value, message: &str) -> bool {
    let Some(named) = named(message) else {
        return false;
    };
    let mut faults = Vec::new();
    for error in validator.iter_errors(arguments) {
        let keyword = error.schema_path().to_string();
        let keyword = keyword.rsplit('/').next().unwrap_or_default().to_owned();
        faults.push((error.instance_path().to_string(), keyword));
    }
    let mut own = faults.iter().filter(|(at, _)| *at == named.at);
    assert!(
        own.any(|(_, keyword)| named.keywords.contains(&keyword.as_str())),
        "{message} {faults:?} in {arguments}"
    );
    if let Some((_, is_of)) = FOUND.iter().find(|(end, _)| message.ends_with(end)) {
        let found = arguments.pointer(&named.at);
        assert!(found.is_some_and(is_of), "{message} in {arguments}");
    }
    true
}

fn validator(schema: &Value) -> Validator {
    let validator = jsonschema::draft202012::options().build(schema);
    validator.expect("a schema")
}

#[test]
fn sentences_of_all_cases_name_what_fails() {
    let mut seen = 0;
    for case in corpus(&root().join("policies")).expect("a corpus") {
        let text = fs::read_to_string(root().join("policies").join(&case.name)).expect("a file");
        let document: Value = serde_json::from_str(&text).expect("JSON");
        for step in document["steps"].as_array().into_iter().flatten() {
            let tool = step["call"].as_str().unwrap_or_default();
            let schema = &document["policy"]["tools"][tool]["schema"];
            let message = step["expect"]["message"].as_str().unwrap_or_default();
            if step["expect"]["rule"] == json!(format!("/tools/{tool}/schema")) {
                let nothing = json!({});
                let arguments = step.get("arguments").unwrap_or(&nothing);
                seen += usize::from(holds(&validator(schema), arguments, message));
            }
        }
    }
    assert!(seen > 40, "{seen} sentences");
}

/// The text of a call's refusal; empty for a forwarded call.
fn refusal(gateway: &mut Gateway, arguments: &Value) -> String {
    let params = json!({ "name": "t", "arguments": arguments });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let context = gateway.context(None, false);
    let (_, step) = gateway.post(&[], body.to_string().into_bytes(), context, Millis(0));
    let Next::Reply(reply) = step.next else {
        return String::new();
    };
    let answer: Value = serde_json::from_slice(&reply.body).expect("JSON");
    let text = answer["result"]["content"][0]["text"].as_str();
    text.expect("a text").to_owned()
}

/// The schema of a tool with random arguments.
fn of_tool(made: &mut Made) -> Value {
    let mut first = made.whole();
    let keywords = first.as_object_mut().expect("an object");
    let definitions = keywords.remove("$defs");
    json!({
        "type": "object",
        "properties": { "a": first, "b": made.schema(2), "ab": made.schema(2) },
        "required": made.some(&NAMES),
        "additionalProperties": made.schema(1),
        "$defs": definitions,
    })
}

#[test]
fn sentences_about_random_arguments_name_what_fails() {
    let mut made = Made {
        rng: Rng::with_seed(1),
    };
    let (mut seen, mut refused) = (0, 0);
    for _ in 0..1000 {
        let schema = of_tool(&mut made);
        let policy = json!({
            "version": "1",
            "default": "deny",
            "client_detail": made.rng.bool(),
            "tools": { "t": { "schema": schema } },
        });
        let Ok(mut gateway) = Gateway::new(policy.to_string().as_bytes()) else {
            continue;
        };
        let validator = validator(&schema);
        for _ in 0..20 {
            let members = ["a", "b", "c", "ab", "d"].map(|name| (name, made.value(2)));
            let members = members.into_iter().filter(|_| made.rng.bool());
            let arguments: Value = members
                .map(|(name, value)| (name.to_owned(), value))
                .collect();
            let message = refusal(&mut gateway, &arguments);
            refused += usize::from(!message.is_empty());
            seen += usize::from(holds(&validator, &arguments, &message));
            assert!(message.chars().count() <= 180, "{message}");
        }
    }
    println!("schema: {seen} sentences about keywords in {refused} refusals");
    assert!(seen > 10_000, "{seen} sentences");
}
