//! Tests what TLS tells a plugin about a client's certificate.

use super::super::probe::{Gateway, LIMIT, Probe, Property, Seen, oldest_and_current, request};
use host_tests::authentication::{
    CLIENT_AUTHORITY, Clients, SERVER_CERTIFICATE, SERVER_KEY, forwarded_certificate, tls,
};
use host_tests::certificates::{Authority, Certificate, Names};
use host_tests::tls::Client;
use serde_json::{Value, json};
use std::io;
use std::path::PathBuf;

const MTLS: &str = "connection|mtls";
const URI: &str = "connection|uri_san_peer_certificate";
const DNS: &str = "connection|dns_san_peer_certificate";
const SUBJECT: &str = "connection|subject_peer_certificate";
const DIGEST: &str = "connection|sha256_peer_certificate_digest";
const XFCC: &str = "x-forwarded-client-cert";

const AGENT_ID: &str = "spiffe://acme.example/ns/agents/sa/one";
const AGENT: Names<'_> = Names {
    subject: ["Acme", "Agents", "agent-one"],
    uris: &[AGENT_ID],
    dns: &[],
};

/// An Envoy with a listener for each way to ask for certificates, and two authorities of which it trusts the first.
struct Setting {
    gateway: Gateway,
    authority: Authority,
    stranger: Authority,
}

impl Setting {
    fn new(binary: Option<PathBuf>) -> Self {
        let [authority, stranger] = [Authority::new(), Authority::new()];
        let server = authority.server();
        let gateway = Probe::new(binary)
            .file(CLIENT_AUTHORITY, authority.pem())
            .file(SERVER_CERTIFICATE, server.pem)
            .file(SERVER_KEY, server.key_pem);
        let gateway = [
            ("verified", Clients::Verified, json!({})),
            ("or_none", Clients::VerifiedOrNone, json!({})),
            ("unverified", Clients::Unverified, forwarded_certificate()),
            ("forwarded", Clients::Verified, forwarded_certificate()),
        ]
        .into_iter()
        .fold(gateway, with_tls)
        .listener("plain", &[MTLS, URI, DNS, SUBJECT, DIGEST], Vec::new())
        .start();
        Self {
            gateway,
            authority,
            stranger,
        }
    }

    fn get(&self, listener: &str, certificate: Option<&Certificate>) -> io::Result<Seen> {
        let client = Client::new(&self.authority, certificate);
        let spoofed = request(&[(XFCC, "URI=spiffe://acme.example/root")]);
        let answer = client.send(self.gateway.addr(listener), &spoofed, LIMIT)?;
        Ok(self
            .gateway
            .seen(&answer)
            .expect("Envoy has no other check"))
    }

    /// The alert with which Envoy ends the handshake.
    fn alert(&self, listener: &str, certificate: Option<&Certificate>) -> String {
        let refused = self.get(listener, certificate);
        let error = refused.expect_err("the handshake fails").to_string();
        let alert = error.strip_prefix("received fatal alert: ");
        alert.unwrap_or(&error).to_owned()
    }

    /// The properties that the plugin reads for a client whose certificate the authority signed with these names.
    fn agent(&self, names: Names<'_>) -> Seen {
        let certificate = self.authority.certificate(names);
        self.get("verified", Some(&certificate))
            .expect("it is verified")
    }
}

fn with_tls(probe: Probe, (name, clients, manager): (&str, Clients, Value)) -> Probe {
    probe.listener_with(name, &[MTLS, URI, DNS, SUBJECT, DIGEST], |listener| {
        listener.transport_socket = Some(tls(clients));
        listener.connection_manager = manager;
    })
}

fn on_each(test: impl Fn(&Setting)) {
    for (version, binary) in oldest_and_current() {
        println!("Envoy {version}");
        test(&Setting::new(binary));
    }
}

#[test]
fn names_of_a_verified_certificate_arrive_as_texts() {
    on_each(|setting| {
        let seen = setting.agent(AGENT);
        assert_eq!(*seen.read(MTLS), Property::Found(vec![1]));
        assert_eq!(*seen.read(URI), Property::text(AGENT_ID));
        assert_eq!(
            *seen.read(SUBJECT),
            Property::text("CN=agent-one,OU=Agents,O=Acme")
        );
        assert_eq!(*seen.read(DNS), Property::Absent);
        let digest = seen.read(DIGEST).bytes();
        assert!(digest.len() == 64 && digest.iter().all(u8::is_ascii_hexdigit));
    });
}

#[test]
fn first_name_of_several_is_the_only_one() {
    on_each(|setting| {
        let seen = setting.agent(Names {
            uris: &[AGENT_ID, "spiffe://acme.example/ns/agents/sa/two"],
            dns: &["one.example", "two.example"],
            ..AGENT
        });
        assert_eq!(*seen.read(URI), Property::text(AGENT_ID));
        assert_eq!(*seen.read(DNS), Property::text("one.example"));
    });
}

#[test]
fn certificate_without_names_has_a_subject_and_a_digest_only() {
    on_each(|setting| {
        let seen = setting.agent(Names {
            subject: ["Acme, Inc", "", "plain"],
            ..Names::default()
        });
        assert_eq!(*seen.read(MTLS), Property::Found(vec![1]));
        assert_eq!(*seen.read(URI), Property::Absent);
        assert_eq!(*seen.read(DNS), Property::Absent);
        // RFC 2253 escapes the comma.
        assert_eq!(
            *seen.read(SUBJECT),
            Property::text(r"CN=plain,O=Acme\, Inc")
        );
    });
}

#[test]
fn client_without_a_certificate_has_no_names() {
    on_each(|setting| {
        let plain = setting.gateway.get("plain", &[]).expect("it is open");
        let seen = setting.get("or_none", None).expect("it needs none");
        for seen in [&plain, &seen] {
            assert_eq!(*seen.read(MTLS), Property::Found(vec![0]));
            for path in [URI, DNS, DIGEST] {
                assert_eq!(*seen.read(path), Property::Absent, "{path}");
            }
        }
        assert_eq!(*plain.read(SUBJECT), Property::Absent);
        assert_eq!(*seen.read(SUBJECT), Property::text(""));
        assert_eq!(setting.alert("verified", None), "CertificateRequired");
    });
}

#[test]
fn certificate_of_another_authority_ends_the_handshake() {
    on_each(|setting| {
        let stranger = setting.stranger.certificate(AGENT);
        for listener in ["verified", "or_none"] {
            assert_eq!(setting.alert(listener, Some(&stranger)), "DecryptError");
            let own = setting.authority.certificate(AGENT);
            setting.get(listener, Some(&own)).expect("it is verified");
        }
    });
}

#[test]
fn unverified_certificate_reads_as_a_verified_one() {
    on_each(|setting| {
        let verified = setting.agent(AGENT);
        let own = Certificate::self_signed(AGENT);
        let seen = setting
            .get("unverified", Some(&own))
            .expect("any is accepted");
        for path in [MTLS, URI, DNS, SUBJECT] {
            assert_eq!(seen.read(path), verified.read(path), "{path}");
        }
        let xfcc = seen.header(XFCC).expect("it is set");
        assert!(xfcc.contains(&format!("URI={AGENT_ID}")), "{xfcc}");
    });
}

#[test]
fn header_of_a_client_about_its_certificate_is_removed_or_replaced() {
    on_each(|setting| {
        assert_eq!(setting.agent(AGENT).header(XFCC), None);
        let certificate = setting.authority.certificate(Names {
            uris: &[AGENT_ID, "spiffe://acme.example/two"],
            dns: &["one.example", "two.example"],
            ..AGENT
        });
        let seen = setting
            .get("forwarded", Some(&certificate))
            .expect("it is verified");
        let digest = String::from_utf8_lossy(seen.read(DIGEST).bytes()).into_owned();
        let expected = format!(
            "Hash={digest};Subject=\"CN=agent-one,OU=Agents,O=Acme\";URI={AGENT_ID};\
             URI=spiffe://acme.example/two;DNS=one.example;DNS=two.example"
        );
        assert_eq!(seen.header(XFCC), Some(expected));
    });
}

#[test]
fn separators_in_a_name_are_not_escaped_in_the_header() {
    on_each(|setting| {
        let name = "spiffe://acme.example/low;URI=spiffe://acme.example/admin,By=x";
        let certificate = setting.authority.certificate(Names {
            uris: &[name],
            ..AGENT
        });
        let seen = setting
            .get("forwarded", Some(&certificate))
            .expect("it is verified");
        assert_eq!(*seen.read(URI), Property::text(name));
        let xfcc = seen.header(XFCC).expect("it is set");
        assert!(xfcc.contains(&format!(";URI={name}")), "{xfcc}");
    });
}

#[test]
fn resumed_session_has_the_names_of_its_certificate() {
    on_each(|setting| {
        let certificate = setting.authority.certificate(AGENT);
        let client = Client::new(&setting.authority, Some(&certificate));
        let addr = setting.gateway.addr("verified");
        for again in [false, true] {
            let answer = client.exchange(addr, &request(&[]), LIMIT);
            let (answer, resumed) = answer.expect("it is verified");
            assert_eq!(resumed, again);
            let seen = setting.gateway.seen(&answer).expect("no other check");
            assert_eq!(*seen.read(MTLS), Property::Found(vec![1]));
            assert_eq!(*seen.read(URI), Property::text(AGENT_ID));
        }
    });
}

#[test]
fn session_of_an_unverified_certificate_is_not_resumed_where_certificates_are_verified() {
    on_each(|setting| {
        let own = Certificate::self_signed(AGENT);
        let client = Client::new(&setting.authority, Some(&own));
        let get = |listener| client.exchange(setting.gateway.addr(listener), &request(&[]), LIMIT);
        for again in [false, true] {
            assert_eq!(get("unverified").expect("any is accepted").1, again);
        }
        for listener in ["verified", "or_none", "forwarded"] {
            get(listener).expect_err("nobody verified it");
        }
    });
}
