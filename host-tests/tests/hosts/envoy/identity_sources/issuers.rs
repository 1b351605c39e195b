//! Turns issuers into an Envoy that verifies their tokens, on a listener for each way to ask for them.
//!
//! It never expects an outcome.

use super::super::probe::{Gateway, METADATA, Probe, Seen, claim, disabled, oldest_and_current};
use super::metadata;
use host_tests::authentication::{
    ACME, AGENTS, IDENTITY_HEADERS, JWT_AUTHN, PARTNER, Provider, Tokens, jwt_authn,
    removed_from_clients,
};
use host_tests::tokens::Issuer;
use serde_json::{Value, json};
use std::path::PathBuf;

/// All claims as one property.
pub(super) const PAYLOAD: &str = "metadata|filter_metadata|envoy.filters.http.jwt_authn|jwt";
/// Claims that also arrive as headers, and one that becomes a list.
const WITH_HEADERS: Provider<'_> = Provider {
    lists: &["scope"],
    claim_headers: &[
        ("x-claim-sub", "sub"),
        ("x-claim-age", "age"),
        ("x-claim-roles", "roles"),
        ("x-claim-tenant", "tenant"),
    ],
    ..ACME
};

/// Tokens of agents under the key of users' tokens.
const SAME_KEY: Provider<'_> = Provider {
    payload: ACME.payload,
    ..AGENTS
};
/// Paths into the claims, as the probe reads them.
const CLAIMS: [&str; 20] = [
    "sub",
    "iss",
    "seven",
    "big",
    "empty",
    "yes",
    "no",
    "null",
    "roles",
    "roles|0",
    "roles|2",
    "none",
    "mixed",
    "holes",
    "nested",
    "nested|key",
    "https://acme.example/tier",
    "a.b",
    "scope",
    "absent",
];

/// The issuers of the providers, each with its keys.
pub(super) struct Issuers {
    pub(super) acme: Issuer,
    pub(super) partner: Issuer,
    pub(super) agents: Issuer,
}

impl Issuers {
    fn new() -> Self {
        let [acme, partner, agents] =
            [ACME, PARTNER, AGENTS].map(|own| Issuer::new(own.issuer, own.audience));
        Self {
            acme,
            partner,
            agents,
        }
    }
}

/// Calls a test with an Envoy of each version, with a listener for each way to ask for tokens.
pub(super) fn on_each(test: impl Fn(&Gateway, &Issuers)) {
    for (version, binary) in oldest_and_current() {
        println!("Envoy {version}");
        on(binary, &test);
    }
}

/// Calls a test with one Envoy.
pub(super) fn on(binary: Option<PathBuf>, test: impl Fn(&Gateway, &Issuers)) {
    let issuers = Issuers::new();
    test(&started(binary, &issuers), &issuers);
}

fn started(binary: Option<PathBuf>, issuers: &Issuers) -> Gateway {
    let mut paths: Vec<_> = CLAIMS.iter().map(|path| claim("jwt", path)).collect();
    paths.extend([METADATA.to_owned(), claim("agent", "sub")]);
    paths.push(PAYLOAD.to_owned());
    let probe = Probe::new(binary)
        .keys(&ACME, &issuers.acme)
        .keys(&PARTNER, &issuers.partner)
        .keys(&AGENTS, &issuers.agents)
        .listener_with("disabled", &paths, |listener| {
            listener.before = vec![jwt_authn(&[WITH_HEADERS], Tokens::One)];
            listener.connection_manager = disabled(JWT_AUTHN, listener.upstream);
        });
    let probe = filters().into_iter().fold(probe, |probe, (name, filter)| {
        probe.listener(name, &paths, vec![filter])
    });
    removing(probe, &paths).start()
}

/// The filter of each listener that has nothing else.
fn filters() -> [(&'static str, Value); 11] {
    let acme_first = [WITH_HEADERS, PARTNER];
    let partner_first = [PARTNER, WITH_HEADERS];
    let elsewhere = json!({ "match": { "prefix": "/elsewhere" } });
    let nothing = json!({ "match": { "prefix": "/" } });
    [
        ("only", jwt_authn(&[ACME], Tokens::One)),
        ("one", jwt_authn(&[ACME, PARTNER], Tokens::One)),
        ("or_none", jwt_authn(&acme_first, Tokens::OneOrNone)),
        ("anything", jwt_authn(&[WITH_HEADERS], Tokens::Anything)),
        ("no_payload", without_payload()),
        ("acme_first", jwt_authn(&acme_first, Tokens::One)),
        ("partner_first", jwt_authn(&partner_first, Tokens::One)),
        ("elsewhere", with_rule(elsewhere)),
        ("nothing_required", with_rule(nothing)),
        ("all", jwt_authn(&[ACME, AGENTS], Tokens::All)),
        ("same_key", jwt_authn(&[ACME, SAME_KEY], Tokens::All)),
    ]
}

/// Listeners that remove the headers of clients before all filters.
fn removing(probe: Probe, paths: &[String]) -> Probe {
    let elsewhere = with_rule(json!({ "match": { "prefix": "/elsewhere" } }));
    let partner_first = jwt_authn(&[PARTNER, WITH_HEADERS], Tokens::One);
    let both = [("removed", partner_first), ("removed_elsewhere", elsewhere)];
    both.into_iter().fold(probe, |probe, (name, filter)| {
        probe.listener_with(name, paths, |listener| {
            listener.before = vec![filter];
            listener.connection_manager = removed_from_clients(&IDENTITY_HEADERS);
        })
    })
}

/// The filter with this rule alone.
fn with_rule(rule: Value) -> Value {
    let mut filter = jwt_authn(&[WITH_HEADERS], Tokens::One);
    filter["typed_config"]["rules"] = json!([rule]);
    filter
}

/// The filter of one issuer without `payload_in_metadata`.
fn without_payload() -> Value {
    let mut filter = jwt_authn(&[ACME], Tokens::One);
    let provider = &mut filter["typed_config"]["providers"][ACME.name];
    provider["payload_in_metadata"] = "".into();
    filter
}

/// The payload under a key, as the typed metadata has it.
pub(super) fn payload(seen: &Seen, key: &str) -> Option<Value> {
    let metadata = metadata::read(seen.read(METADATA).bytes());
    metadata
        .get("envoy.filters.http.jwt_authn")?
        .get(key)
        .cloned()
}
