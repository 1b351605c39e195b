//! The JSON Schema of the policy document, for editors: what may stand where, and what it means.
//!
//! Its keys and words are those that the parser knows. It judges no policy: it says less than the parser, never more.

use super::condition::{CONDITION, GROUP, KINDS, LENGTH, OPERATORS};
use super::entry::{ACTIONS, ALL_TOOLS, ENTRY, METHOD, TOOL};
use super::identity::{GRANT, IDENTITY, MATCH, SOURCE};
use super::limit::{ALGORITHMS, LARGEST_MAX, LIMIT, LONGEST_WINDOW, RATE_LIMIT, REFUNDS};
use super::place::ROOTS;
use super::result::{ALL, RANGE, REDACT, RESULT};
use super::sequence::SEQUENCE;
use super::walk::Keys;
use super::{ANSWERS, EFFECTS, HOST, HostOptions, LISTED, MODES, POLICY};
use crate::secret::SECRETS;
use serde_json::{Map, Value, json};

/// The JSON Schema (draft 2020-12) of the policy document.
pub fn schema() -> Value {
    let definitions = json!({
        "name": { "type": "string", "pattern": r"^[^*]+\*?$" },
        "names": { "type": "array", "items": { "anyOf": [refers("name"), { "const": "*" }] }, "uniqueItems": true },
        "text": { "type": "string", "pattern": r"\S" },
        "mode": { "enum": words(MODES) },
        "tool": tool(),
        "entry": entry(&ENTRY, vec![]),
        "require": groups(1),
        "deny_if": groups(0),
        "condition": condition(),
        "limits": { "type": "array", "items": limit() },
        "result": result(),
        "window": window(),
        "scope": scope(),
    });
    let not_both = json!({ "required": ["identity", "grants"] });
    let mut document = with(policy(), "not", not_both);
    document = with(document, "title", "mcp-policy, version 1");
    document = with(document, "$defs", definitions);
    with(
        document,
        "$schema",
        "https://json-schema.org/draft/2020-12/schema",
    )
}

fn policy() -> Value {
    let names = |what: &str, entry: &str| {
        about(
            json!({ "type": "object", "propertyNames": refers("name"), "additionalProperties": refers(entry) }),
            &format!(
                "{what} by exact name, or by a prefix with one `*` at its end. The exact name wins, then the longest prefix."
            ),
        )
    };
    object(
        &POLICY,
        &["version", "default"],
        vec![
            (
                "$schema",
                about(refers("text"), "Where this schema is, for editors."),
            ),
            (
                "version",
                about(json!({ "const": "1" }), "The version of the language."),
            ),
            ("description", about(refers("text"), "Free text.")),
            (
                "default",
                about(
                    json!({ "enum": words(EFFECTS) }),
                    "What happens to tools, prompts, resources and unknown methods that no entry names.",
                ),
            ),
            (
                "answer",
                about(
                    json!({ "enum": words(ANSWERS) }),
                    "A refused tool call is answered by a tool result with `isError` (the default), or by a JSON-RPC error.",
                ),
            ),
            (
                "list",
                about(
                    json!({ "enum": words(LISTED) }),
                    "Lists show what may be called (`callable`, the default), or all but what is hidden.",
                ),
            ),
            (
                "pin_unseen",
                about(
                    json!({ "enum": words(EFFECTS) }),
                    "What happens to calls of pinned tools before their definitions were seen in a list: `deny` (the default), or `allow`.",
                ),
            ),
            (
                "client_detail",
                flag("Clients are told the rule, the limit and what remains."),
            ),
            (
                "hide",
                about(
                    refers("names"),
                    "Tools that are refused as if they did not exist. It always wins; `*` is all.",
                ),
            ),
            ("all_tools", all_tools()),
            ("tools", names("Tools", "tool")),
            ("prompts", names("Prompts", "entry")),
            ("resources", names("Resources", "entry")),
            ("methods", methods()),
            (
                "sequence",
                about(
                    json!({ "type": "array", "items": sequence() }),
                    "Once one tool was called, others are refused for a while.",
                ),
            ),
            (
                "mode",
                about(
                    refers("mode"),
                    "`shadow` logs refusals and does not carry them out. Reading, callers and `frozen` are always enforced.",
                ),
            ),
            ("frozen", flag("Stops everything at once.")),
            ("identity", identity()),
            ("grants", grants()),
            ("host", host()),
        ],
    )
}

fn all_tools() -> Value {
    let mut members = rules();
    members.push(("result", refers("result")));
    let rules = object(&ALL_TOOLS, &[], members);
    about(rules, "Rules for every tool call, after the tool's own.")
}

/// What an entry and all tools share.
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

fn tool() -> Value {
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

fn result() -> Value {
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

fn a_schema() -> Value {
    json!({ "type": ["object", "boolean"] })
}

fn entry(keys: &Keys, mut members: Vec<(&'static str, Value)>) -> Value {
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

fn methods() -> Value {
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

fn groups(fewest: usize) -> Value {
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

fn condition() -> Value {
    let members = vec![
        (
            "path",
            about(
                json!({ "type": "string", "pattern": PATH }),
                "What is looked at: `args.a.b`, `args.list[0]`, `args.list[*]`, `args[\"any key\"]`, or a fact of the call.",
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

/// What may stand beside an operator; `None` where that is any value.
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

fn limit() -> Value {
    object(
        &LIMIT,
        &["counter", "window", "max"],
        vec![
            (
                "counter",
                about(
                    refers("text"),
                    "A name. Limits of the same name, window and scope are one counter, whichever entries they stand in.",
                ),
            ),
            ("window", refers("window")),
            ("max", max()),
            ("scope", refers("scope")),
            (
                "cost",
                about(
                    json!({ "type": "string", "pattern": r"^args[.\[]" }),
                    "The path of a number in the arguments, added in place of 1.",
                ),
            ),
            (
                "algorithm",
                about(
                    json!({ "enum": words(ALGORITHMS) }),
                    "`fixed` (the default) starts anew with each window; `sliding` admits in no interval of its length more than `max`.",
                ),
            ),
            (
                "refund",
                about(
                    json!({ "enum": words(REFUNDS) }),
                    "When a call does not count after all: `on_error` (the default) where it surely did not run, `on_tool_error` also where its result says that it failed, or `never`.",
                ),
            ),
            (
                "on_deny",
                about(refers("text"), "What a client is told when it is full."),
            ),
        ],
    )
}

fn rate_limit() -> Value {
    let members = vec![
        ("max", max()),
        ("window", refers("window")),
        ("scope", refers("scope")),
    ];
    let short = json!({ "type": "string", "pattern": "^[0-9]+/[a-z0-9]+$" });
    about(
        json!({ "anyOf": [short, object(&RATE_LIMIT, &["max", "window"], members)] }),
        "One limit on this entry alone, such as `10/minute`.",
    )
}

fn max() -> Value {
    about(
        json!({ "type": "integer", "minimum": 0, "maximum": LARGEST_MAX }),
        "The largest count within a window.",
    )
}

fn window() -> Value {
    let named = json!({ "enum": ["second", "minute", "hour", "day", "week", "month"] });
    about(
        json!({ "anyOf": [named, duration()] }),
        "`second` to `month`, a number of seconds, or a text like `90s`, `15m`, `2h` or `7d`. Aligned to UTC.",
    )
}

fn duration() -> Value {
    json!({ "anyOf": [
        { "type": "integer", "minimum": 1, "maximum": LONGEST_WINDOW },
        { "type": "string", "pattern": "^([0-9]+[smhd]|second|minute|hour|day)$" } ] })
}

fn scope() -> Value {
    let one =
        json!({ "type": "string", "pattern": "^(grant|session|server|global|ip|header:.+)$" });
    about(
        json!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] }),
        "For whom it is counted apart: `grant` (the caller), `session`, `server`, `global`, `ip`, `header:<name>`, or a list.",
    )
}

fn sequence() -> Value {
    let names = |text: &str| with(about(refers("names"), text), "minItems", 1);
    object(
        &SEQUENCE,
        &["after", "deny", "for"],
        vec![
            ("after", names("The tools whose call begins the time.")),
            ("deny", names("The tools that are refused meanwhile.")),
            (
                "for",
                about(
                    duration(),
                    "How long: a number of seconds, or a text like `90s`, `15m`, `2h` or `7d`.",
                ),
            ),
            ("scope", refers("scope")),
            (
                "on_deny",
                about(refers("text"), "What a refused client is told."),
            ),
        ],
    )
}

fn identity() -> Value {
    let source = object(
        &SOURCE,
        &["header", "set_by_gateway"],
        vec![
            ("header", about(refers("text"), "The header's name.")),
            (
                "set_by_gateway",
                about(
                    json!({ "const": true }),
                    "Your word that the gateway overwrites it on every request.",
                ),
            ),
        ],
    );
    let from = about(
        json!({ "type": "array", "items": source, "minItems": 1 }),
        "The first that is there names the caller.",
    );
    about(
        object(&IDENTITY, &["from"], vec![("from", from)]),
        "Who calls, by a header. Without `identity` and `grants` everyone is `anonymous`.",
    )
}

fn grants() -> Value {
    let digest = about(
        json!({ "type": "string", "pattern": "^[0-9a-fA-F]{64}$" }),
        "The SHA-256 of a bearer token, as `printf %s \"$TOKEN\" | sha256sum` prints it.",
    );
    let matched = object(&MATCH, &["bearer_sha256"], vec![("bearer_sha256", digest)]);
    let grant = object(
        &GRANT,
        &["match"],
        vec![
            ("match", about(matched, "By what the caller is known.")),
            (
                "policy",
                about(
                    json!({ "const": "main" }),
                    "The policy of this caller. A grant without one is refused.",
                ),
            ),
            (
                "forward",
                flag("The `Authorization` header reaches the server."),
            ),
            ("revoked", flag("The caller is refused.")),
            ("frozen", flag("Stops this caller at once.")),
            ("mode", about(refers("mode"), "The mode for this caller.")),
        ],
    );
    about(
        json!({ "type": "object", "additionalProperties": grant }),
        "Who may call, by name. Whoever matches none is refused.",
    )
}

fn host() -> Value {
    let default = HostOptions::default();
    let size = |min: u64, max: u64, default: usize, text: &str| {
        about(
            json!({ "type": "integer", "minimum": min, "maximum": max, "default": default }),
            text,
        )
    };
    let (slots, bytes, depth) = HostOptions::RANGES;
    let members = vec![
        (
            "hold_request_headers",
            flag(
                "Keep the headers back until the verdict; needs `allow_on_headers_stop_iteration` in Envoy.",
            ),
        ),
        (
            "namespace",
            about(
                refers("text"),
                "Where counters live in shared data; the plugin's name if left out.",
            ),
        ),
        (
            "slots",
            size(
                slots.0,
                slots.1,
                default.slots,
                "How many callers that the policy does not name are counted apart at once.",
            ),
        ),
        (
            "max_request_bytes",
            size(
                bytes.0,
                bytes.1,
                default.max_request_bytes,
                "The longest body of a request.",
            ),
        ),
        (
            "max_response_bytes",
            size(
                bytes.0,
                bytes.1,
                default.max_response_bytes,
                "The longest body of a response, or event of a stream, that is held to look for lists in it.",
            ),
        ),
        (
            "max_depth",
            size(
                depth.0,
                depth.1,
                default.max_depth,
                "The deepest nesting of a message.",
            ),
        ),
    ];
    about(
        object(&HOST, &[], members),
        "Options of the host that are no policy.",
    )
}

/// An object with a closed set of keys, those that the parser knows.
fn object(keys: &Keys, required: &[&str], members: Vec<(&'static str, Value)>) -> Value {
    let known: Map<_, _> = keys
        .now
        .iter()
        .map(|key| {
            let found = members.iter().find(|(name, _)| name == key);
            let member = found.map_or(Value::Null, |(_, member)| member.clone());
            ((*key).to_owned(), member)
        })
        .collect();
    json!({ "type": "object", "properties": known, "required": required, "additionalProperties": false })
}

fn refers(definition: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{definition}") })
}

fn flag(text: &str) -> Value {
    about(json!({ "type": "boolean", "default": false }), text)
}

fn about(schema: Value, text: &str) -> Value {
    with(schema, "description", text)
}

/// The schema with one keyword more; `true` becomes an object that accepts any value.
fn with(schema: Value, keyword: &str, value: impl Into<Value>) -> Value {
    let mut keywords = match schema {
        Value::Object(keywords) => keywords,
        _ => Map::new(),
    };
    keywords.insert(keyword.into(), value.into());
    Value::Object(keywords)
}

fn words<T>(words: &[(&str, T)]) -> Vec<Value> {
    words.iter().map(|(word, _)| json!(word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every key that the parser knows is described, and no other is there.
    #[test]
    fn every_key_is_described() {
        fn walk(at: &str, value: &Value, count: &mut usize) {
            for (key, member) in value["properties"].as_object().into_iter().flatten() {
                let refers = member["$ref"].is_string();
                let described = refers || member["description"].is_string();
                // Inside these the keys are those of another object.
                let again = ["/if", "/then", "/dependentSchemas"];
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
        walk("", &schema(), &mut count);
        assert!(count > 60, "{count}");
    }
}
