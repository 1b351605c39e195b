//! Tests clients whom no authority vouches for: nothing of theirs arrives.

use super::setting::{intruders, on_each, verdict_of};
use host_tests::certificates::{Certificate, Names};
use host_tests::fleet::{Counts, Credential, SERVERS};

#[test]
fn client_without_a_valid_credential_is_refused_by_every_server() {
    on_each(|fleet| {
        for intruder in intruders() {
            let refused = match intruder.credential {
                Credential::Claimed(_) => "200 identity",
                _ => "401 no reason",
            };
            for server in SERVERS {
                let verdict = verdict_of(fleet, &intruder, server, "run");
                assert_eq!(verdict, refused, "{} {}", intruder.name, server.name);
            }
        }
        assert_eq!(fleet.arrived(), Counts::new());
    });
}

#[test]
fn certificate_that_no_authority_signed_reaches_no_server() {
    on_each(|fleet| {
        let names = Names {
            uris: &["spiffe://acme.example/one"],
            ..Names::default()
        };
        let own = Certificate::self_signed(names);
        for certificate in [None, Some(&own)] {
            let caller = fleet.certified("stranger", certificate);
            let call = fleet.call(&caller, SERVERS[0], "run");
            assert!(call.is_err(), "{call:?}");
        }
        assert_eq!(fleet.arrived(), Counts::new());
    });
}

#[test]
fn certificate_of_another_name_has_no_grant() {
    on_each(|fleet| {
        for (uri, expected) in [
            ("spiffe://acme.example/three", "forwarded"),
            ("spiffe://acme.example.evil.example/one", "200 identity"),
            (
                "spiffe://evil.example/spiffe://acme.example/one",
                "200 identity",
            ),
            ("spiffe://ACME.example/one", "200 identity"),
        ] {
            let caller = fleet.agent("agent", uri);
            let verdict = verdict_of(fleet, &caller, SERVERS[0], "search");
            assert_eq!(verdict, expected, "{uri}");
        }
    });
}
