//! Measures the properties that identify a caller, on a listener with all kinds of authentication, and prints the costs.
//!
//! It expects values, never times.

use super::probe::{Gateway, LIMIT, METADATA, Probe, Property, claim, oldest_and_current, request};
use host_tests::authentication::{
    ACME, CLIENT_AUTHORITY, Clients, KEYS, SERVER_CERTIFICATE, SERVER_KEY, Tokens, api_key_auth,
    jwt_authn, tls,
};
use host_tests::certificates::{Authority, Names};
use host_tests::say::say;
use host_tests::tls::Client;
use host_tests::tokens::Issuer;
use serde_json::{Value, json};
use std::path::PathBuf;

const URI: &str = "connection|uri_san_peer_certificate";
const DNS: &str = "connection|dns_san_peer_certificate";
const HEADER: &str = "request|headers|x-client-id";
/// The calls in one measurement, as the probe makes them.
const CALLS: u64 = 10_000;
/// The measurements, of which the shortest counts: the machine has other work too.
const ROUNDS: usize = 10;

/// The claims of a usual token, and some more.
fn claims(more: usize) -> Value {
    let mut claims = json!({
        "sub": "alice", "exp": 4_000_000_000_u64, "iat": 1_700_000_000, "nbf": 1_700_000_000,
        "jti": "4f9c6a2e-7a0b-4c57-9a35-b7f7f3c8d1e2", "scope": "read write", "email": "alice@acme.example",
        "roles": ["admin", "dev"], "tenant": { "id": "t-1", "tier": "gold" }, "verified": true,
    });
    for number in 0..more {
        claims[format!("claim-{number:02}")] = "a value of thirty-two characters".into();
    }
    claims
}

/// An Envoy that demands a token, a key and a certificate, and a client with the certificate.
struct Setting {
    gateway: Gateway,
    issuer: Issuer,
    client: Client,
}

impl Setting {
    fn new(binary: Option<PathBuf>, paths: &[String]) -> Self {
        let (authority, issuer) = (Authority::new(), Issuer::new(ACME.issuer, ACME.audience));
        let server = authority.server();
        let gateway = Probe::new(binary)
            .keys(&ACME, &issuer)
            .file(CLIENT_AUTHORITY, authority.pem())
            .file(SERVER_CERTIFICATE, server.pem)
            .file(SERVER_KEY, server.key_pem)
            .listener_with("all", paths, |listener| {
                listener.transport_socket = Some(tls(Clients::Verified));
                let tokens = jwt_authn(&[ACME], Tokens::One);
                listener.before = vec![tokens, api_key_auth(&KEYS, true)];
            })
            .start();
        let certificate = authority.certificate(Names {
            uris: &["spiffe://acme.example/ns/agents/sa/one"],
            ..Names::default()
        });
        Self {
            gateway,
            issuer,
            client: Client::new(&authority, Some(&certificate)),
        }
    }

    /// For each property the bytes, and the nanoseconds of a call.
    fn measured(&self, claims: Value, paths: &[String]) -> Vec<(Property, u64)> {
        let token = format!("Bearer {}", self.issuer.token(claims));
        let request = request(&[("authorization", &token), ("x-api-key", KEYS[0].0)]);
        let answer = self
            .client
            .send(self.gateway.addr("all"), &request, LIMIT)
            .expect("an answer");
        let seen = self.gateway.seen(&answer).expect("all of it is valid");
        let one = |path: &String| {
            let time = seen.read(&format!("~{path}")).bytes();
            let time = u64::from_le_bytes(*time.as_array().expect("8 bytes"));
            (seen.read(path).clone(), time / CALLS)
        };
        paths.iter().map(one).collect()
    }
}

#[test]
fn costs_of_properties_are_printed() {
    let paths = [
        METADATA.to_owned(),
        claim("jwt", "sub"),
        claim("jwt", "absent"),
        URI.to_owned(),
        DNS.to_owned(),
        HEADER.to_owned(),
    ];
    let all: Vec<_> = paths
        .iter()
        .flat_map(|path| [path.clone(), format!("~{path}")])
        .collect();
    for (version, binary) in oldest_and_current() {
        let setting = Setting::new(binary, &all);
        for more in [0, 40] {
            let rounds: Vec<_> = (0..ROUNDS)
                .map(|_| setting.measured(claims(more), &paths))
                .collect();
            for (index, path) in paths.iter().enumerate() {
                let times = rounds.iter().map(|round| round[index].1);
                let least = times.min().expect("a round");
                let found = match &rounds[0][index].0 {
                    Property::Found(bytes) => format!("{} bytes", bytes.len()),
                    other => format!("{other:?}"),
                };
                say(&format!("Envoy {version}: {path}: {found}, {least} ns"));
            }
            let [metadata, subject, absent, uri, dns, client] = &rounds[0][..] else {
                panic!("six properties")
            };
            assert!(metadata.0.bytes().len() > 300);
            assert_eq!(subject.0, Property::text("alice"));
            assert_eq!(uri.0.bytes().len(), 38);
            assert_eq!((&absent.0, &dns.0), (&Property::Absent, &Property::Absent));
            assert_eq!(client.0, Property::text(KEYS[0].1));
        }
    }
}
