//! Which calls pass after a person's decision, and how often.

use super::gateway::*;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

#[test]
fn approved_call_passes_once() {
    let mut gateway = Gateway::new();
    let asked = gateway.call("deploy", r#"{"service":"web"}"#);
    let text = asked.text();
    assert!(text.contains("Deploying needs a person."), "{text}");
    assert!(
        text.contains("https://gateway.example/approvals/"),
        "{text}"
    );
    let id = asked.id();
    assert_eq!(
        gateway.call("deploy", r#"{"service":"web"}"#).id(),
        id,
        "asked once"
    );
    gateway.approve(&id);
    assert!(gateway.call("deploy", r#"{"service":"web"}"#).passed());
    let again = gateway.call("deploy", r#"{"service":"web"}"#);
    assert!(!again.passed());
    assert_ne!(again.id(), id);
}

#[test]
fn approval_is_of_exactly_one_call() {
    for (tool, arguments, claims, passes) in [
        (
            "deploy",
            r#"{"service":"web","count":9007199254740993}"#,
            AGENT,
            true,
        ),
        (
            "deploy",
            r#"{ "count" : 9007199254740993, "service":"\u0077eb" }"#,
            AGENT,
            true,
        ),
        (
            "deploy",
            r#"{"service":"web","count":9007199254740992}"#,
            AGENT,
            false,
        ),
        (
            "deploy",
            r#"{"service":"api","count":9007199254740993}"#,
            AGENT,
            false,
        ),
        ("deploy", r#"{"service":"web"}"#, AGENT, false),
        (
            "drop",
            r#"{"service":"web","count":9007199254740993}"#,
            AGENT,
            false,
        ),
        (
            "deploy",
            r#"{"service":"web","count":9007199254740993}"#,
            r#"{"iss":"i","sub":"other"}"#,
            false,
        ),
    ] {
        let mut gateway = Gateway::new();
        let id = gateway
            .call("deploy", r#"{"service":"web","count":9007199254740993}"#)
            .id();
        gateway.approve(&id);
        let seen = gateway.call_as(tool, arguments, claims);
        assert_eq!(seen.passed(), passes, "{tool} {arguments} {claims}");
    }
}

#[test]
fn order_of_list_elements_is_part_of_the_call() {
    let mut gateway = Gateway::new();
    let id = gateway
        .call("deploy", r#"{"steps":["backup","drop"]}"#)
        .id();
    gateway.approve(&id);
    assert!(
        !gateway
            .call("deploy", r#"{"steps":["drop","backup"]}"#)
            .passed()
    );
    assert!(
        gateway
            .call("deploy", r#"{"steps":["backup","drop"]}"#)
            .passed()
    );
}

#[test]
fn condition_that_is_false_needs_no_approval_and_an_unknown_one_does() {
    let mut gateway = Gateway::new();
    assert!(gateway.call("drop", r#"{"table":"test"}"#).passed());
    assert!(!gateway.call("drop", r#"{"table":"users"}"#).passed());
    assert!(!gateway.call("drop", r#"{"table":1}"#).passed());
    assert!(!gateway.call("drop", r"{}").passed());
}

#[test]
fn two_rules_need_two_persons() {
    let mut gateway = Gateway::new();
    let first = gateway.call("twice", "{}").id();
    gateway.approve(&first);
    let second = gateway.call("twice", "{}").id();
    assert_ne!(first, second);
    assert_eq!(gateway.decide(&second, "approve", PERSON).status(), 403);
    assert_eq!(gateway.decide(&second, "approve", GUARD).status(), 200);
    assert!(gateway.call("twice", "{}").passed());
    assert!(!gateway.call("twice", "{}").passed());
}

#[test]
fn person_may_let_one_call_exceed_a_limit() {
    let mut gateway = Gateway::new();
    assert!(gateway.call("limited", "{}").passed());
    let asked = gateway.call("limited", "{}");
    assert!(
        asked.text().contains("The limit of 1 is used up."),
        "{}",
        asked.text()
    );
    gateway.approve(&asked.id());
    assert!(gateway.call("limited", "{}").passed());
    assert!(!gateway.call("limited", "{}").passed());
    gateway.now += 3_600_000;
    assert!(gateway.call("limited", "{}").passed(), "a new hour");
}

#[test]
fn refused_call_is_refused_until_its_time_is_over() {
    let mut gateway = Gateway::new();
    let id = gateway.call("deploy", "{}").id();
    let csrf = gateway.csrf(&id);
    let form = format!("decision=refuse&reason=Not+on+a+Friday.&csrf={csrf}");
    assert_eq!(gateway.submit(&id, &form, PERSON).status(), 200);
    let decided = gateway.show(&id, PERSON)["approval"]["decided"].clone();
    assert_eq!(decided["time"], "2026-01-01T00:00:18.000Z", "{decided}");
    let refused = gateway.call("deploy", "{}").text();
    assert!(
        refused.contains(r#"with the reason \"Not on a Friday.\""#),
        "{refused}"
    );
    gateway.now += 900_000;
    assert_ne!(gateway.call("deploy", "{}").id(), id);
}

#[test]
fn approval_expires_pending_and_approved() {
    let mut gateway = Gateway::new();
    let id = gateway.call("deploy", "{}").id();
    gateway.now += 899_999;
    gateway.approve(&id);
    gateway.now += 900_000;
    let second = gateway.call("deploy", "{}").id();
    assert_ne!(second, id, "the approved one is over");
    gateway.now += 900_000;
    assert_eq!(gateway.decide(&second, "approve", PERSON).status(), 409);
}

#[test]
fn refused_call_gives_its_counts_back_and_an_approval_is_used_last() {
    let mut gateway = Gateway::new();
    let id = gateway.call("counted", "{}").id();
    gateway.approve(&id);
    assert!(gateway.call("counted", "{}").passed());
    for _ in 0..3 {
        let id = gateway.call("counted", "{}").id();
        let body = URL_SAFE_NO_PAD.encode(id);
        assert!(!body.is_empty());
    }
    let id = gateway.call("counted", "{}").id();
    gateway.approve(&id);
    assert!(
        gateway.call("counted", "{}").passed(),
        "waiting calls were not counted"
    );
    let id = gateway.call("counted", "{}").id();
    gateway.approve(&id);
    let full = gateway.call("counted", "{}");
    assert!(
        full.text().contains("The limit of 2 calls is used up"),
        "{}",
        full.text()
    );
    gateway.now += 3_600_000 - 900_001;
    let shown = gateway.show(&id, PERSON);
    assert_eq!(shown["approval"]["state"], "expired");
}
