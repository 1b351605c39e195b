//! Tests that Envoy's access log prints the members of a decision that the policy names, and no others.

use super::gateway::{post, verdict};
use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::hosts::envoys;
use host_tests::rpc::call;
use host_tests::upstream::Upstream;
use host_tests::wasm_path;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

const POLICY: &str = r#"{ "version": "1", "default": "deny", "tools": { "run": {} },
    "host": { "hold_request_headers": true, "filter_state": ["tool", "decision", "reason"] } }"#;

/// A line of JSON for each request, with members that the policy names, and one that it does not.
fn access_log() -> Value {
    let member = |name: &str| format!("%FILTER_STATE(wasm.mcp.{name}:PLAIN)%");
    json!({
        "name": "envoy.access_loggers.file",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
            "path": "access.json",
            "log_format": { "json_format": {
                "tool": member("tool"),
                "decision": member("decision"),
                "reason": member("reason"),
                "method": member("method"),
            } },
        },
    })
}

/// An Envoy that was called twice, and its upstream.
fn called(binary: Option<PathBuf>) -> (Envoy, Upstream) {
    let upstream = Upstream::start().expect("the upstream starts");
    let mut listener = Listener::new("mcp", POLICY, upstream.addr(), &wasm_path());
    listener.access_logs = vec![access_log()];
    let mut config = Config::new(vec![listener]);
    config.binary = binary;
    let envoy = Envoy::start(&config).expect("Envoy starts");
    for (tool, expected) in [
        ("run", "forwarded"),
        ("drop\u{e9} \\\"a", "200 not_allowed"),
    ] {
        assert_eq!(verdict(&post(envoy.addr("mcp"), call(tool))), expected);
    }
    (envoy, upstream)
}

/// The lines of the access log, which Envoy writes every ten seconds.
fn printed(envoy: &Envoy) -> Vec<Value> {
    for _ in 0..200 {
        let text = envoy.written("access.json");
        if text.lines().count() == 2 {
            let parsed = text.lines().map(serde_json::from_str);
            return parsed.collect::<Result<_, _>>().expect("lines of JSON");
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("no access log: {}", envoy.log());
}

#[test]
fn access_log_prints_the_members_that_the_policy_names() {
    let started: Vec<_> = envoys()
        .map(|(version, binary)| (version, called(binary)))
        .collect();
    for (version, (envoy, _)) in &started {
        let expected = [
            json!({ "tool": "run", "decision": "allow", "reason": null, "method": null }),
            json!({ "tool": "drop\u{e9} \"a", "decision": "deny", "reason": "not_allowed", "method": null }),
        ];
        assert_eq!(printed(envoy), expected, "Envoy {version}");
    }
}
