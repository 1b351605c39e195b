//! Describes identities, grants and the options of the host.
//!
//! It describes no rule.

use super::build::{about, choice, flag, object, refers, with};
use super::limits::duration;
use crate::model::HostOptions;
use crate::parse::caller::{GRANT, IDENTITY, MATCH, SOURCE};
use crate::parse::challenge::{CHALLENGE, LONGEST};
use crate::parse::host::HOST;
use crate::parse::words::CERTIFICATE_NAMES;
use serde_json::{Value, json};

pub(super) fn identity() -> Value {
    let claim = "A claim of the token that the gateway verified, such as `sub`.";
    let name = "A name in the client certificate that the gateway verified.";
    let members = vec![
        ("header", about(refers("text"), "The header's name.")),
        (
            "set_by_gateway",
            about(
                json!({ "const": true }),
                "Your confirmation that the gateway overwrites this header on every request.",
            ),
        ),
        ("jwt_claim", about(refers("text"), claim)),
        ("mtls", choice(CERTIFICATE_NAMES, name)),
    ];
    let no_header = json!({ "required": ["set_by_gateway"] });
    let kinds = json!([
        { "required": ["header", "set_by_gateway"] },
        { "required": ["jwt_claim"], "not": no_header },
        { "required": ["mtls"], "not": no_header },
    ]);
    let source = with(object(&SOURCE, &[], members), "oneOf", kinds);
    let payload = "The name under which Envoy stores the payload of the token: `payload_in_metadata` of jwt_authn (default `jwt`).";
    let from = about(
        json!({ "type": "array", "items": source, "minItems": 1 }),
        "Sources in order; the first one that is present names the caller.",
    );
    about(
        object(
            &IDENTITY,
            &["from"],
            vec![
                ("from", from),
                ("jwt_payload", about(refers("text"), payload)),
                (
                    "anonymous",
                    flag(
                        "Admits callers without any source; all of them are `anonymous`. Otherwise they are refused.",
                    ),
                ),
            ],
        ),
        "The source of the caller's identity. Without `identity` and `grants` every caller is `anonymous`.",
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
            ("match", about(matched, "The credential of the caller.")),
            (
                "policy",
                about(
                    json!({ "const": "main" }),
                    "The policy of this caller. A grant without one is refused.",
                ),
            ),
            (
                "forward",
                flag("Whether the `Authorization` header is forwarded to the server."),
            ),
            ("revoked", flag("The caller is refused.")),
            ("frozen", flag("Refuses every request of this caller.")),
            ("mode", about(refers("mode"), "The mode for this caller.")),
        ],
    );
    about(
        json!({ "type": "object", "additionalProperties": grant }),
        "The callers that may call, by name. A caller without a grant is refused.",
    )
}

pub(super) fn challenge() -> Value {
    let metadata = about(
        json!({ "type": "string", "maxLength": LONGEST, "pattern": r"^(https://|http://(localhost|127\.0\.0\.1|\[::1\])[:/])[!$-;=?-Z\[\]_a-z~]*$" }),
        "The https URL of the protected resource metadata (RFC 9728), which names the authorization server.",
    );
    let scope = about(
        json!({ "type": "string", "maxLength": LONGEST, "pattern": r"^[!#-\[\]-~]+( [!#-\[\]-~]+)*$" }),
        "The scopes that a client requests when it logs in, separated by spaces.",
    );
    let members = vec![("resource_metadata", metadata), ("scope", scope)];
    about(
        object(&CHALLENGE, &["resource_metadata"], members),
        "Answers a caller without any credential with the status 401 and this place to log in (OAuth).",
    )
}

pub(super) fn host() -> Value {
    let mut members = sizes();
    let hold = "Holds the request headers until the decision; needs `allow_on_headers_stop_iteration` in Envoy.";
    let namespace =
        "The namespace of the counters in the host's shared data (default: the plugin's name).";
    let longest_call = "The longest duration of a call, up to a day (default `10m`): the id of a request without a seen answer stays reserved for so long.";
    members.extend([
        ("hold_request_headers", flag(hold)),
        ("namespace", about(refers("text"), namespace)),
        ("longest_call", about(duration(), longest_call)),
    ]);
    let host = object(&HOST, &[], members);
    about(
        host,
        "Options of the plugin in its host; they decide nothing.",
    )
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
