//! Clients of 2026-07-28, which wait in rounds.

use super::gateway::*;
use crate::host::*;

/// The members of a retry with this state.
fn retry(seen: &Seen, responses: &str) -> String {
    let state = seen.json()["result"]["requestState"].clone();
    format!(r#"{responses}"requestState":{state},"#)
}

const ACCEPTED: &str = r#""inputResponses":{"mcp-policy/approval":{"action":"accept"}},"#;
const URLS: &str = r#"{"elicitation":{"form":{},"url":{}}}"#;

#[test]
fn modern_client_waits_in_rounds_and_passes_when_a_person_has_approved() {
    let mut gateway = Gateway::new();
    let first = gateway.modern("deploy", "", URLS);
    let result = &first.json()["result"];
    assert_eq!(result["resultType"], "input_required");
    let request = &result["inputRequests"]["mcp-policy/approval"];
    assert_eq!(request["method"], "elicitation/create");
    assert_eq!(request["params"]["mode"], "url");
    let Seen::Reply(reply) = &first else { panic!() };
    assert_eq!(reply.hold, None, "the user opens the link first");
    let second = gateway.modern("deploy", &retry(&first, ACCEPTED), URLS);
    let result = &second.json()["result"];
    assert!(result.get("inputRequests").is_none(), "asked once");
    let Seen::Reply(reply) = &second else {
        panic!()
    };
    assert_eq!(reply.hold.as_ref().unwrap().until, Millis(NOW + 50_000));
    gateway.approve(&second.id());
    let Seen::Passed(Some(body)) = gateway.modern("deploy", &retry(&second, ""), URLS) else {
        panic!("it passes, without the members of the gateway");
    };
    assert!(!body.contains("requestState"), "{body}");
    let replayed = gateway.modern("deploy", &retry(&second, ""), URLS);
    assert!(
        replayed
            .text()
            .contains("This approval has passed its one call"),
        "{}",
        replayed.text()
    );
}

#[test]
fn accept_of_the_client_approves_nothing() {
    let mut gateway = Gateway::new();
    let mut seen = gateway.modern("deploy", "", URLS);
    for round in 1..=10 {
        seen = gateway.modern("deploy", &retry(&seen, ACCEPTED), URLS);
        assert!(!seen.passed());
        let waits = seen.json()["result"]["resultType"] == "input_required";
        assert_eq!(waits, round < 10, "round {round}");
    }
    assert!(
        seen.text().contains("It still waits for a person"),
        "{}",
        seen.text()
    );
}

#[test]
fn client_that_declines_withdraws_its_call() {
    for action in ["decline", "cancel"] {
        let mut gateway = Gateway::new();
        let first = gateway.modern("deploy", "", URLS);
        let answer = ACCEPTED.replace("accept", action);
        let declined = gateway.modern("deploy", &retry(&first, &answer), URLS);
        assert!(
            declined.text().contains("The user declined"),
            "{}",
            declined.text()
        );
        assert_eq!(gateway.decide(&first.id(), "approve", PERSON).status(), 409);
    }
}

#[test]
fn forged_and_foreign_states_approve_nothing() {
    let mut gateway = Gateway::new();
    let first = gateway.modern("deploy", "", URLS);
    gateway.approve(&first.id());
    let forged = r#""requestState":"mcp-policy.AAAA","#;
    assert!(!gateway.modern("deploy", forged, URLS).passed());
    // A state of the server is part of the call, which nobody approved.
    let foreign = gateway.modern("deploy", r#""requestState":"server","#, URLS);
    assert!(!foreign.passed());
    assert_eq!(
        foreign.json()["result"]["isError"],
        true,
        "its client does not wait in rounds"
    );
    // The state of one tool is none of another.
    assert!(!gateway.modern("drop", &retry(&first, ""), URLS).passed());
    assert!(gateway.modern("deploy", &retry(&first, ""), URLS).passed());
}

#[test]
fn client_without_the_capability_waits_from_the_first_call_on() {
    let mut gateway = Gateway::new();
    let first = gateway.modern("deploy", "", "{}");
    assert!(first.json()["result"].get("inputRequests").is_none());
    let Seen::Reply(reply) = &first else { panic!() };
    assert!(reply.hold.is_some());
}

#[test]
fn call_that_needs_several_approvals_waits_for_one_after_another() {
    let mut gateway = Gateway::new();
    let first = gateway.modern("several", "", "{}");
    gateway.approve(&first.id());
    let passed = gateway.modern("several", &retry(&first, ""), "{}");
    assert!(passed.passed(), "within its limits: {passed:?}");
    let mut asked = gateway.modern("several", "", "{}");
    for others in 0..3 {
        assert!(!asked.passed(), "{others} approvals are too few");
        gateway.approve(&asked.id());
        let waits = gateway.modern("several", &retry(&asked, ""), "{}");
        assert_eq!(waits.passed(), others == 2, "{}", waits.text());
        asked = if waits.passed() { break } else { waits };
    }
}

#[test]
fn approval_of_another_call_passes_no_call_that_needs_several() {
    let mut gateway = Gateway::new();
    let other = gateway.modern("deploy", "", "{}");
    gateway.approve(&other.id());
    let refused = gateway.modern("several", &retry(&other, ""), "{}");
    assert!(refused.text().contains("of another call"), "{refused:?}");
    let pending = gateway.get("/approvals", Some(PERSON)).json();
    assert_eq!(pending["approvals"], serde_json::json!([]), "none is asked");
}
