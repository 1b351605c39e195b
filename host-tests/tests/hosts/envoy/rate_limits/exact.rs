//! Tests that a limit is exact for 64 clients of two Envoys, also while the service and Redis are killed.

use super::fleet::{Fleet, NEEDS, Setting, crowd, policy};
use host_tests::require::lacks;
use serde_json::json;
use std::thread;
use std::time::Duration;

pub(super) const MAX: u64 = 1000;
pub(super) const CALLS: u64 = 1200;

fn rounds(number: usize, setting: Setting) {
    let fleet = Fleet::start(&policy(MAX, &json!({})), setting);
    for round in 0..number {
        let before = fleet.served();
        let passed = fleet.crowd(&format!("round {round}"), CALLS);
        let served = fleet.served() - before;
        assert_eq!((passed, served), (MAX, MAX), "round {round}");
    }
}

#[test]
fn limit_is_exact_for_64_clients_of_two_envoys_in_twenty_rounds() {
    if !lacks(NEEDS) {
        rounds(20, Setting::default());
    }
}

#[test]
fn limit_is_exact_where_the_service_gives_no_statuses() {
    let options = &["--without-statuses"];
    if !lacks(NEEDS) {
        rounds(
            1,
            Setting {
                options,
                ..Setting::default()
            },
        );
    }
}

/// Two Envoys that count alone let through twice as many: the other tests could fail.
#[test]
fn limit_without_a_service_is_that_of_each_envoy() {
    if lacks(NEEDS) {
        return;
    }
    let counting = policy(MAX, &json!({}));
    let mut alone: serde_json::Value = serde_json::from_str(&counting).expect("JSON");
    let fleet = Fleet::start(&counting, Setting::default());
    alone.as_object_mut().expect("an object").remove("counters");
    let fleet = fleet.with_policy(&alone.to_string());
    for envoy in [0, 1] {
        let addr = fleet.addr(envoy);
        assert_eq!(crowd([addr, addr], "a", CALLS), MAX, "Envoy {envoy}");
    }
    assert_eq!(fleet.served(), 2 * MAX);
}

#[test]
fn limit_is_never_exceeded_while_the_service_and_redis_are_killed() {
    if lacks(NEEDS) {
        return;
    }
    let mut fleet = Fleet::start(
        &policy(MAX, &json!({ "timeout": "500ms" })),
        Setting::default(),
    );
    for round in ["one", "two", "three"] {
        let before = fleet.served();
        let mut passed = 0;
        thread::scope(|scope| {
            let addrs = [fleet.addr(0), fleet.addr(1)];
            let calls = scope.spawn(move || crowd(addrs, round, 2 * CALLS));
            for _ in 0..3 {
                thread::sleep(Duration::from_millis(100));
                fleet.service.restart();
                thread::sleep(Duration::from_millis(100));
                fleet.redis.restart();
            }
            passed = calls.join().expect("a crowd");
        });
        // The connections of the service to Redis come back a moment later.
        let more = || crowd([fleet.addr(0), fleet.addr(1)], round, 200);
        let after: u64 = (0..20).map(|_| more()).sum();
        let served = fleet.served() - before;
        assert_eq!(served, passed + after, "round {round}");
        println!("round {round}: {passed} passed beside the kills, {after} after them");
        assert!(passed > 0 && served <= MAX, "round {round}: {served}");
        // A call is lost where it was counted, and its answer did not come.
        assert!(served > MAX / 2, "round {round}: {served}");
    }
}
