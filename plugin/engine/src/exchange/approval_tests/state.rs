//! The kept approvals: their bounds, lost and changed ones, and the keys that prove them.

use super::gateway::*;
use crate::host::*;
use crate::store::Memory;
use std::sync::Arc;

#[test]
fn caller_has_a_bounded_number_of_pending_approvals() {
    let mut gateway = Gateway::new();
    for number in 0..16 {
        assert!(
            gateway
                .call("deploy", &format!(r#"{{"n":{number}}}"#))
                .text()
                .contains("approvals/")
        );
    }
    let more = gateway.call("deploy", r#"{"n":16}"#).text();
    assert!(more.contains("Too many of your calls"), "{more}");
    let other = gateway.call_as("deploy", r#"{"n":16}"#, r#"{"iss":"i","sub":"other"}"#);
    assert!(other.text().contains("approvals/"));
    let first = gateway.call("deploy", r#"{"n":0}"#).id();
    gateway.approve(&first);
    assert!(
        gateway
            .call("deploy", r#"{"n":16}"#)
            .text()
            .contains("approvals/")
    );
}

#[test]
fn lost_or_changed_state_approves_nothing() {
    let mut gateway = Gateway::new();
    let id = gateway.call("deploy", "{}").id();
    gateway.approve(&id);
    let other = r#"{"version":"1"}"#;
    let keys: Vec<String> = gateway.memory.keys().map(Into::into).collect();
    assert!(!keys.is_empty(), "{other}");
    for change in [0_usize, 20, 50, 56, 65, 72, 80] {
        let mut gateway = Gateway::new();
        let id = gateway.call("deploy", "{}").id();
        gateway.approve(&id);
        let (mut bytes, version) = gateway.memory.read("test/3/approvals").unwrap().unwrap();
        bytes[8 + change] ^= 1;
        assert!(
            gateway
                .memory
                .swap("test/3/approvals", &bytes, Some(version))
                .unwrap()
        );
        assert!(!gateway.call("deploy", "{}").passed(), "byte {change}");
    }
    gateway.memory = Memory::default();
    let seen = gateway.call("deploy", "{}");
    assert!(seen.text().contains("unavailable"), "{}", seen.text());
}

#[test]
fn description_that_was_changed_cannot_be_approved() {
    let mut gateway = Gateway::new();
    let id = gateway.call("deploy", r#"{"service":"web"}"#).id();
    let key = "test/3/approvals/0";
    let (mut bytes, version) = gateway.memory.read(key).unwrap().unwrap();
    *bytes.last_mut().unwrap() = b' ';
    assert!(gateway.memory.swap(key, &bytes, Some(version)).unwrap());
    assert_eq!(gateway.decide(&id, "approve", PERSON).status(), 409);
    assert!(!gateway.call("deploy", r#"{"service":"web"}"#).passed());
}

#[test]
fn policy_without_keys_refuses_what_needs_approval() {
    let policy = Policy::parse(POLICY.as_bytes()).unwrap();
    let mut gateway = Gateway::new();
    gateway.store = Store::prepare(&mut gateway.memory, "test", &policy, [7; 16]).unwrap();
    gateway.policy = Arc::new(policy);
    assert!(!gateway.call("deploy", "{}").passed());
    assert!(gateway.call("drop", r#"{"table":"test"}"#).passed());
}

#[test]
fn key_that_is_absent_or_short_is_an_error() {
    let policy = || Policy::parse(POLICY.as_bytes()).unwrap();
    for (value, expected) in [
        (
            None,
            "/approvals/keys/0: found `KEY`, which the environment of the VM does not have",
        ),
        (
            Some("short"),
            "/approvals/keys/0: found `KEY`, whose value has less than 32 characters",
        ),
    ] {
        let errors = policy()
            .with_environment(|_| value.map(Into::into))
            .unwrap_err();
        assert!(errors[0].to_string().starts_with(expected), "{}", errors[0]);
    }
}

#[test]
fn change_of_the_rule_ends_its_approvals() {
    let mut gateway = Gateway::new();
    let id = gateway.call("deploy", "{}").id();
    gateway.approve(&id);
    let changed = POLICY.replace("Deploying needs a person.", "Deploying needs Pat.");
    for (policy, passes) in [(changed, false), (POLICY.replace("15m", "16m"), true)] {
        let policy = Policy::parse(policy.as_bytes()).unwrap();
        gateway.policy = Arc::new(policy.with_environment(key).unwrap());
        assert_eq!(gateway.call("deploy", "{}").passed(), passes);
    }
}
