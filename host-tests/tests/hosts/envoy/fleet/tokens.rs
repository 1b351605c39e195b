//! Tests tokens that resemble a caller's token: of another issuer, with names inside names, expired, or gone.

use super::setting::{caller, on_current, policy, server, verdict_of};
use host_tests::authentication::{ACME, AUDIENCE, PARTNER};
use host_tests::fleet::{Caller, Credential, Fleet, request};
use host_tests::rpc;
use host_tests::tokens::Issuer;
use host_tests::wire::Connection;
use serde_json::{Value, json};

/// A tool of engineers alone, without a limit.
const TOOL: &str = "deploy";

fn verdict_for(fleet: &Fleet, caller: &Caller) -> String {
    verdict_of(fleet, caller, server("python-mcp"), TOOL)
}

/// An engineer, whose calls pass in each test beside those that do not.
fn engineer_passes(fleet: &Fleet) {
    let control = caller(fleet, "acme-alice");
    assert_eq!(verdict_for(fleet, &control), "forwarded");
    fleet.arrived();
}

#[test]
fn token_of_another_issuer_has_no_rights_of_the_same_sub() {
    on_current(
        &policy(),
        |_| {},
        |fleet| {
            let claims = || json!({ "sub": "alice", "groups": ["engineering"] });
            let partner = fleet.partner("partner", claims());
            assert_eq!(verdict_for(fleet, &partner), "200 not_allowed");
            for (issuer, key) in [
                ("https://login.evil.example", "own"),
                (ACME.issuer, "forged"),
            ] {
                let token = Issuer::new(issuer, AUDIENCE).token(claims());
                let credential = Credential::Token(token);
                let stranger = Caller {
                    name: "stranger",
                    credential,
                };
                assert_eq!(verdict_for(fleet, &stranger), "401 no reason", "{key}");
            }
            let named = json!({ "iss": PARTNER.issuer, "sub": "alice", "groups": ["engineering"] });
            let misnamed = fleet.acme("misnamed", named);
            assert_eq!(verdict_for(fleet, &misnamed), "401 no reason");
            assert!(fleet.arrived().is_empty());
            engineer_passes(fleet);
        },
    );
}

/// Groups of which none is `engineering`.
fn look_alikes() -> Vec<Value> {
    vec![
        json!(["engineering-guests"]),
        json!(["not-engineering"]),
        json!(["staff,engineering"]),
        json!(["staff engineering"]),
        json!(["Engineering"]),
        json!(["engineering "]),
        json!(["engineering\u{0}"]),
        json!(["\u{435}ngineering"]),
        json!([["engineering"]]),
        json!([{ "name": "engineering" }]),
        json!({ "engineering": true }),
        json!("staff engineering"),
        json!("[\"engineering\"]"),
        json!([]),
        json!(null),
        json!(true),
    ]
}

#[test]
fn group_whose_name_contains_another_is_not_that_group() {
    on_current(
        &policy(),
        |_| {},
        |fleet| {
            for groups in look_alikes() {
                let claims = json!({ "sub": "mallory", "groups": groups });
                let verdict = verdict_for(fleet, &fleet.acme("mallory", claims));
                assert_eq!(verdict, "200 identity", "{groups}");
            }
            for claims in [
                json!({ "sub": "mallory" }),
                json!({ "sub": "mallory", "Groups": ["engineering"] }),
                json!({ "sub": "mallory", "a": { "groups": ["engineering"] } }),
                json!({ "sub": "mallory", "a.groups": ["engineering"] }),
            ] {
                let verdict = verdict_for(fleet, &fleet.acme("mallory", claims.clone()));
                assert_eq!(verdict, "200 identity", "{claims}");
            }
            assert!(fleet.arrived().is_empty());
            engineer_passes(fleet);
        },
    );
}

#[test]
fn expired_token_is_refused_by_the_gateway() {
    on_current(
        &policy(),
        |_| {},
        |fleet| {
            for (exp, aud, expected) in [
                (4_102_444_800_u64, AUDIENCE, "forwarded"),
                (1_577_836_800, AUDIENCE, "401 no reason"),
                (4_102_444_800, "https://other.acme.example", "403 no reason"),
            ] {
                let claims =
                    json!({ "sub": "alice", "groups": ["engineering"], "exp": exp, "aud": aud });
                let caller = fleet.acme("alice", claims);
                assert_eq!(verdict_for(fleet, &caller), expected, "{exp} {aud}");
            }
            assert_eq!(fleet.arrived().len(), 1);
        },
    );
}

#[test]
fn connection_on_which_the_token_is_dropped_has_no_rights_left() {
    on_current(
        &policy(),
        |_| {},
        |fleet| {
            let caller = caller(fleet, "acme-alice");
            let raw = |with_token: bool| {
                let mut request = request(&caller, server("python-mcp"), rpc::call(TOOL));
                let token = |name: &[u8]| name.eq_ignore_ascii_case(b"authorization");
                request
                    .headers
                    .retain(|(name, _)| with_token || !token(name));
                let body = request.body.unwrap_or_default();
                let mut raw = b"POST /mcp HTTP/1.1\r\n".to_vec();
                for (name, value) in &request.headers {
                    raw.extend([name, &b": "[..], value, b"\r\n"].concat());
                }
                raw.extend(format!("content-length: {}\r\n\r\n", body.len()).into_bytes());
                [raw, body].concat()
            };
            let mut connection = Connection::open(fleet.addr()).expect("a connection");
            for (with_token, expected) in [(true, "forwarded"), (false, "200 identity")].repeat(8) {
                let answer = connection.send(&raw(with_token)).expect("an answer");
                let verdict = super::super::gateway::verdict(&answer);
                assert_eq!(verdict, expected);
            }
            assert_eq!(fleet.arrived().values().sum::<u64>(), 8);
        },
    );
}
