//! Measures the properties that identify a caller, on a listener with all kinds of authentication, and prints the costs.
//!
//! It expects values, never times.

use super::super::probe::{
    Gateway, LIMIT, METADATA, Probe, Property, Seen, claim, oldest_and_current, request,
};
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
const AGENT: &str = "spiffe://acme.example/ns/agents/sa/one";
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
            .listener("nothing", paths, Vec::new())
            .start();
        let certificate = authority.certificate(Names {
            uris: &[AGENT],
            ..Names::default()
        });
        Self {
            gateway,
            issuer,
            client: Client::new(&authority, Some(&certificate)),
        }
    }

    /// A request with all that identifies a caller.
    fn with_all(&self, claims: Value) -> Seen {
        let token = format!("Bearer {}", self.issuer.token(claims));
        let request = request(&[("authorization", &token), ("x-api-key", KEYS[0].0)]);
        let answer = self
            .client
            .send(self.gateway.addr("all"), &request, LIMIT)
            .expect("an answer");
        self.gateway.seen(&answer).expect("all of it is valid")
    }

    /// A request without any of it, to a listener without filters and without TLS.
    fn with_nothing(&self) -> Seen {
        self.gateway.get("nothing", &[]).expect("it needs nothing")
    }
}

/// The values of some properties as the probe read them, and the least nanoseconds of a call.
fn measured(paths: &[String], request: impl Fn() -> Seen) -> Vec<(Property, u64)> {
    let rounds: Vec<_> = (0..ROUNDS).map(|_| request()).collect();
    let nanos = |seen: &Seen, path: &str| {
        let total = seen.read(&format!("~{path}")).bytes();
        u64::from_le_bytes(*total.as_array().expect("8 bytes")) / CALLS
    };
    let one = |path: &String| {
        let least = rounds.iter().map(|seen| nanos(seen, path)).min();
        (rounds[0].read(path).clone(), least.expect("a round"))
    };
    paths.iter().map(one).collect()
}

fn print(what: &str, paths: &[String], measured: &[(Property, u64)]) {
    for (path, (found, nanos)) in paths.iter().zip(measured) {
        let found = match found {
            Property::Found(bytes) => format!("{} bytes", bytes.len()),
            other => format!("{other:?}"),
        };
        say(&format!("{what}: {path}: {found}, {nanos} ns"));
    }
}

#[test]
fn costs_of_properties_are_printed() {
    let subject = claim("jwt", "sub");
    let absent = claim("jwt", "absent");
    let paths = [METADATA, &subject, &absent, URI, DNS, HEADER].map(str::to_owned);
    let all = paths
        .iter()
        .flat_map(|path| [path.clone(), format!("~{path}")]);
    let all: Vec<_> = all.collect();
    for (version, binary) in oldest_and_current() {
        let setting = Setting::new(binary, &all);
        for more in [0, 40] {
            let measured = measured(&paths, || setting.with_all(claims(more)));
            print(&format!("Envoy {version}"), &paths, &measured);
            let [metadata, subject, absent, uri, dns, client] = &measured[..] else {
                panic!("six properties")
            };
            assert!(metadata.0.bytes().len() > 300);
            assert_eq!(subject.0, Property::text("alice"));
            assert_eq!(uri.0, Property::text(AGENT));
            assert_eq!((&absent.0, &dns.0), (&Property::Absent, &Property::Absent));
            assert_eq!(client.0, Property::text(KEYS[0].1));
        }
        let measured = measured(&paths, || setting.with_nothing());
        print(
            &format!("Envoy {version}, nothing verified"),
            &paths,
            &measured,
        );
        assert_eq!(measured[0].0, Property::text(""));
        assert!(measured[1..].iter().all(|one| one.0 == Property::Absent));
    }
}
