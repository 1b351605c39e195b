//! Compares the configurations in `envoy/IDENTITY.md` with those that `hosts::envoy::identity_sources` runs, and its first policy
//! with a recipe; runs the program that makes tokens, and verifies them.
//!
//! It starts no gateway.

use crate::pages::{blocks, page};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use host_tests::authentication::{
    ACME, AGENTS, AUDIENCE, Clients, IDENTITY_HEADERS, KEYS, PARTNER, Tokens, api_key_auth,
    forwarded_certificate, jwt_authn, removed_from_clients, tls,
};
use host_tests::root;
use host_tests::yaml::read;
use mcp_policy::host::{Exchange, Headers, HostContext, Millis, Policy, Verified};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::{Value, json};
use std::fs;
use std::process::Command;
use std::sync::Arc;

/// The folder of an operator's files; those of the tests are in the folder from where Envoy runs.
const FOLDER: &str = "/etc/envoy/";

#[test]
fn configurations_of_the_page_are_those_of_the_tests() {
    let text = page("envoy/IDENTITY.md").text;
    let shown: Vec<Value> = blocks(&text, "yaml")
        .iter()
        .map(|block| read(&block.replace(FOLDER, "")))
        .collect();
    let run = [
        json!([jwt_authn(&[ACME], Tokens::One)]),
        json!([jwt_authn(&[ACME, PARTNER], Tokens::One)]),
        json!([jwt_authn(&[ACME, AGENTS], Tokens::All)]),
        removed_from_clients(&IDENTITY_HEADERS),
        json!([jwt_authn(&[ACME], Tokens::OneOrNone)]),
        json!({ "transport_socket": tls(Clients::Verified) }),
        forwarded_certificate(),
        json!([api_key_auth(&KEYS, true)]),
    ];
    assert_eq!(shown.len(), run.len(), "the page has other blocks");
    for (shown, run) in shown.iter().zip(&run) {
        let pretty = |value| serde_json::to_string_pretty(value).expect("JSON");
        assert_eq!(shown, run, "{}\nis not\n{}", pretty(shown), pretty(run));
    }
}

/// Three tokens from the page, and their key, as the filter would verify them; and the grant of each by the page's policy.
#[test]
fn tokens_of_the_page_are_verified_by_their_key_and_have_its_grants() {
    let text = page("envoy/IDENTITY.md").text;
    let program = blocks(&text, "python").swap_remove(0);
    let (printed, keys) = printed_and_keys(&program);
    let policy = blocks(&text, "json").swap_remove(0);
    let policy = Arc::new(Policy::parse(policy.as_bytes()).expect("a policy"));
    let names = [
        ("TEAM_A", "team-a"),
        ("TEAM_B", "team-b"),
        ("ALICE", "alice"),
    ];
    assert_eq!(printed.lines().count(), names.len(), "{printed}");
    for (line, (variable, grant)) in printed.lines().zip(names) {
        let (name, token) = line.split_once('=').expect("a variable");
        assert_eq!(name, variable);
        let claims = verified(token, &keys).expect("a valid token");
        assert_eq!(grant_of(&policy, claims).as_deref(), Some(grant));
        let forged = token.replacen("eyJ", "eyK", 1);
        assert_eq!(verified(&forged, &keys), None, "{forged}");
    }
}

/// The output of the program, and the key set that it writes.
fn printed_and_keys(program: &str) -> (String, Value) {
    let folder = std::env::temp_dir().join(format!("tokens-of-the-page-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let python = Command::new("python3")
        .args(["-c", program])
        .current_dir(&folder)
        .output()
        .expect("python3 runs");
    let errors = String::from_utf8_lossy(&python.stderr).into_owned();
    assert!(python.status.success(), "{errors}");
    let keys = fs::read(folder.join("acme.jwks.json")).expect("a key set");
    fs::remove_dir_all(&folder).expect("it can be removed");
    let printed = String::from_utf8(python.stdout).expect("text");
    (printed, serde_json::from_slice(&keys).expect("JSON"))
}

/// The claims of a token (RFC 7515) that the only key of the set signed, for the audience of the filter.
fn verified(token: &str, keys: &Value) -> Option<String> {
    let decoded = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).ok();
    let part = |name: &str| decoded(keys["keys"][0][name].as_str()?);
    let (signed, signature) = token.rsplit_once('.')?;
    let key = RsaPublicKeyComponents {
        n: part("n")?,
        e: part("e")?,
    };
    let algorithm = &RSA_PKCS1_2048_8192_SHA256;
    key.verify(algorithm, signed.as_bytes(), &decoded(signature)?)
        .ok()?;
    let claims = String::from_utf8(decoded(signed.split_once('.')?.1)?).ok()?;
    let read: Value = serde_json::from_str(&claims).ok()?;
    (read["aud"] == AUDIENCE && read["iss"] == "https://login.acme.example").then_some(claims)
}

/// The grant of a caller whose token has these claims.
fn grant_of(policy: &Arc<Policy>, claims: String) -> Option<String> {
    let headers = Headers::from_iter([(":method", "GET")]);
    let host = HostContext {
        verified: Verified {
            claims: Some(claims),
            ..Verified::default()
        },
        ..HostContext::default()
    };
    let (exchange, _) = Exchange::new(policy.clone(), &headers, true, host, &Millis(0));
    exchange.caller().map(Into::into)
}

#[test]
fn policy_of_the_page_is_that_of_its_recipe() {
    let shown = blocks(&page("envoy/IDENTITY.md").text, "json").swap_remove(0);
    let recipe = root().join("policies/recipes/teams-by-claims.json");
    let recipe = fs::read_to_string(recipe).expect("the recipe can be read");
    let parsed = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    assert_eq!(parsed(&shown), parsed(&recipe)["policy"]);
}
