//! Describes identities, grants and the options of the host.
//!
//! It describes no rule.

use super::build::{about, flag, object, refers};
use super::limits::duration;
use crate::model::HostOptions;
use crate::parse::caller::{GRANT, IDENTITY, MATCH, SOURCE};
use crate::parse::host::HOST;
use serde_json::{Value, json};

pub(super) fn identity() -> Value {
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

pub(super) fn grants() -> Value {
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

pub(super) fn host() -> Value {
    let mut members = sizes();
    let hold = "Keep the headers back until the verdict; needs `allow_on_headers_stop_iteration` in Envoy.";
    let namespace = "Where counters live in shared data; the plugin's name if left out.";
    let longest_call = "How long a call may take, up to a day (default `10m`): the id of a request whose answer was not seen is unclear for so long.";
    members.extend([
        ("hold_request_headers", flag(hold)),
        ("namespace", about(refers("text"), namespace)),
        ("longest_call", about(duration(), longest_call)),
    ]);
    let host = object(&HOST, &[], members);
    about(host, "Options of the host that are no policy.")
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
    let callers = "How many callers that the policy does not name are counted apart at once.";
    let responses = "The longest body of a response, or event of a stream, that is held to look for lists in it.";
    let held = "The most bytes of responses that one worker holds at a time; one caller a quarter of them.";
    vec![
        ("slots", size(slots, default.slots, callers)),
        (
            "max_request_bytes",
            size(
                bytes,
                default.max_request_bytes,
                "The longest body of a request.",
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
