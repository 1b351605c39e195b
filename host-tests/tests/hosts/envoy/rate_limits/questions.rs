//! Tests which calls the service is asked about, and what it is asked.

use super::fleet::{Fleet, NEEDS, Setting, policy};
use host_tests::require::lacks;
use serde_json::{Value, json};

/// Calls that pass or not, one after another on two Envoys, and the questions about them.
fn play(fleet: &Fleet, tool: &str, arguments: &[Value]) -> (Vec<bool>, u64) {
    let before = fleet.service.asked();
    let calls = arguments.iter().enumerate();
    let passed = calls.map(|(number, arguments)| fleet.call(number, tool, arguments));
    (passed.collect(), fleet.service.asked() - before)
}

#[test]
fn service_is_asked_about_calls_that_no_rule_refuses_and_a_limit_counts() {
    if lacks(NEEDS) {
        return;
    }
    let fleet = Fleet::start(&policy(2, &json!({})), Setting::default());
    let (once, secret) = (
        json!({ "round": "a" }),
        json!({ "round": "b", "secret": 1 }),
    );
    assert_eq!(
        play(&fleet, "free", &[json!({}), json!({})]),
        (vec![true; 2], 0)
    );
    assert_eq!(play(&fleet, "limited", &[secret]), (vec![false], 0));
    assert_eq!(play(&fleet, "unlisted", &[json!({})]), (vec![false], 0));
    let calls = vec![once; 3];
    assert_eq!(
        play(&fleet, "limited", &calls),
        (vec![true, true, false], 3)
    );
    let (other, unknown) = (json!({ "round": "b" }), json!({}));
    assert_eq!(
        play(&fleet, "limited", &[other, unknown]),
        (vec![true, false], 1)
    );
}

#[test]
fn cost_of_a_call_is_added_rounded_up_and_nothing_is_free() {
    if lacks(NEEDS) {
        return;
    }
    let fleet = Fleet::start(&policy(10, &json!({})), Setting::default());
    let cost = |cost: Value| json!({ "round": "a", "cost": cost });
    let calls = [json!(4), json!(4.5), json!(2), json!(1), json!(1), json!(0)].map(cost);
    let (passed, asked) = play(&fleet, "dear", &calls);
    assert_eq!(passed, [true, true, false, true, false, true]);
    assert_eq!(asked, 5, "a call that costs nothing asks nothing");
    assert_eq!(
        play(&fleet, "dear", &[cost(json!(-1)), cost(json!(5e9))]),
        (vec![false; 2], 0)
    );
}

#[test]
fn several_limits_of_a_call_are_one_question_and_count_all_or_none() {
    if lacks(NEEDS) {
        return;
    }
    let mut limits: Value =
        serde_json::from_str(&policy(3, &json!({ "atomic": true }))).expect("JSON");
    limits["all_tools"] =
        json!({ "limits": [{ "counter": "all", "window": "30d", "max": 4, "scope": ["global"] }] });
    let fleet = Fleet::start(&limits.to_string(), Setting::default());
    let round = |round: &str| json!({ "round": round });
    let four = ["a", "a", "a", "a"].map(round);
    assert_eq!(
        play(&fleet, "limited", &four),
        (vec![true, true, true, false], 4)
    );
    // The refused call was not counted by the limit of all tools either.
    assert_eq!(
        play(&fleet, "limited", &["b", "b"].map(round)),
        (vec![true, false], 2)
    );
}

#[test]
fn limitador_is_asked_over_http() {
    if lacks(NEEDS) {
        return;
    }
    let backend = json!({ "backend": "limitador_http" });
    let fleet = Fleet::start(&policy(2, &backend), Setting::default());
    let calls = vec![json!({ "round": "a" }); 3];
    assert_eq!(
        play(&fleet, "limited", &calls),
        (vec![true, true, false], 3)
    );
    fleet.service.set_faults(0, 14);
    let other = json!({ "round": "b" });
    assert!(!fleet.call(0, "limited", &other), "the service answers 500");
    fleet.service.set_faults(0, 0);
    assert!(fleet.call(0, "limited", &other), "control");
}

#[test]
fn service_without_the_limit_admits_nothing() {
    if lacks(NEEDS) {
        return;
    }
    let known = policy(2, &json!({}));
    let other = known.replace(r#""counter":"calls""#, r#""counter":"others""#);
    assert_ne!(known, other, "another counter");
    let fleet = Fleet::start(&known, Setting::default());
    let call = json!({ "round": "a" });
    assert!(fleet.call(0, "limited", &call), "control");
    let fleet = fleet.with_policy(&other);
    assert!(
        !fleet.call(0, "limited", &call),
        "the service has no such limit"
    );
    // The service has 2, and the policy 1.
    let fleet = fleet.with_policy(&policy(1, &json!({})));
    let calls = vec![json!({ "round": "b" }); 2];
    assert_eq!(play(&fleet, "limited", &calls), (vec![true, false], 2));
}
