//! The lines of the log about approvals.

use super::gateway::*;

#[test]
fn log_names_the_caller_the_approver_and_each_standing() {
    let mut gateway = Gateway::new();
    let id = gateway.call("deploy", "{}").id();
    gateway.approve(&id);
    assert!(gateway.call("deploy", "{}").passed());
    let with = |text: &str| {
        gateway
            .lines
            .iter()
            .filter(|line| line.contains(text))
            .count()
    };
    assert_eq!(with(r#""standing":"asked""#), 1);
    assert_eq!(
        with(r#""approver":"pat (release)""#),
        2,
        "{:?}",
        gateway.lines
    );
    assert_eq!(with(r#""standing":"used""#), 1);
}

#[test]
fn expired_approval_is_logged_once_with_the_next_change() {
    let mut gateway = Gateway::new();
    gateway.call("deploy", "{}");
    gateway.now += 900_000;
    gateway.call("deploy", r#"{"n":1}"#);
    gateway.call("deploy", r#"{"n":2}"#);
    let expired = gateway
        .lines
        .iter()
        .filter(|line| line.contains(r#""standing":"expired""#));
    assert_eq!(expired.count(), 1, "{:?}", gateway.lines);
}
