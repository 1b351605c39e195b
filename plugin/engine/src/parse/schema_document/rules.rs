//! Describes entries and their rules: conditions, schemas, pins and result rules.
//!
//! It describes no limit; `limits` does.

use super::applicable::typed_paths;
use super::build::{a_schema, about, choice, flag, frozen, object, refers, with, words};
use super::limits::{RESET, rate_limit};
use crate::model::Clause;
use crate::parse::condition::{ANY, CONDITION, GROUP, MOST_ALTERNATIVES, OF_TEXTS};
use crate::parse::entry::{ACTIONS, ALL_TOOLS, APPROVE, METHOD, TOOL};
use crate::parse::locator::ROOTS;
use crate::parse::operand::{LENGTH, OPERATORS, Operator, REFERENCE};
use crate::parse::reader::Keys;
use crate::parse::result::{ALL, RANGE, REDACT, RESULT};
use crate::words::json::Kind;
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
                "Groups of conditions; a group that holds denies the call, and a group without conditions always holds.",
            ),
        ),
        ("require_approval", refers("require_approval")),
        (
            "limits",
            about(
                refers("limits"),
                "Limits of this entry. A call is counted in all of them before it is forwarded, or in none.",
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
        "The reviewed definition of the tool, as `mcp-policy pin` writes it; or `first_use`: the definition that the gateway's process saw first.",
    );
    let members = vec![
        ("schema", schema),
        (
            "on_deny",
            about(
                refers("text"),
                "The message of a refusal by `schema`, in the place of the sentence that names the expected value.",
            ),
        ),
        ("pin", pin),
        ("reset", about(refers("text"), RESET)),
        ("result", refers("result")),
    ];
    let entry = entry(&TOOL, members);
    with(entry, "dependentRequired", json!({ "on_deny": ["schema"] }))
}

pub(super) fn result() -> Value {
    let all = json!({ "const": ALL, "description": "All of these." });
    let secret = SECRETS
        .iter()
        .map(|secret| json!({ "const": secret.name, "description": secret.about }));
    let own = vec![("regex", about(refers("text"), "What is searched for."))];
    let own = object(&REDACT, &["regex"], own);
    let patterns: Vec<_> = [all].into_iter().chain(secret).chain([own]).collect();
    let patterns = json!({ "type": "array", "items": { "anyOf": patterns } });
    let (least, most) = RANGE;
    let members = vec![
        (
            "max_bytes",
            about(
                json!({ "type": "integer", "minimum": least, "maximum": most }),
                "The longest result in bytes, as the server sends it; a longer one is replaced by an error.",
            ),
        ),
        (
            "redact",
            about(
                patterns.clone(),
                "Values to replace in texts of the result by `[REDACTED …]`.",
            ),
        ),
        (
            "block",
            about(
                patterns,
                "Values that withhold the whole result; the answer says that the call was carried out.",
            ),
        ),
    ];
    about(
        object(&RESULT, &[], members),
        "Rules for results of these tools, in every kind of response.",
    )
}

pub(super) fn entry(keys: &Keys, mut members: Vec<(&'static str, Value)>) -> Value {
    let mut actions = words(ACTIONS);
    actions.push(json!(APPROVE));
    members.extend(rules());
    members.extend([
        (
            "action",
            about(
                json!({ "enum": actions }),
                "`allow` (the default), `deny`, `hide`: refused as if it did not exist, or `require_approval`: a person approves each call.",
            ),
        ),
        (
            "reason",
            about(
                refers("text"),
                "The message of the refusal; only beside `deny` and `hide`.",
            ),
        ),
        ("rate_limit", rate_limit()),
        (
            "mode",
            about(refers("mode"), "The mode of this entry alone."),
        ),
        ("frozen", frozen("Refuses every call of this entry.")),
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
        (
            "reason",
            about(refers("text"), "The message of the refusal."),
        ),
        (
            "limits",
            about(
                refers("limits"),
                "Limits of this method. The keys `GET` and `subscriptions/listen`, which have limits alone, stand for streams.",
            ),
        ),
    ];
    let limits = json!({ "propertyNames": { "const": "limits" } });
    let limits = about(limits, "Limits of the streams that are open.");
    let streams = json!({ "GET": limits, "subscriptions/listen": limits });
    let methods =
        json!({ "type": "object", "additionalProperties": object(&METHOD, &[], members) });
    about(
        with(methods, "allOf", json!([{ "properties": streams }])),
        "Other JSON-RPC methods that clients send, by their exact name.",
    )
}

/// Groups under `require`, or under `deny_if`.
pub(super) fn groups(clause: Clause) -> Value {
    let fewest = usize::from(clause == Clause::Require);
    let members = vec![
        (
            "conditions",
            about(
                json!({ "type": "array", "items": term(clause), "minItems": fewest }),
                "All of them must hold for the group to hold.",
            ),
        ),
        (
            "on_deny",
            about(refers("text"), "The message of the refusal."),
        ),
    ];
    json!({ "type": "array", "items": object(&GROUP, &["conditions"], members) })
}

/// A condition, or alternatives.
pub(super) fn term(clause: Clause) -> Value {
    let alternative = match clause {
        Clause::Require => with(
            refers("condition"),
            "not",
            json!({ "required": ["if_present"], "properties": { "if_present": { "const": true } } }),
        ),
        Clause::DenyIf => refers("condition"),
    };
    let alternatives = json!({ "type": "array", "items": alternative, "minItems": 1, "maxItems": MOST_ALTERNATIVES });
    let alternatives = about(alternatives, "Conditions of which one must hold.");
    let any = object(&ANY, &["any"], vec![("any", alternatives)]);
    json!({ "if": { "required": ["any"] }, "then": any, "else": refers("condition") })
}

pub(super) fn condition() -> Value {
    let members = vec![
        (
            "path",
            about(
                json!({ "type": "string", "pattern": PATH }),
                "The value that the condition reads: `args.a.b`, `args.list[0]`, `args.list[*]`, `args[\"any key\"]`, `args.**` for each text at any depth, or an attribute of the call.",
            ),
        ),
        ("op", choice(OPERATORS, "The operator.")),
        ("value", about(json!(true), "The operand.")),
        (
            "if_present",
            flag("Skips the condition where the path has no value."),
        ),
    ];
    let condition = object(&CONDITION, &["path", "op", "value"], members);
    let operand = |(op, operator): &(&str, Operator)| {
        let value = operand(*operator);
        let is = json!({ "properties": { "op": { "const": op } } });
        let then = json!({ "properties": { "value": value } });
        json!({ "if": is, "then": then })
    };
    let operands = OPERATORS.iter().map(operand);
    let operands = operands.chain([any_text()]).chain(typed_paths());
    let operands: Vec<_> = operands.collect();
    with(condition, "allOf", operands)
}

/// A condition on each text of the arguments.
fn any_text() -> Value {
    let text = json!({ "type": "string" });
    let texts = json!({ "anyOf": [text, { "type": "array", "items": text }, reference()] });
    json!({
        "if": { "properties": { "path": { "const": "args.**" } } },
        "then": { "properties": { "op": { "enum": OF_TEXTS }, "value": texts } },
    })
}

const PATH: &str = r#"^(args((\.|\[").+)?|identity[.\[].+|tool|prompt|uri|method|server|grant|ip|time\.(hour|weekday|unix)|header\..+)$"#;

/// A root of `within`.
const ROOT: &str = r"^/$|^(/([^/{}]+|\{(grant|identity[.\[][^/{}]*)\}))+$";

/// Another place of the call, in the place of a value.
fn reference() -> Value {
    let path = json!({ "type": "string", "pattern": PATH, "not": { "pattern": r"\[\*\]|\*\*$" } });
    let path = about(path, "The path of the value to compare with.");
    object(&REFERENCE, &["ref"], vec![("ref", path)])
}

/// A value that the policy writes, or a reference.
fn or_reference(value: &Value) -> Value {
    json!({ "anyOf": [value, reference()] })
}

fn secret_kinds() -> Value {
    let kinds = SECRETS.iter().map(|secret| secret.name);
    let kinds: Vec<_> = [ALL].into_iter().chain(kinds).collect();
    json!({ "type": "array", "items": { "enum": kinds }, "minItems": 1 })
}

/// The schema of an operator's operand.
fn operand(operator: Operator) -> Value {
    let texts = json!({ "type": "array", "items": refers("text"), "minItems": 1 });
    match operator {
        Operator::In | Operator::NotIn => or_reference(&json!({ "type": "array", "minItems": 1 })),
        Operator::Lt | Operator::Lte | Operator::Gt | Operator::Gte => {
            or_reference(&json!({ "type": "number" }))
        }
        Operator::Regex | Operator::NotRegex => refers("text"),
        Operator::Exists => json!({ "type": "boolean" }),
        Operator::Type => json!({ "enum": words(&Kind::NAMED) }),
        Operator::Length => {
            let size = json!({ "type": "integer", "minimum": 0 });
            let members = vec![
                (
                    "min",
                    about(size.clone(), "The fewest characters, elements or members."),
                ),
                (
                    "max",
                    about(size, "The most characters, elements or members."),
                ),
            ];
            with(object(&LENGTH, &[], members), "minProperties", 1)
        }
        Operator::Within => {
            let root = json!({ "type": "string", "pattern": ROOT });
            let roots = json!({ "type": "array", "items": root, "minItems": 1 });
            let members = vec![
                (
                    "roots",
                    about(
                        roots.clone(),
                        "Absolute paths of directories; `{grant}` and `{identity.<claim>}` are names that the caller fills.",
                    ),
                ),
                ("base", about(root, "The directory of relative paths.")),
            ];
            json!({ "anyOf": [roots, object(&ROOTS, &["roots"], members)] })
        }
        Operator::HostIn => texts,
        Operator::Schema => a_schema(),
        Operator::Secret => secret_kinds(),
        Operator::Cidr => json!({ "anyOf": [refers("text"), texts] }),
        Operator::Eq | Operator::Neq | Operator::Contains => {
            json!({ "if": { "type": "object", "required": ["ref"] }, "then": reference() })
        }
    }
}
