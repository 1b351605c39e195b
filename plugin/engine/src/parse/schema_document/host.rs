//! Turns the options of the host into their form for editors.
//!
//! It decides about no value.

use super::build::{about, flag, object, refers};
use super::limits::duration;
use crate::model::HostOptions;
use crate::parse::collector::{COLLECTOR, LONGEST};
use crate::parse::host::HOST;
use serde_json::{Value, json};

pub(super) fn host() -> Value {
    let mut members = sizes();
    let hold = "Holds the request headers until the decision; needs `allow_on_headers_stop_iteration` in Envoy.";
    let trailers = "Whether the host has callbacks for the trailers of requests and responses (default: true). Write `false` for a host that goes on at trailers: the plugin then keeps each request out of its buffers until the decision.";
    let namespace =
        "The namespace of the counters in the host's shared data (default: the plugin's name).";
    let longest_call = "The longest duration of a call, up to a day (default `10m`): the id of a request without a seen answer stays reserved for so long.";
    let list_ttl = "The longest time that a client may reuse a list without a new request, up to a day (default `1m`): a longer `ttlMs` of a server is replaced. Written, it applies although no other rule reads lists.";
    let metrics = "Counts decisions in the host's metrics, by server, tool, kind of caller, outcome and reason.";
    members.extend([
        ("metrics", flag(metrics)),
        ("hold_request_headers", flag(hold)),
        ("trailers", flag(trailers)),
        ("namespace", about(refers("text"), namespace)),
        ("longest_call", about(duration(), longest_call)),
        ("list_ttl", about(duration(), list_ttl)),
        ("filter_state", filter_state()),
        ("audit_collector", collector()),
    ]);
    let host = object(&HOST, &[], members);
    about(
        host,
        "Options of the plugin in its host; they decide nothing.",
    )
}

fn filter_state() -> Value {
    let names = json!({
        "type": "array",
        "items": { "enum": HostOptions::FILTER_STATE },
        "uniqueItems": true,
    });
    about(
        names,
        "The members of a decision's line that Envoy's access logs can print, such as `tool` by `%FILTER_STATE(wasm.mcp.tool:PLAIN)%`.",
    )
}

fn collector() -> Value {
    about(
        object(&COLLECTOR, &["cluster", "path"], endpoint()),
        "An HTTP server that gets each line of the audit log, beside the log of Envoy. No request waits for it.",
    )
}

/// A text of visible ASCII.
pub(super) fn visible(meaning: &str) -> Value {
    let text = json!({ "type": "string", "maxLength": LONGEST, "pattern": "^[!-~]+$" });
    about(text, meaning)
}

/// The members of a server behind a cluster of the host.
pub(super) fn endpoint() -> Vec<(&'static str, Value)> {
    let text = |pattern: &str, meaning: &str| {
        about(
            json!({ "type": "string", "maxLength": LONGEST, "pattern": pattern }),
            meaning,
        )
    };
    vec![
        (
            "cluster",
            text(
                "^[!-~]+$",
                "The name of the cluster in Envoy's configuration.",
            ),
        ),
        (
            "path",
            text(r##"^/[!"$-~]*$"##, "The path of each call, with its query."),
        ),
        (
            "authority",
            text(
                "^[!-~]+$",
                "The host name in each call (default: the name of the cluster).",
            ),
        ),
        (
            "timeout",
            about(
                duration(),
                "The longest wait for an answer, from a second to a minute (default `5s`).",
            ),
        ),
    ]
}

fn sizes() -> Vec<(&'static str, Value)> {
    let default = HostOptions::default();
    let (slots, bytes, depth) = HostOptions::RANGES;
    let size = |(min, max): (u64, u64), default: usize, text: &str| {
        about(
            json!({ "type": "integer", "minimum": min, "maximum": max, "default": default }),
            text,
        )
    };
    let callers = "The number of callers without a name in the policy that have counters of their own at a time.";
    let responses = "The longest body of a response, or event of a stream, in bytes, that is held to be checked.";
    let held = "The bytes of responses that one worker holds at a time; one caller may take a quarter of them.";
    vec![
        ("slots", size(slots, default.slots, callers)),
        (
            "max_request_bytes",
            size(
                bytes,
                default.max_request_bytes,
                "The longest body of a request, in bytes.",
            ),
        ),
        (
            "max_response_bytes",
            size(bytes, default.max_response_bytes, responses),
        ),
        (
            "held_bytes",
            size(HostOptions::HELD_BYTES, default.held_bytes, held),
        ),
        (
            "max_depth",
            size(
                depth,
                default.max_depth,
                "The deepest nesting of a message.",
            ),
        ),
    ]
}
