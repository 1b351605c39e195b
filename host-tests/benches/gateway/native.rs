//! Turns the README's policy into Envoy's own filters: what the plugin is compared with.
//!
//! It says what those filters can say of the policy: one listed tool, one limit. They have no log of decisions.

use host_tests::samples::LIMITED;
use serde_json::{Value, json};

/// The filter that reads the message leaves it under this name for the others.
const READER: &str = "envoy.filters.http.mcp";

/// Reads, allows and counts, in this order.
pub(crate) fn filters(max: u64) -> Vec<Value> {
    vec![reader(), allowed(), limited(max)]
}

fn reader() -> Value {
    filter(
        READER,
        "mcp.v3.Mcp",
        json!({
            "traffic_mode": "REJECT_NO_MCP",
            "max_request_body_size": 768 * 1024,
            "request_storage_mode": "DYNAMIC_METADATA",
            // A message that two readers understand differently is refused, as the plugin does.
            "reject_duplicate_keys": true,
        }),
    )
}

/// Admits the listed tool, every other method, and what carries no message.
fn allowed() -> Value {
    let method = |value: Value| read(&["method"], value);
    let call = || method(json!({ "string_match": { "exact": "tools/call" } }));
    let listed = read(
        &["params", "name"],
        json!({ "string_match": { "exact": LIMITED } }),
    );
    let verb = |verb| json!({ "header": { "name": ":method", "string_match": { "exact": verb } } });
    let permissions = json!([
        { "or_rules": { "rules": [verb("GET"), verb("DELETE")] } },
        // The method must be there: a body that was not read to its end has none.
        { "and_rules": { "rules": [method(json!({ "present_match": true })), { "not_rule": call() }] } },
        { "and_rules": { "rules": [call(), listed] } },
    ]);
    let policy = json!({ "permissions": permissions, "principals": [{ "any": true }] });
    filter(
        "envoy.filters.http.rbac",
        "rbac.v3.RBAC",
        json!({ "rules": { "action": "ALLOW", "policies": { "listed": policy } } }),
    )
}

/// One bucket for the calls of the tool, one without bound for all else.
fn limited(max: u64) -> Value {
    let everything = json!({ "numerator": 100, "denominator": "HUNDRED" });
    let bucket = |tokens: u64| json!({ "max_tokens": tokens, "tokens_per_fill": tokens, "fill_interval": "60s" });
    let name = json!({
        "descriptor_key": "tool",
        "source": "DYNAMIC",
        "metadata_key": { "key": READER, "path": path(&["params", "name"]) },
    });
    filter(
        "envoy.filters.http.local_ratelimit",
        "local_ratelimit.v3.LocalRateLimit",
        json!({
            "stat_prefix": "tools",
            "filter_enabled": { "default_value": everything },
            "filter_enforced": { "default_value": everything },
            "rate_limits": [{ "actions": [{ "metadata": name }] }],
            "token_bucket": bucket(host_tests::samples::ENOUGH),
            "always_consume_default_token_bucket": false,
            "descriptors": [{ "entries": [{ "key": "tool", "value": LIMITED }], "token_bucket": bucket(max) }],
        }),
    )
}

fn read(names: &[&str], value: Value) -> Value {
    let matcher = json!({ "filter": READER, "path": path(names), "value": value });
    json!({ "sourced_metadata": { "metadata_matcher": matcher } })
}

fn path(names: &[&str]) -> Value {
    names.iter().map(|name| json!({ "key": name })).collect()
}

fn filter(name: &str, message: &str, mut config: Value) -> Value {
    config["@type"] = format!("type.googleapis.com/envoy.extensions.filters.http.{message}").into();
    json!({ "name": name, "typed_config": config })
}
