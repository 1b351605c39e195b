//! Tests routes that choose by a claim of a verified token, in a header that `jwt_authn` writes.

use super::super::probe::{Gateway, oldest_and_current};
use super::setting::{CLUSTER, sent, servers, text};
use host_tests::authentication::{ACME, Provider, Tokens, jwt_authn, removed_from_clients};
use host_tests::routing::{chosen_route, route, routes};
use host_tests::tokens::Issuer;
use serde_json::{Value, json};

const TENANT: &str = "x-claim-tenant";
const WITH_HEADER: Provider<'_> = Provider {
    claim_headers: &[(TENANT, "tenant")],
    ..ACME
};

/// Routes by the claim to a server for `files`, and to another for all others. No client can write the header.
fn manager() -> Value {
    let files = json!({ "prefix": "/", "headers": [
        { "name": TENANT, "string_match": { "exact": "files" } },
    ] });
    let all = [
        route(files, "files-mcp"),
        route(json!({ "prefix": "/" }), "python-mcp"),
    ];
    let mut manager = routes(&all);
    let removed = removed_from_clients(&[TENANT]);
    for (name, value) in removed.as_object().into_iter().flatten() {
        manager[name] = value.clone();
    }
    manager
}

fn tokens(clears: bool) -> Value {
    let mut filter = jwt_authn(&[WITH_HEADER], Tokens::One);
    filter["typed_config"]["providers"][ACME.name]["clear_route_cache"] = clears.into();
    filter
}

/// The cluster that the plugin read, and the server, for a caller with this tenant who claims another.
fn read_and_used(gateway: &Gateway, listener: &str, issuer: &Issuer, tenant: &str) -> [String; 2] {
    let token = format!("Bearer {}", issuer.token(json!({ "tenant": tenant })));
    let headers = [("authorization", token.as_str()), (TENANT, "other")];
    let seen = sent(gateway, listener, "/mcp", &headers).expect("it is forwarded");
    [text(seen.read(CLUSTER)), seen.server]
}

#[test]
fn cluster_by_a_claim_is_outdated_unless_a_filter_uses_the_route_before_the_plugin() {
    for (version, binary) in oldest_and_current() {
        let issuer = Issuer::new(ACME.issuer, ACME.audience);
        let filters = [
            ("keeps", vec![tokens(false)]),
            ("clears", vec![tokens(true)]),
            ("chosen", vec![tokens(true), chosen_route()]),
        ];
        let probe = servers(binary).keys(&WITH_HEADER, &issuer);
        let probe = filters.into_iter().fold(probe, |probe, (name, before)| {
            probe.listener_with(name, &[CLUSTER], |listener| {
                listener.before = before;
                listener.connection_manager = manager();
            })
        });
        let gateway = probe.start();
        for (listener, expected) in [
            ("keeps", ["python-mcp", "python-mcp"]),
            ("clears", ["python-mcp", "files-mcp"]),
            ("chosen", ["files-mcp", "files-mcp"]),
        ] {
            let found = read_and_used(&gateway, listener, &issuer, "files");
            assert_eq!(found, expected, "{version} {listener}");
            let found = read_and_used(&gateway, listener, &issuer, "python");
            assert_eq!(found, ["python-mcp"; 2], "{version} {listener}");
        }
    }
}
