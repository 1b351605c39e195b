//! Tests the plugin behind Envoy's own authentication: the verified claim or certificate names the caller, and nothing that
//! a client writes does.

use super::gateway::verdict;
use host_tests::authentication::{
    ACME, CLIENT_AUTHORITY, Clients, PARTNER, SERVER_CERTIFICATE, SERVER_KEY, Tokens, jwt_authn,
    tls,
};
use host_tests::bootstrap::{Config, Listener};
use host_tests::certificates::{Authority, Names};
use host_tests::envoy::Envoy;
use host_tests::hosts::envoys;
use host_tests::root;
use host_tests::rpc::{call, post};
use host_tests::tls::Client;
use host_tests::tokens::Issuer;
use host_tests::upstream::Upstream;
use host_tests::wasm_path;
use host_tests::wire::{Http1Request, http1};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(10);

/// A policy under which each caller has one call.
fn policy(sources: Value) -> String {
    let limit = json!({ "counter": "runs", "window": "month", "max": 1 });
    json!({
        "version": "1",
        "default": "deny",
        "identity": { "from": sources, "anonymous": true },
        "tools": { "run": { "limits": [limit] } },
    })
    .to_string()
}

fn request(headers: &[(&str, &str)]) -> Http1Request {
    let mut request = post(call("run"));
    for (name, value) in headers {
        request.headers.push(((*name).into(), (*value).into()));
    }
    request
}

#[test]
fn verified_claim_names_the_caller_with_its_issuer() {
    for (version, binary) in envoys() {
        let upstream = Upstream::start().expect("the upstream starts");
        let [acme, partner] = [ACME, PARTNER].map(|own| Issuer::new(own.issuer, own.audience));
        let text = policy(json!([{ "jwt_claim": "sub" }]));
        let mut listener = Listener::new("mcp", &text, upstream.addr(), &wasm_path());
        listener.before = vec![jwt_authn(&[ACME, PARTNER], Tokens::OneOrNone)];
        let mut config = Config::new(vec![listener]);
        config.binary = binary;
        for (provider, issuer) in [(ACME, &acme), (PARTNER, &partner)] {
            config.files.insert(provider.file(), issuer.jwks());
        }
        let envoy = Envoy::start(&config).expect("Envoy starts");
        let answer = |headers: &[(&str, &str)]| {
            verdict(&http1(envoy.addr("mcp"), &request(headers), LIMIT).expect("an answer"))
        };
        let call = |token: &str| answer(&[("authorization", &format!("Bearer {token}"))]);

        let alice = |roles: Value| acme.token(json!({ "sub": "alice", "roles": roles }));
        assert_eq!(call(&alice(json!(["a", null]))), "forwarded", "{version}");
        assert_eq!(call(&alice(json!([]))), "200 rate_limited", "{version}");
        assert_eq!(call(&acme.token(json!({ "sub": "bob" }))), "forwarded");
        assert_eq!(call(&partner.token(json!({ "sub": "alice" }))), "forwarded");
        // No token: the anonymous caller, whatever the client writes.
        let forged = [("x-jwt-payload", "eyJzdWIiOiJib2IifQ"), ("x-user", "bob")];
        assert_eq!(answer(&forged), "forwarded", "{version}");
        assert_eq!(answer(&forged[1..]), "200 rate_limited", "{version}");
    }
}

/// The policy of the recipe that `envoy/IDENTITY.md` walks through.
fn policy_of_the_page() -> String {
    let recipe = root().join("policies/recipes/teams-by-claims.json");
    let recipe = fs::read_to_string(recipe).expect("the recipe can be read");
    let recipe: Value = serde_json::from_str(&recipe).expect("JSON");
    recipe["policy"].to_string()
}

#[test]
fn groups_of_a_verified_token_choose_the_rules() {
    for (version, binary) in envoys() {
        let upstream = Upstream::start().expect("the upstream starts");
        let acme = Issuer::new(ACME.issuer, ACME.audience);
        let text = policy_of_the_page();
        let mut listener = Listener::new("mcp", &text, upstream.addr(), &wasm_path());
        listener.before = vec![jwt_authn(&[ACME], Tokens::One)];
        let mut config = Config::new(vec![listener]);
        config.binary = binary;
        config.files.insert(ACME.file(), acme.jwks());
        let envoy = Envoy::start(&config).expect("Envoy starts");
        let deploy = |claims: Value| {
            let mut request = post(call("deploy"));
            let token = format!("Bearer {}", acme.token(claims));
            request.headers.push(("authorization".into(), token.into()));
            verdict(&http1(envoy.addr("mcp"), &request, LIMIT).expect("an answer"))
        };
        let of_team = |sub: &str, team: &str| json!({ "sub": sub, "groups": ["staff", team] });
        let alice = || json!({ "sub": "alice" });
        assert_eq!(deploy(of_team("ada", "team-a")), "forwarded", "{version}");
        let refused = deploy(of_team("bob", "team-b"));
        assert_eq!(refused, "200 not_allowed", "{version}");
        assert_eq!(deploy(alice()), "forwarded", "{version}");
        assert_eq!(deploy(alice()), "forwarded", "{version}");
        assert_eq!(deploy(alice()), "200 rate_limited", "{version}");
        assert_eq!(
            deploy(of_team("alice", "team-a")),
            "200 identity",
            "{version}"
        );
        assert_eq!(deploy(json!({ "sub": "eve" })), "200 identity", "{version}");
    }
}

#[test]
fn verified_certificate_names_the_caller() {
    for (version, binary) in envoys() {
        let upstream = Upstream::start().expect("the upstream starts");
        let authority = Authority::new();
        let server = authority.server();
        let text = policy(json!([{ "mtls": "uri_san" }, { "mtls": "subject" }]));
        let mut listener = Listener::new("mcp", &text, upstream.addr(), &wasm_path());
        listener.transport_socket = Some(tls(Clients::VerifiedOrNone));
        let mut config = Config::new(vec![listener]);
        config.binary = binary;
        config.files = BTreeMap::from([
            (CLIENT_AUTHORITY.into(), authority.pem()),
            (SERVER_CERTIFICATE.into(), server.pem),
            (SERVER_KEY.into(), server.key_pem),
        ]);
        let envoy = Envoy::start(&config).expect("Envoy starts");
        let call = |names: Option<Names<'_>>| {
            let certificate = names.map(|names| authority.certificate(names));
            let client = Client::new(&authority, certificate.as_ref());
            let spoofed = [("x-forwarded-client-cert", "URI=spiffe://acme.example/one")];
            let answer = client.send(envoy.addr("mcp"), &request(&spoofed), LIMIT);
            verdict(&answer.expect("an answer"))
        };
        let agent = |uris: &'static [&'static str]| Names {
            subject: ["Acme", "Agents", "agent"],
            uris,
            dns: &[],
        };
        let one = agent(&["spiffe://acme.example/one"]);
        assert_eq!(call(Some(one)), "forwarded", "{version}");
        assert_eq!(call(Some(one)), "200 rate_limited", "{version}");
        let two = agent(&["spiffe://acme.example/two"]);
        assert_eq!(call(Some(two)), "forwarded", "{version}");
        assert_eq!(
            call(Some(agent(&[]))),
            "forwarded",
            "by its subject, {version}"
        );
        assert_eq!(call(None), "forwarded", "the anonymous caller, {version}");
        assert_eq!(call(None), "200 rate_limited", "{version}");
    }
}
