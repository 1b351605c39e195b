//! Describes identities, grants, policies, servers, and the options of the log.
//!
//! It describes no rule.

use super::build::{about, choice, flag, frozen, object, refers, with, words};
use crate::model::AuditOptions;
use crate::parse::audit::AUDIT;
use crate::parse::caller::{BEARER, ENCODINGS, IDENTITY, SOURCE, TRUSTED_HEADER};
use crate::parse::challenge::{CHALLENGE, LONGEST};
use crate::parse::grant::{GRANT, MATCH};
use crate::parse::rule_set::NAMED_POLICY;
use crate::parse::server::{SERVER, SERVER_MATCH};
use crate::parse::words::CERTIFICATE_NAMES;
use serde_json::{Value, json};

pub(super) fn identity() -> Value {
    let payload = "The name under which Envoy stores the payload of the token: `payload_in_metadata` of jwt_authn (default `jwt`).";
    let issuers = "The issuers whose tokens identify callers, as `iss` names them. Tokens of others are refused.";
    let trusted = "Headers that the gateway overwrites or removes on every request, so that no client chooses their values.";
    let anonymous = "Admits callers without any source; all of them are `anonymous`. Otherwise they are refused.";
    let from = about(
        json!({ "type": "array", "items": source(), "minItems": 1 }),
        "Sources in order; the first one that is present names the caller.",
    );
    let issuer_list =
        json!({ "type": "array", "items": refers("text"), "minItems": 1, "uniqueItems": true });
    let header_list =
        json!({ "type": "array", "items": { "anyOf": [refers("text"), encoded_header()] } });
    about(
        object(
            &IDENTITY,
            &[],
            vec![
                ("from", from),
                ("jwt_payload", about(refers("text"), payload)),
                ("issuers", about(issuer_list, issuers)),
                ("trusted_headers", about(header_list, trusted)),
                ("anonymous", flag(anonymous)),
            ],
        ),
        "The source of the caller's identity. Without `identity` and `grants` every caller is `anonymous`.",
    )
}

/// A trusted header whose value is encoded.
fn encoded_header() -> Value {
    let encoding = "`base64_json`: a list or an object in base64, as Envoy writes such claims into a header (`claim_to_headers`).";
    let members = vec![
        ("header", about(refers("text"), "The header's name.")),
        ("encoding", choice(ENCODINGS, encoding)),
    ];
    object(&TRUSTED_HEADER, &["header", "encoding"], members)
}

/// A source of `identity.from`.
fn source() -> Value {
    let claim =
        "A claim of the token that the gateway verified, such as `sub` or `realm_access.user`.";
    let name = "A name in the client certificate that the gateway verified.";
    let vouched = "Your confirmation that the gateway overwrites this header on every request.";
    let bearer = "The bearer token, where the gateway or the server rejects made-up tokens. The log names its digest.";
    let trusted = about(
        json!({ "const": true }),
        "Your confirmation that made-up tokens are rejected.",
    );
    let trusted_bearer = object(&BEARER, &["trusted"], vec![("trusted", trusted)]);
    let members = vec![
        ("header", about(refers("text"), "The header's name.")),
        ("set_by_gateway", about(json!({ "const": true }), vouched)),
        ("jwt_claim", about(refers("text"), claim)),
        ("mtls", choice(CERTIFICATE_NAMES, name)),
        ("bearer", about(trusted_bearer, bearer)),
    ];
    let no_header = json!({ "required": ["set_by_gateway"] });
    let kinds = json!([
        { "required": ["header", "set_by_gateway"] },
        { "required": ["jwt_claim"], "not": no_header },
        { "required": ["mtls"], "not": no_header },
        { "required": ["bearer"], "not": no_header },
    ]);
    with(object(&SOURCE, &[], members), "oneOf", kinds)
}

pub(super) fn grants() -> Value {
    let expires = "The time from which the caller is refused, such as `2027-01-31T00:00:00Z`.";
    let tools = "Rules for this caller's calls beside those of its policy: they only tighten it.";
    let grant = object(
        &GRANT,
        &["match"],
        vec![
            ("match", matched()),
            (
                "policy",
                policy_name("The policy of this caller. A grant without one is refused."),
            ),
            ("tools", about(refers("tools"), tools)),
            (
                "expires",
                about(json!({ "type": "string", "format": "date-time" }), expires),
            ),
            (
                "forward",
                flag("Whether the `Authorization` header is forwarded to the server."),
            ),
            ("revoked", flag("The caller is refused.")),
            ("frozen", frozen("Refuses every request of this caller.")),
            ("mode", about(refers("mode"), "The mode for this caller.")),
        ],
    );
    about(
        json!({ "type": "object", "additionalProperties": grant }),
        "The callers that may call, by name. A caller without a grant is refused.",
    )
}

/// The facts that a grant requires of its callers.
fn matched() -> Value {
    let digest = about(
        json!({ "type": "string", "pattern": "^[0-9a-fA-F]{64}$" }),
        "The SHA-256 of a bearer token, as `printf %s \"$TOKEN\" | sha256sum` prints it.",
    );
    let members = vec![
        ("bearer_sha256", digest),
        ("claim", claims()),
        ("mtls", certificate()),
        ("header", texts("Headers that the gateway sets.")),
        ("anonymous", flag("The caller presents no credential.")),
    ];
    let facts = json!({ "anyOf": [
        { "required": ["bearer_sha256"] }, { "required": ["claim"] },
        { "required": ["mtls"] }, { "required": ["header"] },
    ] });
    let anonymous = json!({ "required": ["anonymous"], "not": { "properties": { "anonymous": { "const": false } } } });
    let one = json!([facts, anonymous]);
    about(
        with(object(&MATCH, &[], members), "oneOf", one),
        "The facts about the caller, which must all hold. `*` in a text stands for any text.",
    )
}

/// Claims with the texts that they must have.
pub(super) fn claims() -> Value {
    texts("Claims of the token that the gateway verified; of a list, one element matches.")
}

/// Names in a certificate with the texts that they must have.
pub(super) fn certificate() -> Value {
    let names: Vec<_> = words(CERTIFICATE_NAMES);
    let certificate = texts("Names in the client certificate that the gateway verified.");
    with(certificate, "propertyNames", json!({ "enum": names }))
}

fn texts(text: &str) -> Value {
    let pattern = json!({ "type": "string", "minLength": 1, "not": { "pattern": r"\*\*" } });
    let map = json!({ "type": "object", "minProperties": 1, "additionalProperties": pattern });
    about(map, text)
}

fn policy_name(text: &str) -> Value {
    about(refers("text"), text)
}

/// The policies beside the one at the top of the document. `members` are the keys that a policy has.
pub(super) fn policies(members: Vec<(&'static str, Value)>) -> Value {
    let policy = object(&NAMED_POLICY, &["default"], members);
    let names = json!({ "not": { "enum": ["main"] }, "pattern": r"^[^*]+$" });
    about(
        json!({ "type": "object", "propertyNames": names, "additionalProperties": policy }),
        "Policies by name, for the grants and servers that name them. They inherit nothing.",
    )
}

pub(super) fn servers() -> Value {
    let fact = |text: &str| {
        let one = json!({ "type": "string", "pattern": r"^[!-)+-~]+$" });
        let list = json!({ "type": "array", "items": one, "minItems": 1 });
        about(json!({ "anyOf": [one, list] }), text)
    };
    let members = vec![
        (
            "cluster",
            fact("The cluster that the gateway's route chooses."),
        ),
        (
            "host",
            fact("The host of its URL, with the port where clients send one."),
        ),
        ("path", fact("The exact path of its endpoint.")),
    ];
    let matched = with(
        object(&SERVER_MATCH, &[], members),
        "minProperties",
        json!(1),
    );
    let server = object(
        &SERVER,
        &["match"],
        vec![
            (
                "match",
                about(matched, "The facts about the request, which must all hold."),
            ),
            (
                "policy",
                policy_name("The policy of this server's calls, beside that of the caller."),
            ),
            ("frozen", frozen("Refuses every request to this server.")),
            (
                "mode",
                about(
                    refers("mode"),
                    "The mode for requests to this server; `enforce`, here or in the grant of the caller, wins.",
                ),
            ),
        ],
    );
    about(
        json!({ "type": "object", "minProperties": 1, "additionalProperties": server }),
        "The MCP servers behind the gateway, by name. A request that no server matches, or two, is refused.",
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

pub(super) fn audit() -> Value {
    let opened = "The arguments whose values lines hold, such as `args.command`, or `args` for all. A value that is long or holds a secret is withheld.";
    let facts = "The facts about callers that lines hold: `ip`, `session` (as a keyed hash), `header.<name>` and `identity.<claim>`.";
    let answers = "One more line for each request that was forwarded: the status, the kind and the time of its answer.";
    let paths = |pattern: &str| {
        json!({
            "type": "array",
            "items": { "type": "string", "pattern": pattern },
            "maxItems": AuditOptions::MOST_OPENED,
            "uniqueItems": true,
        })
    };
    let (arguments, of_callers) = (r"^args([.\[]|$)", r"^(ip$|session$|header\.|identity[.\[])");
    let members = vec![
        ("arguments", about(paths(arguments), opened)),
        ("facts", about(paths(of_callers), facts)),
        ("answers", flag(answers)),
    ];
    about(
        object(&AUDIT, &[], members),
        "Options of the audit log; they decide nothing.",
    )
}
