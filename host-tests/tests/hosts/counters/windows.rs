//! Tests sliding windows and sequences over time.

use super::gateway::{FIVE, Gateway, MINUTE, START, user};
use std::collections::HashMap;

/// No caller exceeds the maximum in any interval of a window's length: neither alone, nor in a crowd that fills the
/// table, nor with a clock that jumps. After a wait the full quota is available again.
#[test]
fn sliding_window_never_exceeds_its_maximum_in_any_interval() {
    let mut random = fastrand::Rng::with_seed(7);
    for trial in 0..60 {
        let window = [1, 7, 60, 3600][trial % 4];
        let (length, max) = (window * 1000, random.usize(1..8));
        let policy = FIVE.replace(
            r#""window": "minute", "max": 5"#,
            &format!(r#""window": {window}, "max": {max}, "algorithm": "sliding""#),
        );
        let mut gateway = Gateway::new(&policy);
        let mut admitted: HashMap<String, Vec<u64>> = HashMap::new();
        let mut now = START + random.u64(0..length);
        let crowd = [1, 10, 3000][trial % 3];
        for _ in 0..6000 {
            let longest = length / [400, 40, 4][random.usize(0..3)];
            now += random.u64(0..=longest) / crowd;
            let name = format!("user-{}", random.u64(0..crowd));
            if gateway.call(user(&name), "run", now) {
                admitted.entry(name).or_default().push(now);
            }
        }
        for (name, times) in &admitted {
            let crowded = times
                .windows(max + 1)
                .find(|times| times[max] - times[0] <= length);
            assert_eq!(crowded, None, "{name}: more than {max} in {length} ms");
        }
        // The window has steps of an eighth of its length.
        let rested = now + length + length / 8 + 1;
        assert_eq!(
            gateway.calls("user-0", 20, rested),
            max,
            "all of it comes back"
        );
    }
}

/// A caller was counted in the overflow twice, and finds a free slot when only the first count has ended.
#[test]
fn freed_slot_does_not_reset_quota_of_a_sliding_window() {
    let policy = r#"{ "version": "1", "default": "deny",
        "identity": { "from": [ { "header": "x-user", "set_by_gateway": true } ] },
        "tools": {
            "search": { "limits": [ { "counter": "often", "window": "second", "max": 5 } ] },
            "run": { "limits": [ { "counter": "slides", "window": "minute", "max": 5, "algorithm": "sliding" } ] } },
        "host": { "slots": 1024 } }"#;
    let mut gateway = Gateway::new(policy);
    for number in 0..20_000 {
        gateway.call(user(&format!("flood-{number}")), "search", START);
    }
    assert_eq!(gateway.calls("victim", 3, START), 3, "in the overflow");
    assert_eq!(gateway.calls("victim", 2, START + 50_000), 2, "there too");
    let ended = START + 68_000;
    assert_eq!(gateway.calls("victim", 10, ended), 3, "two still count");
}

/// Under full load a sliding window admits its maximum in nine eighths of its length.
#[test]
fn sliding_window_refuses_at_most_an_eighth_too_early() {
    let policy = FIVE.replace(r#""max": 5"#, r#""max": 8, "algorithm": "sliding""#);
    let mut gateway = Gateway::new(&policy);
    let calls = (0..(9 * MINUTE)).step_by(100);
    let admitted = calls
        .filter(|at| gateway.call(user("busy"), "run", START + at))
        .count();
    assert_eq!(admitted, 8 * 8);
}

/// A caller that made the first call may not make the second for the whole time: neither alone, nor in a crowd that
/// fills the table, nor with a clock that jumps. After the time it may.
#[test]
fn sequence_is_enforced_in_a_crowd_of_callers() {
    let policy = r#"{ "version": "1", "default": "allow",
        "identity": { "from": [ { "header": "x-user", "set_by_gateway": true } ] },
        "sequence": [ { "after": ["read"], "deny": ["send"], "for": "1m" } ],
        "host": { "slots": 1024 } }"#;
    let mut random = fastrand::Rng::with_seed(11);
    for crowd in [1, 10, 3000, 30_000] {
        let mut gateway = Gateway::new(policy);
        let mut marked: HashMap<String, u64> = HashMap::new();
        let mut now = START;
        let mut sent = 0;
        for _ in 0..20_000 {
            let longest = [1, 100, 9000][random.usize(0..3)];
            now += random.u64(0..=longest) / crowd.min(100);
            let name = format!("user-{}", random.u64(0..crowd));
            if random.u8(0..4) == 0 {
                assert!(gateway.call(user(&name), "read", now));
                marked.insert(name, now);
            } else if gateway.call(user(&name), "send", now) {
                sent += 1;
                let mark = marked.get(&name).copied().unwrap_or_default();
                assert!(now - mark >= MINUTE, "{name} of {crowd}: {} ms", now - mark);
            }
        }
        assert!(sent > 0, "a crowd of {crowd} never sends");
        assert!(gateway.call(user("user-0"), "send", now + MINUTE));
    }
}
