//! Describes entries and their rules: conditions, schemas, pins and result rules.
//!
//! It describes no limit; `limits` does.

use super::build::{a_schema, about, flag, object, refers, with, words};
use super::limits::rate_limit;
use crate::parse::condition::{CONDITION, GROUP, KINDS, LENGTH, OPERATORS};
use crate::parse::entry::{ACTIONS, ALL_TOOLS, METHOD, TOOL};
use crate::parse::locator::ROOTS;
use crate::parse::reader::Keys;
use crate::parse::result::{ALL, RANGE, REDACT, RESULT};
use crate::words::secret::SECRETS;
use serde_json::{Value, json};

pub(super) fn all_tools() -> Value {
    let mut members = rules();
    members.push(("result", refers("result")));
    let rules = object(&ALL_TOOLS, &[], members);
    about(rules, "Rules for every tool call, after the tool's own.")
}

/// The rules that an entry and `all_tools` share.
fn rules() -> Vec<(&'static str, Value)> {
    vec![
        (
            "require",
            about(
                refers("require"),
                "Groups of conditions; every group must hold.",
            ),
        ),
        (
            "deny_if",
            about(
                refers("deny_if"),
                "Groups of conditions; one that holds denies, and one without conditions always does.",
            ),
        ),
        (
            "limits",
            about(
                refers("limits"),
                "All of them are counted before a call goes, or none.",
            ),
        ),
    ]
}

pub(super) fn tool() -> Value {
    let schema = about(
        a_schema(),
        "The JSON Schema that the arguments must match, as the server lists it.",
    );
    let pin = about(
        json!({ "type": "string", "pattern": "^(first_use|sha256:[0-9a-fA-F]{64})$" }),
        "The tool's definition as it was reviewed, as `mcp-policy pin` writes it; or `first_use`: as it was first listed in the life of the gateway's process.",
    );
    let members = vec![
        ("schema", schema),
        ("pin", pin),
        ("result", refers("result")),
    ];
    entry(&TOOL, members)
}

pub(super) fn result() -> Value {
    let all = json!({ "const": ALL, "description": "All of these." });
    let secret = SECRETS
        .iter()
        .map(|secret| json!({ "const": secret.name, "description": secret.about }));
    let own = vec![(
        "regex",
        about(refers("text"), "Whatever it matches is taken out."),
    )];
    let own = object(&REDACT, &["regex"], own);
    let patterns: Vec<_> = [all].into_iter().chain(secret).chain([own]).collect();
    let (least, most) = RANGE;
    let members = vec![
        (
            "max_bytes",
            about(
                json!({ "type": "integer", "minimum": least, "maximum": most }),
                "The longest result in bytes, as the server writes it; an error takes the place of a longer one.",
            ),
        ),
        (
            "redact",
            about(
                json!({ "type": "array", "items": { "anyOf": patterns } }),
                "What is taken out of the result's texts: `[REDACTED …]` takes its place.",
            ),
        ),
    ];
    about(
        object(&RESULT, &[], members),
        "What the results of these tools must meet, by whatever way they come.",
    )
}

pub(super) fn entry(keys: &Keys, mut members: Vec<(&'static str, Value)>) -> Value {
    members.extend(rules());
    members.extend([
        (
            "action",
            about(
                json!({ "enum": words(ACTIONS) }),
                "`allow` (the default), `deny`, or `hide`: refused as if it did not exist.",
            ),
        ),
        (
            "reason",
            about(
                refers("text"),
                "What a client is told; with `deny` and `hide` only.",
            ),
        ),
        ("rate_limit", rate_limit()),
        (
            "mode",
            about(refers("mode"), "The mode of this entry alone."),
        ),
        ("frozen", flag("Stops this entry at once.")),
    ]);
    let reasons = json!({ "reason": {
        "required": ["action"], "properties": { "action": { "enum": ["deny", "hide"] } } } });
    with(object(keys, &[], members), "dependentSchemas", reasons)
}

pub(super) fn methods() -> Value {
    let members = vec![
        (
            "action",
            about(
                json!({ "enum": ["allow", "deny"] }),
                "Whether the method may be used.",
            ),
        ),
        ("reason", about(refers("text"), "What a client is told.")),
    ];
    about(
        json!({ "type": "object", "additionalProperties": object(&METHOD, &[], members) }),
        "Other JSON-RPC methods that clients send, by their exact name.",
    )
}

pub(super) fn groups(fewest: usize) -> Value {
    let members = vec![
        (
            "conditions",
            about(
                json!({ "type": "array", "items": refers("condition"), "minItems": fewest }),
                "All of them must hold for the group to hold.",
            ),
        ),
        (
            "on_deny",
            about(refers("text"), "What a refused client is told."),
        ),
    ];
    json!({ "type": "array", "items": object(&GROUP, &["conditions"], members) })
}

pub(super) fn condition() -> Value {
    let members = vec![
        (
            "path",
            about(
                json!({ "type": "string", "pattern": PATH }),
                "What is looked at: `args.a.b`, `args.list[0]`, `args.list[*]`, `args[\"any key\"]`, or an attribute of the call.",
            ),
        ),
        (
            "op",
            about(json!({ "enum": OPERATORS }), "How it is judged."),
        ),
        ("value", about(json!(true), "What it is held against.")),
        (
            "if_present",
            flag("Where nothing is at the path, the condition stands in nobody's way."),
        ),
    ];
    let condition = object(&CONDITION, &["path", "op", "value"], members);
    let operand = |op: &&str| {
        let value = operand(op)?;
        let is = json!({ "properties": { "op": { "const": op } } });
        let then = json!({ "properties": { "value": value } });
        Some(json!({ "if": is, "then": then }))
    };
    let operands: Vec<_> = OPERATORS.iter().filter_map(operand).collect();
    with(condition, "allOf", operands)
}

const PATH: &str =
    r"^(args([.\[].+)?|tool|prompt|uri|method|grant|ip|time\.(hour|weekday)|header\..+)$";

/// The schema of an operator's operand; `None` where it may be any value.
fn operand(op: &str) -> Option<Value> {
    let texts = json!({ "type": "array", "items": refers("text"), "minItems": 1 });
    Some(match op {
        "in" | "not_in" => json!({ "type": "array", "minItems": 1 }),
        "lt" | "lte" | "gt" | "gte" => json!({ "type": "number" }),
        "regex" | "not_regex" => refers("text"),
        "exists" => json!({ "type": "boolean" }),
        "type" => json!({ "enum": words(KINDS) }),
        "length" => {
            let size = json!({ "type": "integer", "minimum": 0 });
            let members = vec![
                (
                    "min",
                    about(size.clone(), "The fewest characters, elements or members."),
                ),
                ("max", about(size, "The most of them.")),
            ];
            with(object(&LENGTH, &[], members), "minProperties", 1)
        }
        "within" => {
            let members = vec![
                (
                    "roots",
                    about(texts.clone(), "Absolute paths of directories."),
                ),
                ("base", about(refers("text"), "Where relative paths begin.")),
            ];
            json!({ "anyOf": [texts, object(&ROOTS, &["roots"], members)] })
        }
        "host_in" => texts,
        "schema" => a_schema(),
        "cidr" => json!({ "anyOf": [refers("text"), texts] }),
        _ => return None,
    })
}
