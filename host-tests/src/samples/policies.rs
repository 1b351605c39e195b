//! The policies that are measured, from the example of the README to one with all kinds of rules.
//!
//! They refuse only the unlisted tool, and calls under a limit of 0.

use serde_json::{Value, json};

/// A limit so high that calls are counted and never refused.
pub const ENOUGH: u64 = 1_000_000_000;

/// A tool that is listed and has no limit.
pub const LISTED: &str = "tool_0";
/// The tool with the limit.
pub const LIMITED: &str = "run";
/// A tool that is not listed.
pub const UNLISTED: &str = "drop_table";

/// The credential of the one grant in [`everything`], as the header `authorization` has it.
pub const BEARER: &str = "Bearer token-of-the-bench";
/// The SHA-256 of its token.
const TOKEN_SHA256: &str = "079ed12a750ffc2eaa1d4c30710a6f96e0660189657d54c731e4205daa3e8754";

/// The README's policy with `max` as the limit, and with `tools` tools in all, at least the one with the limit.
pub fn policy(tools: usize, max: u64) -> Value {
    let limits =
        json!([{ "counter": "run_rate", "window": "minute", "max": max, "scope": "grant" }]);
    let others = (0..tools.saturating_sub(1)).map(|number| (format!("tool_{number}"), json!({})));
    let tools = others.chain([(LIMITED.into(), json!({ "limits": limits }))]);
    let tools: serde_json::Map<_, _> = tools.collect();
    json!({ "version": "1", "default": "deny", "tools": tools })
}

/// Limits as in the README.
fn limits() -> Value {
    json!([{ "counter": "run_rate", "window": "minute", "max": ENOUGH, "scope": "grant" }])
}

/// One tool with twenty conditions on three arguments, all of which [`conditioned_arguments`] meets.
pub fn conditions() -> Value {
    json!({ "version": "1", "default": "deny", "tools": { LIMITED: {
        "limits": limits(), "require": required(), "deny_if": denied() } } })
}

fn required() -> Value {
    json!([
        { "conditions": [
            { "path": "args.path", "op": "exists", "value": true },
            { "path": "args.path", "op": "within", "value": ["/srv/project"] },
            { "path": "args.path", "op": "length", "value": { "max": 200 } },
            { "path": "args.amount", "op": "gte", "value": 0 },
            { "path": "args.amount", "op": "lte", "value": 1000 },
            { "path": "args.currency", "op": "in", "value": ["EUR", "USD", "GBP"] },
            { "path": "args.note", "op": "type", "value": "string" },
            { "path": "args.note", "op": "regex", "value": "^[A-Za-z0-9 .,]+$" },
            { "path": "args.to[*]", "op": "regex", "value": "@example\\.com$" },
            { "path": "args.url", "op": "host_in", "value": ["api.example.com", "*.example.org"] }
        ] }
    ])
}

fn denied() -> Value {
    let group = |condition: Value| json!({ "conditions": [condition] });
    json!([
        group(json!({ "path": "args.amount", "op": "eq", "value": 666 })),
        group(json!({ "path": "args.currency", "op": "eq", "value": "XXX" })),
        group(json!({ "path": "args.note", "op": "contains", "value": "DROP TABLE" })),
        group(json!({ "path": "args.note", "op": "regex", "value": "(?i)password" })),
        group(json!({ "path": "args.path", "op": "regex", "value": "\\.(pem|key)$" })),
        group(json!({ "path": "args.path", "op": "contains", "value": "secret" })),
        group(json!({ "path": "args.to[*]", "op": "eq", "value": "all@example.com" })),
        group(json!({ "path": "args.to", "op": "length", "value": { "min": 10 } })),
        group(json!({ "path": "method", "op": "neq", "value": "tools/call" })),
        group(json!({ "path": "time.unix", "op": "gte", "value": 4_102_444_800_u32 }))
    ])
}

/// Arguments that pass [`conditions`].
pub fn conditioned_arguments() -> Value {
    json!({ "path": "/srv/project/src/main.rs", "amount": 12.5, "currency": "EUR", "note": "Two chairs, one table.",
        "to": ["ann@example.com", "bob@example.com"], "url": "https://api.example.com/v1/orders" })
}

/// The example, with all kinds of secrets redacted in all results.
pub fn result_rules() -> Value {
    json!({ "version": "1", "default": "deny", "all_tools": { "result": { "redact": ["secrets"] } },
        "tools": { LIMITED: { "limits": limits() } } })
}

/// Result rules that differ by tool, so that the engine tracks the ids of requests.
pub fn ids() -> Value {
    json!({ "version": "1", "default": "deny", "tools": {
        LIMITED: { "limits": limits() },
        LISTED: { "result": { "redact": ["secrets"] } } } })
}

/// All kinds of rules: a grant, conditions, limits for the tool and for all, a sequence, result rules, ids under way.
pub fn everything() -> Value {
    json!({ "version": "1", "default": "deny",
        "grants": { "bench": { "match": { "bearer_sha256": TOKEN_SHA256 }, "policy": "main" } },
        "hide": ["delete_*"],
        "sequence": [{ "after": ["read_secret"], "deny": [LIMITED], "for": "10m" }],
        "all_tools": {
            "limits": [{ "counter": "all", "window": "hour", "max": ENOUGH, "scope": "grant" }],
            "result": { "redact": ["secrets"] } },
        "tools": {
            LIMITED: { "limits": limits(), "require": required(), "deny_if": denied(), "result": { "max_bytes": 1_000_000 } },
            LISTED: {}, "read_secret": {} } })
}
