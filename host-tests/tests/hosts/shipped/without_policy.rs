//! A gateway that gets its policy from elsewhere refuses in words while it has no valid one, and keeps the last valid one.

use super::discovery::Discovery;
use super::gateway::{Gateway, deliver, eventually};
use host_tests::ports;
use host_tests::require::{ENVOY, lacks};
use host_tests::shipped::{Shipped, options, rendered};
use host_tests::upstream::Upstream;
use mcp_policy_cli::envoy::render::PolicySource;
use serde_json::{Value, json};
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

const VALID: &str = r#"{ "version": "1", "default": "deny", "host": { "hold_request_headers": true }, "tools": { "run": {} } }"#;
const NEXT: &str = r#"{ "version": "1", "default": "deny", "host": { "hold_request_headers": true }, "tools": { "status": {} } }"#;
const INVALID: &str = r#"{ "version": "1", "default": "allow", "tolls": {} }"#;
const WORDS: &str = "No policy is in force at this gateway. Do not retry; tell its operator.";

/// Writes a policy into the file that Envoy reads, as somebody does who does not check it.
fn spoil(policy: &str, folder: &Path) {
    let path = folder.join("plugin.json");
    let text = fs::read_to_string(&path).expect("a file");
    let mut file: Value = serde_json::from_str(&text).expect("JSON");
    file["resources"][0]["typed_config"]["config"]["configuration"]["value"] = policy.into();
    let other = folder.join("other.json");
    fs::write(&other, file.to_string()).expect("it can be written");
    fs::rename(&other, &path).expect("it can be moved");
}

fn refuses_in_words(gateway: &Gateway, upstream: &Upstream) {
    let answer = gateway.answer("run");
    assert!(answer.contains(WORDS), "{answer}");
    assert!(answer.contains(r#""reason":"frozen""#), "{answer}");
    assert_eq!(upstream.take().len(), 0, "nothing reaches the server");
}

#[test]
fn invalid_first_file_is_answered_in_words_until_a_valid_one() {
    if lacks(&[ENVOY]) {
        return;
    }
    let upstream = Upstream::start().expect("the upstream starts");
    let gateway = Gateway::start("envoy-ecds.yaml", &upstream, |folder| {
        deliver(VALID, folder);
        spoil(INVALID, folder);
    });
    refuses_in_words(&gateway, &upstream);
    deliver(VALID, gateway.folder());
    eventually("the valid policy is in force", || {
        gateway.call("run") == "forwarded"
    });
    spoil(&INVALID.replace("tolls", "tool"), gateway.folder());
    eventually("the bad policy was looked at", || {
        gateway.log().contains("unknown key `tool`")
    });
    assert_eq!(gateway.call("run"), "forwarded", "the valid policy stays");
    assert_eq!(gateway.call("status"), "not_allowed", "it decides");
}

fn from_server(upstream: &Upstream, server: SocketAddr) -> Gateway {
    let mut options = options(ports::free(), upstream.addr());
    options.source = PolicySource::Xds(server.to_string().parse().expect("an address"));
    let policy = json!({ "version": "1", "default": "deny" });
    let text = rendered(&policy, &options);
    let envoy = Shipped::run(&options, |_| text);
    Gateway::answering(envoy)
}

#[test]
fn policy_from_a_server_changes_and_stays_without_the_server() {
    if lacks(&[ENVOY]) {
        return;
    }
    let upstream = Upstream::start().expect("the upstream starts");
    let server = Discovery::start(VALID);
    let gateway = from_server(&upstream, server.addr());
    assert_eq!(gateway.call("run"), "forwarded");
    assert_eq!(gateway.call("status"), "not_allowed");
    server.publish(NEXT);
    eventually("the next policy is in force", || {
        gateway.call("status") == "forwarded"
    });
    assert_eq!(gateway.call("run"), "not_allowed");
    server.publish(INVALID);
    eventually("the bad policy was looked at", || {
        gateway.log().contains("did you mean `tools`?")
    });
    assert_eq!(gateway.call("status"), "forwarded", "the old policy stays");
    drop(server);
    eventually("it stays without the server", || {
        gateway.call("status") == "forwarded"
    });
    assert_eq!(gateway.call("run"), "not_allowed");
}

#[test]
fn gateway_without_its_server_at_the_start_refuses_in_words() {
    if lacks(&[ENVOY]) {
        return;
    }
    let upstream = Upstream::start().expect("the upstream starts");
    let gateway = from_server(&upstream, ports::refusing());
    refuses_in_words(&gateway, &upstream);
}
