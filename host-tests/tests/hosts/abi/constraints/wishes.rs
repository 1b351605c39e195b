//! Tests the sentences with which a policy is refused on a host that cannot keep it, each beside a host that can.

use super::super::vm::MODULE;
use host_tests::APPROVAL_KEYS;
use host_tests::abi::constraints::{APISIX, Constraints, ENVOY, GOOGLE, ISTIO, NGINX};
use host_tests::abi::exchange::{Gateway, Message};
use host_tests::rpc::call;

const NO_DATA: &str = "this host has no shared data";
const NO_TIMER: &str = "this host has no timer";

/// A policy with these members beside its version.
fn policy(members: &str) -> String {
    format!(r#"{{ "version": "1", "default": "deny", {members} }}"#)
}

fn tool(entry: &str) -> String {
    policy(&format!(r#""tools": {{ "run": {entry}, "stop": {{}} }}"#))
}

fn approvals(notify: &str) -> String {
    let key = APPROVAL_KEYS[0];
    format!(
        r#"{{ "version": "1", "default": "deny", "tools": {{ "run": {{ "action": "require_approval" }} }},
            "approvals": {{ "keys": ["{key}"], "url": "https://gateway.example/approvals",
                "approvers": {{ "ops": {{ "mtls": {{ "uri_san": "spiffe://acme.example/ops/*" }} }} }} {notify} }} }}"#
    )
}

fn refusal(host: Constraints, policy: &str) -> String {
    Gateway::start(&MODULE, host, policy)
        .err()
        .unwrap_or_default()
}

/// A host refuses the policy in words, and Envoy takes it.
fn refused(hosts: &[Constraints], policy: &str, words: &[&str]) {
    assert_eq!(refusal(ENVOY, policy), "", "control: {policy}");
    for host in hosts {
        let told = refusal(*host, policy);
        let tells = words.iter().all(|words| told.contains(words));
        assert!(tells, "{} says {told:?} of {policy}", host.name);
    }
}

#[test]
fn policy_that_remembers_is_refused_without_shared_data() {
    for entry in [
        r#"{ "limits": [ { "counter": "calls", "window": "day", "max": 1 } ] }"#,
        r#"{ "pin": "first_use" }"#,
    ] {
        refused(&[APISIX, GOOGLE], &tool(entry), &[NO_DATA]);
        assert_eq!(refusal(ISTIO, &tool(entry)), "");
        assert_eq!(refusal(NGINX, &tool(entry)), "");
    }
    let sequence = r#""sequence": [ { "after": ["run"], "deny": ["stop"], "for": "10m" } ],
        "tools": { "run": {}, "stop": {} }"#;
    refused(&[APISIX, GOOGLE], &policy(sequence), &[NO_DATA]);
    refused(&[APISIX], &approvals(""), &[NO_DATA]);
}

#[test]
fn policy_that_needs_a_timer_is_refused_without_one() {
    let collector = r#""host": { "audit_collector": { "cluster": "audit", "path": "/" } }"#;
    for (members, at) in [
        (
            r#""host": { "hold_request_headers": true }"#,
            "/host/hold_request_headers",
        ),
        (collector, "/host/audit_collector"),
    ] {
        refused(&[GOOGLE], &policy(members), &[NO_TIMER, at]);
    }
    let key = APPROVAL_KEYS[0];
    let notify = format!(r#", "notify": {{ "cluster": "chat", "path": "/", "key": "{key}" }}"#);
    refused(
        &[GOOGLE],
        &approvals(&notify),
        &[NO_TIMER, "/approvals/notify"],
    );
}

#[test]
fn policy_with_metrics_is_refused_without_them() {
    let members = r#""host": { "metrics": true }"#;
    refused(
        &[GOOGLE],
        &policy(members),
        &["this host has no metrics", "/host/metrics"],
    );
    assert_eq!(
        refusal(APISIX, &policy(members)),
        "",
        "it only says that it has them"
    );
}

/// A call cannot be tried while the plugin is configured: nginx ends the plugin for it. Each message is refused instead.
#[test]
fn call_is_refused_where_a_service_cannot_be_asked() {
    let key = APPROVAL_KEYS[0];
    let approval = format!(
        r#"{{ "version": "1", "default": "deny", "tools": {{ "run": {{ "action": "require_approval" }} }},
            "approvals": {{ "keys": ["{key}"], "service": {{ "cluster": "decisions", "path": "/ask", "key": "{key}" }} }} }}"#
    );
    let mut gateway = Gateway::start(&MODULE, GOOGLE, &approval).expect("the policy is accepted");
    let played = gateway.play(&Message {
        method: "POST",
        pieces: vec![call("run")],
        ..Message::default()
    });
    assert_eq!(
        (&*played.end, played.server),
        ("200 mcp_policy_unavailable", None)
    );
}
