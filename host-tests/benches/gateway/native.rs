//! Turns the example's policy into Envoy's own filters, and their decisions into an access log, for comparison
//! with the plugin.
//!
//! It uses only the features of those filters: listed tools and one limit. They read no answers.

use crate::filter::filter;
use host_tests::samples::{ENOUGH, LIMITED, LISTED, LONGEST};
use serde_json::{Value, json};

/// The name under which the filter that reads the message passes it to the others.
const READER: &str = "envoy.filters.http.mcp";

/// The file that [`access_log`] writes, in Envoy's folder.
pub(crate) const LOG: &str = "access.json";

/// A line of JSON for each call, with the same content as a line of the plugin's audit log.
pub(crate) fn access_log() -> Value {
    json!({
        "name": "envoy.access_loggers.file",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
            "path": LOG,
            "log_format": { "json_format": {
                "time": "%START_TIME%",
                "request_id": "%REQ(X-REQUEST-ID)%",
                "method": format!("%DYNAMIC_METADATA({READER}:method)%"),
                "tool": format!("%DYNAMIC_METADATA({READER}:params:name)%"),
                "status": "%RESPONSE_CODE%",
                "reason": "%RESPONSE_CODE_DETAILS%",
            } },
        },
    })
}

/// The filters that read, allow and count, in this order. Envoy cannot limit a tool to no calls, so such a limit is one
/// call an hour.
pub(crate) fn filters(max: u64) -> Vec<Value> {
    vec![reader(), allowed(), limited(max)]
}

fn reader() -> Value {
    filter(
        "mcp",
        "Mcp",
        json!({
            "traffic_mode": "REJECT_NO_MCP",
            "max_request_body_size": LONGEST,
            "request_storage_mode": "DYNAMIC_METADATA",
            // As in the plugin, a message that two readers understand differently is refused.
            "reject_duplicate_keys": true,
        }),
    )
}

/// Admits the listed tools, every other method, and requests without a message.
fn allowed() -> Value {
    let method = |value: Value| read(&["method"], value);
    let call = || method(json!({ "string_match": { "exact": "tools/call" } }));
    let named = |tool| {
        read(
            &["params", "name"],
            json!({ "string_match": { "exact": tool } }),
        )
    };
    let listed = json!({ "or_rules": { "rules": [named(LIMITED), named(LISTED)] } });
    let verb = |verb| json!({ "header": { "name": ":method", "string_match": { "exact": verb } } });
    let permissions = json!([
        { "or_rules": { "rules": [verb("GET"), verb("DELETE")] } },
        // The method must be known: it is unknown for a body that was not read to its end.
        { "and_rules": { "rules": [method(json!({ "present_match": true })), { "not_rule": call() }] } },
        { "and_rules": { "rules": [call(), listed] } },
    ]);
    let policy = json!({ "permissions": permissions, "principals": [{ "any": true }] });
    filter(
        "rbac",
        "RBAC",
        json!({ "rules": { "action": "ALLOW", "policies": { "listed": policy } } }),
    )
}

/// One bucket for the calls of the tool, and one without a limit for all other calls.
fn limited(max: u64) -> Value {
    let everything = json!({ "numerator": 100, "denominator": "HUNDRED" });
    let interval = if max == 0 { "3600s" } else { "60s" };
    let bucket = |tokens: u64| json!({ "max_tokens": tokens, "tokens_per_fill": tokens, "fill_interval": interval });
    let name = json!({
        "descriptor_key": "tool",
        "source": "DYNAMIC",
        "metadata_key": { "key": READER, "path": path(&["params", "name"]) },
    });
    filter(
        "local_ratelimit",
        "LocalRateLimit",
        json!({
            "stat_prefix": "tools",
            "filter_enabled": { "default_value": everything },
            "filter_enforced": { "default_value": everything },
            "rate_limits": [{ "actions": [{ "metadata": name }] }],
            "token_bucket": bucket(ENOUGH),
            "always_consume_default_token_bucket": false,
            "descriptors": [{ "entries": [{ "key": "tool", "value": LIMITED }], "token_bucket": bucket(max.max(1)) }],
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
