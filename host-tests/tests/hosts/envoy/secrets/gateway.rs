//! Starts an Envoy whose policy, environment and authentication hold secrets, with a server, a collector and an access log.
//!
//! It sends no request.

use super::planted::Secret;
use crate::envoy::metrics::shipped_tags;
use host_tests::authentication::{
    ACME, CLIENT_AUTHORITY, Clients, SERVER_CERTIFICATE, SERVER_KEY, Tokens, jwt_authn, tls,
};
use host_tests::bootstrap::{Config, Listener};
use host_tests::certificates::Authority;
use host_tests::envoy::Envoy;
use host_tests::tokens::Issuer;
use host_tests::upstream::{Recorded, Upstream, reply};
use host_tests::wasm_path;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

/// The members of a decision that access logs can print.
const MEMBERS: [&str; 11] = [
    "server", "grant", "client", "method", "tool", "prompt", "uri", "decision", "reason", "rule",
    "policy",
];

/// The secrets of the gateway's operator.
pub(super) struct Operator {
    pub(super) bearer: Secret,
    pub(super) claim: Secret,
    pub(super) condition: Secret,
    pub(super) redacted: Secret,
    pub(super) environment: Secret,
}

/// What the server returns to a call of `work`: for that caller, and to be redacted.
pub(super) struct Results {
    pub(super) own: Secret,
    pub(super) key: Secret,
}

pub(super) struct Gateway {
    pub(super) envoy: Envoy,
    pub(super) server: Upstream,
    pub(super) collector: Upstream,
    pub(super) issuer: Issuer,
    pub(super) authority: Authority,
    pub(super) operator: Operator,
    pub(super) results: Results,
}

impl Operator {
    fn new() -> Self {
        Self {
            bearer: Secret::opaque("bearer token"),
            claim: Secret::opaque("private claim"),
            condition: Secret::opaque("expression of a condition"),
            redacted: Secret::opaque("expression to redact"),
            environment: Secret::opaque("environment of the VM"),
        }
    }

    pub(super) fn policy(&self) -> Value {
        let digest = digest(&SHA256, self.bearer.text.as_bytes());
        let digest: String = digest
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let redact = json!(["secrets", { "regex": format!("{}[a-z]*", self.redacted.text) }]);
        json!({
            "version": "1",
            "default": "allow",
            "grants": {
                "user": { "match": { "claim": { "sub": "ada" } }, "policy": "main" },
                "script": { "match": { "bearer_sha256": digest }, "policy": "main" },
                "agent": { "match": { "mtls": { "subject": "CN=agent*" } }, "policy": "main" },
            },
            "tools": {
                "work": { "require": [{ "conditions": [
                    { "path": "args.code", "op": "regex", "value": format!("^{}$", self.condition.text) },
                    { "path": "identity.clearance", "op": "eq", "value": self.claim.text },
                    { "path": "header.x-secret", "op": "length", "value": { "min": 13 } },
                ] }], "result": { "redact": redact } },
                "drop*": { "action": "deny" },
            },
            "audit": { "arguments": ["args.command", "args.shown"], "answers": true },
            "host": {
                "hold_request_headers": true,
                "metrics": true,
                "filter_state": MEMBERS,
                "audit_collector": { "cluster": "audit", "path": "/v1/audit" },
            },
        })
    }
}

impl Results {
    fn body(&self, redacted: &Secret) -> String {
        let text = format!("{} {} {}abc", self.own.text, self.key.text, redacted.text);
        let result = json!({ "content": [{ "type": "text", "text": text }] });
        json!({ "jsonrpc": "2.0", "id": 1, "result": result }).to_string()
    }
}

fn answer(request: &Recorded, to_work: &str) -> Vec<u8> {
    let is_work = String::from_utf8_lossy(&request.body).contains(r#""name":"work""#);
    let other = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    let body = if is_work { to_work } else { other };
    reply(200, "application/json", body.as_bytes())
}

fn access_log() -> Value {
    let members = MEMBERS.map(|name| {
        let value = format!("%FILTER_STATE(wasm.mcp.{name}:PLAIN)%");
        (name.to_owned(), value.into())
    });
    json!({
        "name": "envoy.access_loggers.file",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
            "path": "access.json",
            "log_format": { "json_format": Value::Object(members.into_iter().collect()) },
        },
    })
}

impl Gateway {
    pub(super) fn start() -> Self {
        let operator = Operator::new();
        let results = Results {
            own: Secret::opaque("result"),
            key: Secret::key("result with a key"),
        };
        let to_work = results.body(&operator.redacted);
        let server = Upstream::answering(move |request| answer(request, &to_work));
        let server = server.expect("the server starts");
        let collector = Upstream::start().expect("the collector starts");
        let authority = Authority::new();
        let issuer = Issuer::new(ACME.issuer, ACME.audience);
        let mut config = Config::new(listeners(&operator, &server));
        config.ecds = true;
        config.stats_tags = shipped_tags();
        config.servers.insert("audit".into(), collector.addr());
        let certificate = authority.server();
        let files = [
            (CLIENT_AUTHORITY.into(), authority.pem()),
            (SERVER_CERTIFICATE.into(), certificate.pem),
            (SERVER_KEY.into(), certificate.key_pem),
            (ACME.file(), issuer.jwks()),
        ];
        config.files.extend(files);
        Self {
            envoy: Envoy::start(&config).expect("Envoy starts"),
            server,
            collector,
            issuer,
            authority,
            operator,
            results,
        }
    }
}

/// One for tokens that Envoy verifies, one for those that the policy lists, and one for certificates.
fn listeners(operator: &Operator, server: &Upstream) -> Vec<Listener> {
    let policy = operator.policy().to_string();
    let listener = |name: &str| {
        let mut listener = Listener::new(name, &policy, server.addr(), &wasm_path());
        let environment = ("API_KEY".to_owned(), operator.environment.text.clone());
        listener.environment.extend([environment]);
        listener.access_logs = vec![access_log()];
        listener
    };
    let [mut tokens, bearers, mut certificates] =
        ["tokens", "bearers", "certificates"].map(listener);
    tokens.before = vec![jwt_authn(&[ACME], Tokens::OneOrNone)];
    certificates.transport_socket = Some(tls(Clients::Verified));
    vec![tokens, bearers, certificates]
}
