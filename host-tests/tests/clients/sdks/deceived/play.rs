//! Plays each client at the deceiving server, directly and through a real Envoy with the plugin, and searches
//! everything that the SDK shows for hidden names and values.
//!
//! It counts a trick as stopped only if it works without the gateway.

use super::clients::{
    BY_HAND, Client, PYTHON_1, PYTHON_1_WITH_OLDER_SSE, PYTHON_2, TYPESCRIPT_1, TYPESCRIPT_1_20,
    TYPESCRIPT_2, told,
};
use super::server::Server;
use super::tricks::{HIDDEN, TRICKS, Trick};
use crate::alone::alone;
use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::require::{ENVOY, NODE, Need, OLDER_SDK, OLDER_SSE, TYPESCRIPT_SDKS, lacks};
use host_tests::wasm_path;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;

const PYTHON: &[Need] = &[ENVOY, OLDER_SDK];
const TYPESCRIPT: &[Need] = &[ENVOY, NODE, TYPESCRIPT_SDKS];

/// Answers that all clients read alike. They pass without the hidden tool and the secret.
const HONEST: [&str; 2] = ["document", "stream"];

/// What a client saw, by trick.
type Saw = BTreeMap<String, Value>;

#[test]
fn python_1_at_a_deceiving_server_is_deceived_only_without_the_gateway() {
    deceived_only_directly(&PYTHON_1, PYTHON);
}

#[test]
fn python_1_with_older_sse_at_a_deceiving_server_is_deceived_only_without_the_gateway() {
    let needs = [PYTHON, &[OLDER_SSE]].concat();
    deceived_only_directly(&PYTHON_1_WITH_OLDER_SSE, &needs);
}

#[test]
fn python_2_at_a_deceiving_server_is_deceived_only_without_the_gateway() {
    deceived_only_directly(&PYTHON_2, PYTHON);
}

#[test]
fn python_without_an_sdk_at_a_deceiving_server_is_deceived_only_without_the_gateway() {
    deceived_only_directly(&BY_HAND, PYTHON);
}

#[test]
fn typescript_1_20_at_a_deceiving_server_is_deceived_only_without_the_gateway() {
    deceived_only_directly(&TYPESCRIPT_1_20, TYPESCRIPT);
}

#[test]
fn typescript_1_at_a_deceiving_server_is_deceived_only_without_the_gateway() {
    deceived_only_directly(&TYPESCRIPT_1, TYPESCRIPT);
}

#[test]
fn typescript_2_at_a_deceiving_server_is_deceived_only_without_the_gateway() {
    deceived_only_directly(&TYPESCRIPT_2, TYPESCRIPT);
}

#[test]
fn trick_that_deceives_no_client_is_not_played() {
    let clients = [
        PYTHON_1,
        PYTHON_1_WITH_OLDER_SSE,
        PYTHON_2,
        BY_HAND,
        TYPESCRIPT_1_20,
        TYPESCRIPT_1,
        TYPESCRIPT_2,
    ];
    let falls = |trick: &Trick| {
        clients
            .iter()
            .any(|own| own.falls_for.contains(&trick.name))
    };
    let idle = TRICKS.iter().filter(|trick| !falls(trick));
    let idle: Vec<_> = idle.map(|trick| trick.name).collect();
    assert!(idle.is_empty(), "{idle:?} deceive nobody");
}

fn deceived_only_directly(client: &Client, needs: &[Need]) {
    if lacks(needs) {
        return;
    }
    let _alone = alone();
    let server = Server::start();
    let envoy = gateway(server.deceiving.addr());
    let [directly, through] = [server.deceiving.addr(), envoy.addr("gateway")]
        .map(|addr| client.at(addr))
        .map(told);
    let tricks = client.falls_for.iter().map(|name| named(name));
    let wrong = tricks.flat_map(|trick| wrong(trick, &directly.0, &through.0));
    let wrong: Vec<_> = wrong.collect();
    assert!(
        wrong.is_empty(),
        "{} failed\n{}\n\nthe clients said beside:\n{}\n{}\n",
        wrong.len(),
        wrong.join("\n"),
        directly.1.join("\n"),
        through.1.join("\n"),
    );
}

fn gateway(upstream: SocketAddr) -> Envoy {
    let policy = json!({
        "version": "1",
        "default": "deny",
        "hide": [HIDDEN],
        "tools": { "shown": {} },
        "all_tools": { "result": { "redact": ["secrets"] } },
    });
    let listener = Listener::new("gateway", &policy.to_string(), upstream, &wasm_path());
    Envoy::start(&Config::new(vec![listener])).expect("Envoy starts")
}

fn named(name: &str) -> &'static Trick {
    let trick = TRICKS.iter().find(|trick| trick.name == name);
    trick.unwrap_or_else(|| panic!("no trick is called {name}"))
}

/// The faults of this client with this trick.
fn wrong(trick: &Trick, directly: &Saw, through: &Saw) -> Vec<String> {
    let name = trick.name;
    let (Some(directly), Some(through)) = (directly.get(name), through.get(name)) else {
        return vec![format!(
            "{name}: the client ended before it said what it saw"
        )];
    };
    let shows = |saw: &Value, text: &str| saw.to_string().contains(text);
    let control = trick.shows.iter().filter(|text| !shows(directly, text));
    let control = control.map(|text| format!("{name}: no control, no {text} directly: {directly}"));
    let leaks = trick.shows.iter().filter(|text| shows(through, text));
    let leaks = leaks.map(|text| format!("{name}: {text} through the gateway: {through}"));
    let passes = HONEST
        .contains(&name)
        .then_some(["\"shown\"", "called: [REDACTED"]);
    let passes = passes.into_iter().flatten();
    let lost = passes.filter(|text| !shows(through, text));
    let lost = lost.map(|text| format!("{name}: {text} is lost: {through}"));
    let ended = through
        .get("ended")
        .map(|error| format!("{name}: no session: {error}"));
    control.chain(leaks).chain(lost).chain(ended).collect()
}
