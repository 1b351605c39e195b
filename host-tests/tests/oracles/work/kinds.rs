//! The kinds of result rules and of messages, each with the message that takes the most work.
//!
//! A new kind of rule of results gets its row here.

use super::module::Sent;
use super::texts::{Texts, answer, call, fill};
use serde_json::{Value, json};

/// A policy, and the message to play under it.
#[derive(Clone)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) policy: Value,
    pub(super) sent: Sent,
}

/// The policy with the tool's rules in shadow mode, and the same rules enforced for all tools.
pub(super) fn with_shadow(policy: &Value) -> Value {
    let mut policy = policy.clone();
    let mut tool = policy["tools"]["t"].clone();
    policy["all_tools"] = tool.clone();
    tool["mode"] = json!("shadow");
    policy["tools"]["t"] = tool;
    policy
}

pub(super) fn policy(tool: Value) -> Value {
    json!({ "version": "1", "default": "deny", "tools": { "t": tool } })
}

/// Rules of results, with results of about so many bytes.
pub(super) fn results(bytes: usize) -> Vec<Kind> {
    [secrets(bytes), own(bytes), blocking(bytes)].concat()
}

fn redacted(name: &'static str, redact: Value, result: &str) -> Kind {
    Kind {
        name,
        policy: policy(json!({ "result": { "redact": redact } })),
        sent: Sent::answer(answer(result)),
    }
}

/// Expressions that withhold a result, none of which matches.
fn blocking(bytes: usize) -> Vec<Kind> {
    let of = Texts { bytes };
    let kind = |name, pattern: &str, result: String| {
        let block = json!(vec![json!({ "regex": pattern }); 15]);
        Kind {
            name,
            policy: policy(json!({ "result": { "block": block } })),
            sent: Sent::answer(answer(&result)),
        }
    };
    vec![
        kind("blocking in short texts", "secret", of.texts(1, "a")),
        kind("blocking, many ways", "a[ab]{900}c", of.one("ab")),
        kind("blocking, to the end", "secret.*END", of.one("secret ")),
    ]
}

/// All kinds of secrets.
fn secrets(bytes: usize) -> Vec<Kind> {
    let of = Texts { bytes };
    let kind = |name, result: String| redacted(name, json!(vec!["secrets"; 10]), &result);
    let jwt = "-eyJhbGciOiJub25lIn0".repeat(25);
    let jwt = format!(r#"{{"t":"{jwt}.eyJ{}"}}"#, "a".repeat(bytes));
    let key = "A".repeat(16);
    let near = format!(r#"{{"t":"{} AKIA{key}"}}"#, fill("tke", bytes));
    let chat = "sk-T3BlbkF ".repeat(40);
    vec![
        kind("secrets in texts", of.one("the quick brown fox ")),
        kind("secrets at each word", of.one("s ")),
        kind("secrets in short texts", of.texts(1, "a")),
        kind("secrets in names", of.list(r#"{"aaaa":1   }"#)),
        kind("secret names", of.list(r#"{"accountkey":"a"   }"#)),
        kind("starts of secrets", of.one("sk-ant-")),
        kind("starts of names", of.one("aws_secret_access_key")),
        kind("parts of names", near),
        kind("starts of URLs", of.one("://")),
        kind("tokens", jwt),
        kind("keys", of.one(&chat)),
        kind("passwords", of.one(&format!("://{}@", "a".repeat(600)))),
        kind(
            "names and space",
            of.one(&format!("accountkey{}", " ".repeat(300))),
        ),
        kind("secrets found", of.one(&format!("AKIA{key} "))),
    ]
}

/// Expressions of the policy itself.
fn own(bytes: usize) -> Vec<Kind> {
    let of = Texts { bytes };
    let kind = |name, pattern: &str, result: String| {
        let redact = json!(vec![json!({ "regex": pattern }); 15]);
        redacted(name, redact, &result)
    };
    vec![
        kind("own expressions", "secret", of.one("the quick brown fox ")),
        kind("own in short texts", "secret", of.texts(1, "a")),
        kind("own, many ways", "a[ab]{900}c", of.one("ab")),
        kind("own, everything found", ".", of.one("a")),
        kind("own, escaped", r"\n", of.one(r"\n")),
        kind("own, to the end", "secret(?:.*END)?", of.one("secret ")),
        kind("own, outside ASCII", "secret", of.one("é")),
    ]
}

/// Calls whose log line takes the most to search for secrets.
pub(super) fn names_like_secrets() -> Vec<Kind> {
    let named = |name, bytes| Kind {
        name,
        policy: policy(json!({})),
        sent: Sent::request(call(&like_secrets(64, bytes))),
    };
    vec![
        named("names like secrets", 200),
        named("long names like secrets", 2000),
    ]
}

/// An object with so many members, in whose names, of so many bytes, a token could begin at every fourth byte.
fn like_secrets(members: usize, bytes: usize) -> String {
    let name = fill("eyJ-", bytes);
    let members = (0..members).map(|number| format!(r#""{name}{number}":0"#));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// The messages that take the most to read, under a policy without a rule that searches them.
pub(super) fn messages(bytes: usize) -> Vec<Kind> {
    let of = Texts { bytes };
    let result = json!({ "result": { "redact": ["secrets"] } });
    let mut plain = policy(json!({}));
    plain["resources"] = json!({ "file:///*": {} });
    let kind = |name, policy: &Value, sent| Kind {
        name,
        policy: policy.clone(),
        sent,
    };
    let request = |name, text: String| kind(name, &plain, Sent::request(text));
    let asks = |method: &str| format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}"}}"#);
    let named = of.named("k");
    let uri = fill("a/", bytes);
    let resource = |n| format!(r#"{{"name":"x","uri":"file:///{}{n}"}}"#, fill("a/", 5000));
    let resources: Vec<_> = (0..bytes / 5030).map(resource).collect();
    let resources = answer(&format!(r#"{{"resources":[{}]}}"#, resources.join(",")));
    let json = "application/json";
    vec![
        request("a text", call(&of.one("a"))),
        request("texts", call(&of.texts(1, "a"))),
        request("members of arguments", call(&of.members(r"\u0061"))),
        request(
            "members of a message",
            format!(
                r#"{{{named},"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"t"}}}}"#
            ),
        ),
        request(
            "members of parameters",
            format!(
                r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"t",{named}}}}}"#
            ),
        ),
        request(
            "a URI",
            format!(
                r#"{{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{{"uri":"file:///{uri}"}}}}"#
            ),
        ),
        request("a method", asks(&fill("t", bytes))),
        kind(
            "members of a result",
            &policy(result.clone()),
            Sent::answer(answer(&of.members("k"))),
        ),
        kind(
            "texts of a result",
            &policy(json!({ "result": { "max_bytes": 9_000_000 } })),
            Sent::answer(answer(&of.texts(1, "a"))),
        ),
        kind(
            "resources",
            &plain,
            Sent::answer_to(asks("resources/list"), json, resources, 0),
        ),
    ]
}

/// Streams of small events.
pub(super) fn streams(events: usize) -> Vec<Kind> {
    // Each rule is different, because equal rules of several tools apply once to a message of an unknown tool.
    let own = |start: &str| {
        let pattern = |n| json!({ "regex": format!("{start}{{{}}}c", 900 + n) });
        json!({ "result": { "redact": (0..8).map(pattern).collect::<Vec<_>>() } })
    };
    let secrets = json!({ "result": { "redact": ["secrets"] } });
    let kind = |name, rules: &Value, event| Kind {
        name,
        policy: policy(rules.clone()),
        sent: Sent::stream(event, events),
    };
    vec![
        kind("smallest events", &secrets, "{}"),
        kind("small events", &secrets, r#"{"a":"b"}"#),
        kind("progress", &secrets, PROGRESS),
        kind(
            "small events, many ways",
            &own("[ab]"),
            r#"{"a":"abababababab"}"#,
        ),
        kind(
            "small events, options",
            &own("(?:a?)"),
            r#"{"a":"aaaaaaaaaaaaaaaa"}"#,
        ),
    ]
}

const PROGRESS: &str = r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"f00d","progress":5,"total":100,"message":"Looking at several sources so that something special shows ..."}}"#;
