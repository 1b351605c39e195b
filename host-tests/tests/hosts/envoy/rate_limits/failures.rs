//! Tests that calls which the service does not count are refused, or counted by each Envoy alone where the policy says so.

use super::fleet::{Fleet, NEEDS, Setting, policy};
use host_tests::require::lacks;
use serde_json::json;
use std::thread;
use std::time::Duration;

/// The status of a gRPC answer in its place.
const INTERNAL: i32 = 13;
const UNAVAILABLE: i32 = 14;

/// Plays one call for each way in which the service can fail.
fn failures(fleet: &mut Fleet, mut call: impl FnMut(&Fleet, &str)) {
    for status in [INTERNAL, UNAVAILABLE] {
        fleet.service.set_faults(0, status);
        call(fleet, &format!("status {status}"));
    }
    fleet.service.set_faults(1000, 0);
    call(fleet, "late");
    fleet.service.set_faults(0, 0);
    fleet.redis.kill();
    call(fleet, "without Redis");
    fleet.service.kill();
    call(fleet, "killed");
    fleet.redis.restart();
    fleet.service.restart();
}

/// Calls until one passes, since Envoy and the service connect anew.
fn recovers(fleet: &Fleet) {
    let call = || fleet.call(0, "limited", &json!({ "round": "recovery" }));
    let mut tries = 0..100;
    let passed = tries.any(|_| {
        thread::sleep(Duration::from_millis(50));
        call()
    });
    assert!(passed, "calls pass again");
}

#[test]
fn service_that_fails_passes_nothing() {
    if lacks(NEEDS) {
        return;
    }
    let mut fleet = Fleet::start(
        &policy(50, &json!({ "timeout": "300ms" })),
        Setting::default(),
    );
    assert!(fleet.call(0, "limited", &json!({ "round": "control" })));
    let served = fleet.served();
    failures(&mut fleet, |fleet, failure| {
        let refused =
            (0..4).all(|envoy| !fleet.call(envoy, "limited", &json!({ "round": failure })));
        assert!(refused, "{failure}");
        assert!(
            fleet.call(0, "free", &json!({})),
            "it asks nothing: {failure}"
        );
    });
    assert_eq!(fleet.served() - served, 5, "the calls that ask nothing");
    recovers(&fleet);
}

#[test]
fn service_that_fails_leaves_each_envoy_its_own_counts() {
    if lacks(NEEDS) {
        return;
    }
    let local = json!({ "timeout": "300ms", "on_unavailable": "local" });
    let mut fleet = Fleet::start(&policy(2, &local), Setting::default());
    failures(&mut fleet, |fleet, failure| {
        let call = |envoy: usize| fleet.call(envoy, "limited", &json!({ "round": failure }));
        let passed: Vec<_> = [0, 0, 0, 1, 1, 1].map(call).into();
        assert_eq!(passed, [true, true, false, true, true, false], "{failure}");
    });
    recovers(&fleet);
    let call = |envoy: usize| fleet.call(envoy, "limited", &json!({ "round": "after" }));
    assert_eq!(
        [0, 1, 0, 1].map(call),
        [true, true, false, false],
        "together"
    );
}
