//! Compares the configurations in `envoy/IDENTITY.md` with those that `hosts::envoy::identity_sources` runs, and its first policy
//! with a recipe.

use crate::pages::{blocks, page};
use crate::yaml::read;
use host_tests::authentication::{
    ACME, AGENTS, Clients, IDENTITY_HEADERS, KEYS, PARTNER, Tokens, api_key_auth,
    forwarded_certificate, jwt_authn, removed_from_clients, tls,
};
use host_tests::root;
use serde_json::{Value, json};
use std::fs;

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

#[test]
fn policy_of_the_page_is_that_of_its_recipe() {
    let shown = blocks(&page("envoy/IDENTITY.md").text, "json").swap_remove(0);
    let recipe = root().join("policies/recipes/teams-by-claims.json");
    let recipe = fs::read_to_string(recipe).expect("the recipe can be read");
    let parsed = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    assert_eq!(parsed(&shown), parsed(&recipe)["policy"]);
}
