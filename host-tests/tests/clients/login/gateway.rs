//! Turns the configuration of `mcp-policy envoy render` into a gateway to which a client can log in: another policy, the filter that verifies
//! tokens, and the route for the registration of clients, which is a comment there.
//!
//! It changes nothing else.

use super::server::{METADATA, SCOPE, TOOL};
use host_tests::authentication::{Provider, Tokens, jwt_authn};
use host_tests::shipped::{Shipped, options, rendered};
use host_tests::tokens::Issuer;
use host_tests::wire::{Deadline, Http1Request, http1};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use std::fs;
use std::net::SocketAddr;
use std::thread::sleep;
use std::time::Duration;

/// The time for an answer of Envoy.
const PATIENCE: Duration = Duration::from_secs(5);
/// The time until Envoy has compiled the module.
const START_LIMIT: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(100);

/// The way by which a policy knows the token.
pub(super) enum Known<'a> {
    /// `jwt_authn` verifies it, and its claim `sub` names the caller.
    Claim(&'a Issuer),
    /// A grant has its digest.
    Digest(&'a str),
}

impl Known<'_> {
    fn policy(&self) -> Value {
        match self {
            Self::Claim(_) => json!({ "identity": { "from": [{ "jwt_claim": "sub" }] } }),
            Self::Digest(token) => {
                let digest = digest(&SHA256, token.as_bytes());
                let digest = digest.as_ref().iter().map(|byte| format!("{byte:02x}"));
                let matched = json!({ "bearer_sha256": digest.collect::<String>() });
                json!({ "grants": { "ada": { "match": matched, "policy": "main" } } })
            }
        }
    }
}

/// The policy of the gateway at this origin.
pub(super) fn policy(known: &Known<'_>, origin: &str, challenge: bool) -> Value {
    let mut policy = known.policy();
    policy["version"] = "1".into();
    policy["default"] = "deny".into();
    policy["host"] = json!({ "hold_request_headers": true });
    policy["tools"] = json!({ TOOL: {} });
    if challenge {
        let metadata = format!("{origin}{METADATA}");
        policy["challenge"] = json!({ "resource_metadata": metadata, "scope": SCOPE });
    }
    policy
}

/// Starts the gateway on this port, and waits until it answers.
pub(super) fn start(port: u16, server: SocketAddr, known: &Known<'_>, policy: &Value) -> Shipped {
    let options = options(port, server);
    let gateway = Shipped::run(&options, |folder| {
        let mut text = with_registration(&rendered(policy, &options));
        if let Known::Claim(issuer) = known {
            let provider = Provider::new("login", issuer.name());
            fs::write(folder.join(provider.file()), issuer.jwks()).expect("a file");
            text = with_filter(&text, &jwt_authn(&[provider], Tokens::OneOrNone));
        }
        text
    });
    let deadline = Deadline::after(START_LIMIT);
    while http1(gateway.addr(), &Http1Request::default(), PATIENCE).is_err() {
        let left = deadline.left();
        assert!(left.is_ok(), "Envoy does not answer: {}", gateway.log());
        sleep(PAUSE);
    }
    gateway
}

/// With the commented route of `/register`.
fn with_registration(text: &str) -> String {
    let (before, rest) = text
        .split_once("# - match: { path: \"/register\"")
        .expect("a route");
    let (route, after) = rest.split_once("\n\n").expect("its end");
    let route = route.replace("# ", "");
    format!("{before}- match: {{ path: \"/register\"{route}\n\n{after}")
}

/// With a filter before all others.
fn with_filter(text: &str, filter: &Value) -> String {
    let (before, after) = text.split_once("http_filters:\n").expect("the filters");
    format!("{before}http_filters:\n          - {filter}\n{after}")
}
