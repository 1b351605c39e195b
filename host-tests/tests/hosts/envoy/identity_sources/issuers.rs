//! Turns issuers into an Envoy that verifies their tokens, on a listener for each way to ask for them.
//!
//! It never expects an outcome.

use super::metadata;
use super::probe::{Gateway, METADATA, Probe, Seen, claim, oldest_and_current};
use host_tests::authentication::{ACME, AGENTS, PARTNER, Provider, Tokens, jwt_authn};
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
    let two = [ACME, PARTNER];
    Probe::new(binary)
        .keys(&ACME, &issuers.acme)
        .keys(&PARTNER, &issuers.partner)
        .keys(&AGENTS, &issuers.agents)
        .listener("only", &paths, vec![jwt_authn(&[ACME], Tokens::One)])
        .listener("one", &paths, vec![jwt_authn(&two, Tokens::One)])
        .listener(
            "or_none",
            &paths,
            vec![jwt_authn(&[WITH_HEADERS, PARTNER], Tokens::OneOrNone)],
        )
        .listener(
            "anything",
            &paths,
            vec![jwt_authn(&[WITH_HEADERS], Tokens::Anything)],
        )
        .listener("no_payload", &paths, vec![without_payload()])
        .listener(
            "acme_first",
            &paths,
            vec![jwt_authn(&[WITH_HEADERS, PARTNER], Tokens::One)],
        )
        .listener(
            "partner_first",
            &paths,
            vec![jwt_authn(&[PARTNER, WITH_HEADERS], Tokens::One)],
        )
        .listener(
            "elsewhere",
            &paths,
            vec![with_rule(json!({ "match": { "prefix": "/elsewhere" } }))],
        )
        .listener(
            "nothing_required",
            &paths,
            vec![with_rule(json!({ "match": { "prefix": "/" } }))],
        )
        .listener("all", &paths, vec![jwt_authn(&[ACME, AGENTS], Tokens::All)])
        .listener(
            "same_key",
            &paths,
            vec![jwt_authn(&[ACME, SAME_KEY], Tokens::All)],
        )
        .start()
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
