//! Tests in which bytes the claims of a verified token arrive.

use super::super::probe::Property;
use super::bytes::{list, number, object};
use super::issuers::{PAYLOAD, on_each, payload};
use host_tests::authentication::ACME;
use serde_json::{Value, json};

#[test]
fn claims_of_every_type_arrive_typed_in_the_metadata_alone() {
    let claims = json!({
        "sub": "alice", "iss": ACME.issuer, "aud": ACME.audience, "seven": 7.0, "empty": "", "yes": true, "no": false, "null": null,
        "roles": ["admin", "dev"], "none": [], "mixed": [1.0, "a", true, null, { "k": [2.5] }],
        "holes": ["a", null], "nested": { "key": "value" }, "https://acme.example/tier": "gold",
        "a.b": "dotted", "a": { "b": "inner" },
    });
    on_each(|gateway, issuers| {
        let seen = gateway
            .bearer("one", &issuers.acme.token(claims.clone()))
            .expect("it is valid");
        assert_eq!(payload(&seen, "jwt"), Some(claims.clone()));
        let single = |path| seen.claim(path).clone();
        assert_eq!(single("sub"), Property::text("alice"));
        assert_eq!(single("empty"), Property::text(""));
        assert_eq!(single("seven"), Property::Found(number(7.0)));
        assert_eq!(
            (single("yes"), single("no")),
            (Property::Found(vec![1]), Property::Found(vec![0]))
        );
        assert_eq!(single("roles"), Property::Found(list(&[b"admin", b"dev"])));
        assert_eq!(single("roles|0"), Property::text("admin"));
        assert_eq!(single("none"), Property::Found(list(&[])));
        assert_eq!(single("nested"), Property::Found(object("key", b"value")));
        assert_eq!(single("nested|key"), Property::text("value"));
        assert_eq!(single("https://acme.example/tier"), Property::text("gold"));
        assert_eq!(single("a.b"), Property::text("dotted"));
        for path in ["roles|2", "absent"] {
            assert_eq!(single(path), Property::Absent, "{path}");
        }
        for path in ["null", "holes", "mixed"] {
            assert_eq!(single(path), Property::Unreadable, "{path}");
        }
        assert_eq!(*seen.read(PAYLOAD), Property::Unreadable);
    });
}

#[test]
fn single_properties_of_different_types_have_the_same_bytes() {
    let forged = String::from_utf8(list(&[b"admin"])).expect("small sizes are ASCII");
    on_each(|gateway, issuers| {
        let read = |claims: Value| {
            let seen = gateway
                .bearer("one", &issuers.acme.token(claims))
                .expect("it is valid");
            (
                seen.claim("roles").clone(),
                payload(&seen, "jwt").expect("a payload")["roles"].clone(),
            )
        };
        let (honest, typed) = read(json!({ "roles": ["admin"] }));
        assert_eq!(typed, json!(["admin"]));
        let (text, typed) = read(json!({ "roles": forged }));
        assert_eq!(typed, json!(forged));
        assert_eq!(honest, text);
        assert_eq!(
            read(json!({ "roles": [] })).0,
            read(json!({ "roles": {} })).0
        );
        assert_eq!(
            read(json!({ "roles": "\u{1}" })).0,
            read(json!({ "roles": true })).0
        );
        let double = f64::from_le_bytes(*b"abcdefgh");
        assert_eq!(
            read(json!({ "roles": "abcdefgh" })).0,
            read(json!({ "roles": double })).0
        );
    });
}

#[test]
fn large_integer_arrives_as_the_nearest_double() {
    on_each(|gateway, issuers| {
        let token = issuers
            .acme
            .token(json!({ "big": 9_007_199_254_740_993_u64 }));
        let seen = gateway.bearer("one", &token).expect("it is valid");
        assert_eq!(
            *seen.claim("big"),
            Property::Found(number(9_007_199_254_740_992.0))
        );
    });
}

#[test]
fn text_with_spaces_is_a_list_only_where_the_provider_says_so() {
    on_each(|gateway, issuers| {
        let token = issuers.acme.token(json!({ "scope": "read write" }));
        for (listener, scope) in [
            ("one", json!("read write")),
            ("anything", json!(["read", "write"])),
        ] {
            let seen = gateway.bearer(listener, &token).expect("it is valid");
            assert_eq!(payload(&seen, "jwt").expect("a payload")["scope"], scope);
        }
    });
}
