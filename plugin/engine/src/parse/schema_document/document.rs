//! Describes the document itself: its keys and its definitions.
//!
//! The parts are described in the files beside it.

use super::approvals::{approvals, require_approval};
use super::build::{about, choice, flag, frozen, object, refers, with, words};
use super::callers::{audit, challenge, grants, identity, policies, servers};
use super::counters::counters;
use super::host::host;
use super::limits::{limit, scope, sequence, window};
use super::rules::{all_tools, condition, entry, groups, methods, result, tool};
use crate::model::Clause;
use crate::parse::document::POLICY;
use crate::parse::entry::ENTRY;
use crate::parse::words::{ANSWERS, EFFECTS, LISTED, MODES};
use serde_json::{Value, json};

/// The JSON Schema (draft 2020-12) of the policy document.
pub fn json_schema() -> Value {
    let definitions = json!({
        "name": { "type": "string", "pattern": r"^(?!\*$)(?!.*\*\*)[\s\S]+$" },
        "names": { "type": "array", "items": { "anyOf": [refers("name"), { "const": "*" }] }, "uniqueItems": true },
        "text": { "type": "string", "pattern": r"\S" },
        "mode": { "enum": words(MODES) },
        "all_tools": all_tools(),
        "tools": entries("Tools", "tool"),
        "methods": methods(),
        "tool": tool(),
        "entry": entry(&ENTRY, vec![]),
        "require": groups(Clause::Require),
        "deny_if": groups(Clause::DenyIf),
        "condition": condition(),
        "require_approval": require_approval(),
        "limits": { "type": "array", "items": limit() },
        "result": result(),
        "window": window(),
        "scope": scope(),
    });
    let mut document = with(policy(), "title", "mcp-policy, version 1");
    // With grants, they say which facts identify callers.
    let with_grants = json!({ "required": ["grants"] });
    let without = json!({ "properties": { "identity": { "required": ["from"] } } });
    let no_anonymous =
        json!({ "properties": { "identity": { "not": { "required": ["anonymous"] } } } });
    for (key, value) in [
        ("if", with_grants),
        ("then", no_anonymous),
        ("else", without),
    ] {
        document = with(document, key, value);
    }
    let challenged = json!({ "challenge": {
        "anyOf": [{ "required": ["identity"] }, { "required": ["grants"] }],
        "properties": { "identity": { "properties": { "anonymous": { "const": false } } } },
    } });
    document = with(document, "dependentSchemas", challenged);
    document = with(document, "$defs", definitions);
    with(
        document,
        "$schema",
        "https://json-schema.org/draft/2020-12/schema",
    )
}

fn policy() -> Value {
    let mut members = settings();
    members.extend(rules());
    members.extend([
        ("identity", identity()),
        ("grants", grants()),
        ("policies", policies(named_policy())),
        ("servers", servers()),
        ("approvals", approvals()),
        ("counters", counters()),
        ("challenge", challenge()),
        ("audit", audit()),
        ("host", host()),
    ]);
    object(&POLICY, &["version", "default"], members)
}

/// The members of one of `policies`.
fn named_policy() -> Vec<(&'static str, Value)> {
    let mut members = vec![
        ("description", about(refers("text"), "Free text.")),
        ("default", choice(EFFECTS, DEFAULT)),
    ];
    members.extend(rules());
    members
}

/// The rules that the top of the document and each of `policies` may have.
fn rules() -> Vec<(&'static str, Value)> {
    let sequences = about(
        json!({ "type": "array", "items": sequence() }),
        "Calls that forbid other calls for a while.",
    );
    let mut members = tables();
    members.push(("sequence", sequences));
    members
}

const DEFAULT: &str =
    "The decision for tools, prompts, resources and unknown methods without an entry.";

fn settings() -> Vec<(&'static str, Value)> {
    let schema = "Where this schema is, for editors.";
    let version = about(json!({ "const": "1" }), "The version of the language.");
    let answer = "The answer to a refused tool call: a tool result with `isError` (`result`, the default), or a JSON-RPC error.";
    let timezone =
        "The offset from UTC of `time.hour` and `time.weekday`, such as `+01:00` (default: UTC).";
    let list = "The contents of lists: everything that the caller may call (`callable`, the default), or everything except hidden names (`all_but_hidden`).";
    let pin_unseen = "The decision for calls of pinned tools before a list has shown their definitions: `deny` (the default), or `allow`.";
    let mode = "`shadow` logs refusals without enforcing them. Strict reading, callers and `frozen` are always enforced.";
    vec![
        ("$schema", about(refers("text"), schema)),
        ("version", version),
        ("description", about(refers("text"), "Free text.")),
        ("default", choice(EFFECTS, DEFAULT)),
        (
            "timezone",
            about(
                json!({ "type": "string", "pattern": "^[+-](0[0-9]|1[0-4]):[0-5][0-9]$" }),
                timezone,
            ),
        ),
        ("answer", choice(ANSWERS, answer)),
        ("list", choice(LISTED, list)),
        ("pin_unseen", choice(EFFECTS, pin_unseen)),
        (
            "client_detail",
            flag("Refusals include the rule, the limit and the remaining count."),
        ),
        ("mode", about(refers("mode"), mode)),
        ("frozen", frozen("Refuses every request at once.")),
    ]
}

/// The entries by name, and the rules beside them.
fn tables() -> Vec<(&'static str, Value)> {
    let hide = "Tools that are refused as if they did not exist. It always wins; `*` is all.";
    vec![
        ("hide", about(refers("names"), hide)),
        ("all_tools", refers("all_tools")),
        ("tools", refers("tools")),
        ("prompts", entries("Prompts", "entry")),
        ("resources", entries("Resources", "entry")),
        ("methods", refers("methods")),
    ]
}

/// Entries by name.
fn entries(what: &str, entry: &str) -> Value {
    about(
        json!({ "type": "object", "propertyNames": refers("name"), "additionalProperties": refers(entry) }),
        &format!(
            "{what} by exact name, or by a pattern in which `*` stands for any text. The exact name wins, then the pattern that all others contain."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every key has a description, or refers to a definition.
    #[test]
    fn every_key_is_described() {
        fn walk(at: &str, value: &Value, count: &mut usize) {
            for (key, member) in value["properties"].as_object().into_iter().flatten() {
                let refers = member["$ref"].is_string();
                let described = refers || member["description"].is_string();
                // Below these keywords the keys repeat those of another object.
                let again = ["/if", "/then", "/else", "/not", "/dependentSchemas"];
                let again = again.iter().any(|keyword| at.contains(keyword));
                assert!(described || again, "{at}/{key}: {member}");
                *count += 1;
            }
            let inside = value.as_object().into_iter().flatten();
            inside.for_each(|(key, value)| walk(&format!("{at}/{key}"), value, count));
            let inside = value.as_array().into_iter().flatten().enumerate();
            inside.for_each(|(index, value)| walk(&format!("{at}/{index}"), value, count));
        }
        let mut count = 0;
        walk("", &json_schema(), &mut count);
        assert!(count > 60, "{count}");
    }
}
