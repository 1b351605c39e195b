//! Tests the requests for which `jwt_authn` gives a plugin the claims of a token, and the headers that it leaves.

use super::super::probe::{Gateway, METADATA, Property, claim};
use super::issuers::{Issuers, on, on_each, payload};
use host_tests::authentication::{ACME, AGENTS, PARTNER};
use host_tests::hosts::envoys;
use host_tests::tokens::Issuer;
use serde_json::json;

#[test]
fn missing_token_passes_without_metadata_only_where_it_is_allowed() {
    on_each(|gateway, issuers| {
        assert_eq!(gateway.get("one", &[]).err(), Some(401));
        for listener in ["or_none", "anything"] {
            let seen = gateway.get(listener, &[]).expect("no token is needed");
            assert_eq!(*seen.read(METADATA), Property::text(""));
            assert_eq!(*seen.claim("sub"), Property::Absent);
        }
        let token = issuers.acme.token(json!({ "sub": "alice" }));
        for listener in ["one", "or_none", "anything"] {
            let seen = gateway.bearer(listener, &token).expect("it is valid");
            assert_eq!(*seen.claim("sub"), Property::text("alice"));
        }
    });
}

#[test]
fn invalid_token_leaves_no_metadata() {
    on_each(|gateway, issuers| {
        let stranger = Issuer::new(ACME.issuer, ACME.audience);
        let invalid = [
            ("another key", stranger.token(json!({ "sub": "alice" }))),
            (
                "expired",
                issuers
                    .acme
                    .token(json!({ "sub": "alice", "exp": 1_000_000_000 })),
            ),
            (
                "another issuer",
                issuers
                    .acme
                    .token(json!({ "sub": "alice", "iss": PARTNER.issuer })),
            ),
            (
                "a claim twice",
                issuers.acme.signed(&format!(
                    r#"{{"iss":"{}","aud":"{}","sub":"alice","sub":"bob"}}"#,
                    ACME.issuer, ACME.audience
                )),
            ),
            ("no token", "alice".to_owned()),
        ];
        for (why, token) in &invalid {
            for listener in ["one", "or_none"] {
                assert_eq!(gateway.bearer(listener, token).err(), Some(401), "{why}");
            }
            let seen = gateway.bearer("anything", token).expect("anything passes");
            assert_eq!(*seen.read(METADATA), Property::text(""), "{why}");
            assert_eq!(*seen.claim("sub"), Property::Absent, "{why}");
            let token = format!("Bearer {token}");
            assert_eq!(
                seen.header("authorization"),
                Some(token),
                "{why}: it goes on"
            );
        }
    });
}

#[test]
fn token_without_an_expiry_is_valid_and_is_not_forwarded() {
    on_each(|gateway, issuers| {
        let token = issuers.acme.token(json!({ "sub": "alice" }));
        let seen = gateway.bearer("only", &token).expect("it is valid");
        assert_eq!(payload(&seen, "jwt").expect("a payload").get("exp"), None);
        assert_eq!(seen.header("authorization"), None);
    });
}

#[test]
fn two_issuers_under_one_key_differ_by_the_claim_iss_alone() {
    on_each(|gateway, issuers| {
        for (provider, issuer) in [(ACME, &issuers.acme), (PARTNER, &issuers.partner)] {
            let token = issuer.token(json!({ "sub": "alice" }));
            let seen = gateway.bearer("one", &token).expect("it is valid");
            assert_eq!(*seen.claim("sub"), Property::text("alice"));
            assert_eq!(*seen.claim("iss"), Property::text(provider.issuer));
        }
    });
}

#[test]
fn two_required_tokens_arrive_under_two_keys() {
    on_each(|gateway, issuers| {
        let user = format!("Bearer {}", issuers.acme.token(json!({ "sub": "alice" })));
        let agent = issuers.agents.token(json!({ "sub": "agent-one" }));
        let both = [("authorization", user.as_str()), ("x-agent-token", &agent)];
        let seen = gateway.get("all", &both).expect("both are valid");
        assert_eq!(*seen.claim("sub"), Property::text("alice"));
        assert_eq!(
            *seen.read(&claim("agent", "sub")),
            Property::text("agent-one")
        );
        for key in ["jwt", "agent"] {
            assert!(payload(&seen, key).is_some(), "{key}");
        }
        for one in both {
            assert_eq!(gateway.get("all", &[one]).err(), Some(401));
        }
    });
}

#[test]
fn claim_headers_are_those_of_the_token_or_are_removed() {
    on_each(|gateway, issuers| {
        let spoofed = [
            ("x-claim-sub", "root"),
            ("x-claim-roles", "WyJhZG1pbiJd"),
            ("x-other", "kept"),
        ];
        let without = gateway
            .get("anything", &spoofed)
            .expect("no token is needed");
        assert_eq!(without.header("x-other").as_deref(), Some("kept"));
        for name in ["x-claim-sub", "x-claim-roles"] {
            assert_eq!(without.header(name), None, "{name}");
        }
        let token = issuers
            .acme
            .token(json!({ "sub": "alice", "age": 7, "tenant": { "id": 1 } }));
        let token = format!("Bearer {token}");
        let spoofed = [&spoofed[..], &[("authorization", token.as_str())]].concat();
        let with = gateway.get("anything", &spoofed).expect("it is valid");
        assert_eq!(with.header("x-claim-sub").as_deref(), Some("alice"));
        assert_eq!(with.header("x-claim-age").as_deref(), Some("7"));
        // The base64 of {"id":1}.
        assert_eq!(
            with.header("x-claim-tenant").as_deref(),
            Some("eyJpZCI6MX0=")
        );
        assert_eq!(with.header("x-claim-roles"), None, "the token has none");
        let token = format!("Bearer {}", issuers.acme.token(json!({ "roles": ["dev"] })));
        let with = gateway
            .get("anything", &[("authorization", &token)])
            .expect("it is valid");
        // The base64 of ["dev"].
        assert_eq!(
            with.header("x-claim-roles").as_deref(),
            Some("WyJkZXYiXQ==")
        );
    });
}

#[test]
fn two_required_tokens_under_one_key_leave_the_claims_of_one() {
    on_each(|gateway, issuers| {
        let user = issuers
            .acme
            .token(json!({ "sub": "alice", "tier": "gold" }));
        let user = format!("Bearer {user}");
        let agent = issuers.agents.token(json!({ "sub": "agent-one" }));
        let both = [("authorization", user.as_str()), ("x-agent-token", &agent)];
        let seen = gateway.get("same_key", &both).expect("both are valid");
        let left = json!({ "sub": "agent-one", "iss": AGENTS.issuer, "aud": AGENTS.audience });
        assert_eq!(payload(&seen, "jwt"), Some(left));
    });
}

/// Calls a test with every installed Envoy, and with the claim header `root` of a client where that Envoy keeps it:
/// before 1.40 it removes those of the providers alone that it tried for the request.
fn on_all(test: impl Fn(&Gateway, &Issuers, Option<&str>)) {
    for (version, binary) in envoys() {
        let minor = version.split('.').nth(1);
        let minor: u32 = minor
            .and_then(|own| own.parse().ok())
            .expect("a minor version");
        println!("Envoy {version}");
        on(binary, |gateway, issuers| {
            test(gateway, issuers, (minor < 40).then_some("root"));
        });
    }
}

#[test]
fn path_without_a_requirement_passes_without_metadata_and_before_1_40_with_claim_headers() {
    on_all(|gateway, issuers, kept| {
        let token = issuers.acme.token(json!({ "sub": "alice" }));
        let token = format!("Bearer {token}");
        let headers = [("authorization", token.as_str()), ("x-claim-sub", "root")];
        for listener in ["elsewhere", "nothing_required"] {
            let seen = gateway.get(listener, &headers).expect("no token is needed");
            assert_eq!(*seen.read(METADATA), Property::text(""));
            let header = seen.header("x-claim-sub");
            assert_eq!(header.as_deref(), kept, "{listener}");
        }
    });
}

#[test]
fn token_of_an_issuer_before_that_of_claim_headers_keeps_them_before_1_40() {
    on_all(|gateway, issuers, kept| {
        let token = issuers.partner.token(json!({ "sub": "mallory" }));
        let token = format!("Bearer {token}");
        let headers = [("authorization", token.as_str()), ("x-claim-sub", "root")];
        for (listener, kept) in [("acme_first", None), ("partner_first", kept)] {
            let seen = gateway.get(listener, &headers).expect("it is valid");
            assert_eq!(*seen.claim("sub"), Property::text("mallory"));
            assert_eq!(seen.header("x-claim-sub").as_deref(), kept, "{listener}");
        }
    });
}

#[test]
fn route_that_disables_the_filter_keeps_the_claim_headers_of_a_client() {
    on_all(|gateway, _, _| {
        let seen = gateway.get("disabled", &[("x-claim-sub", "root")]);
        let seen = seen.expect("no token is needed");
        assert_eq!(*seen.read(METADATA), Property::text(""));
        assert_eq!(seen.header("x-claim-sub").as_deref(), Some("root"));
    });
}

#[test]
fn header_that_is_removed_before_all_filters_comes_from_a_token_alone() {
    on_all(|gateway, issuers, _| {
        let own = issuers.acme.token(json!({ "sub": "alice" }));
        let other = issuers.partner.token(json!({ "sub": "mallory" }));
        for (listener, token, header) in [
            ("removed", &own, Some("alice")),
            ("removed", &other, None),
            ("removed_elsewhere", &own, None),
        ] {
            let token = format!("Bearer {token}");
            let headers = [("authorization", token.as_str()), ("x-claim-sub", "root")];
            let seen = gateway.get(listener, &headers).expect("it passes");
            assert_eq!(seen.header("x-claim-sub").as_deref(), header, "{listener}");
        }
    });
}

#[test]
fn token_for_another_audience_or_for_none_is_refused() {
    on_each(|gateway, issuers| {
        for (audience, refused) in [
            (json!(ACME.audience), None),
            (json!(["another", ACME.audience]), None),
            (json!("https://another.example"), Some(403)),
            (json!([]), Some(403)),
        ] {
            let token = issuers.acme.token(json!({ "aud": audience }));
            assert_eq!(gateway.bearer("only", &token).err(), refused, "{audience}");
        }
    });
}

#[test]
fn provider_without_a_key_for_the_payload_leaves_no_metadata() {
    on_each(|gateway, issuers| {
        let token = issuers.acme.token(json!({ "sub": "alice" }));
        let seen = gateway.bearer("no_payload", &token).expect("it is valid");
        assert_eq!(*seen.read(METADATA), Property::text(""));
    });
}
