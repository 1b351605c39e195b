//! Tests more callers than the table has slots.

use super::gateway::{Caller, DAY, FIVE, Gateway, MINUTE, PER_USER, START, cell_of, sha256, user};
use std::collections::HashMap;

/// A caller without a slot shares the overflow count, and a slot that becomes free does not reset a quota.
#[test]
fn flood_of_identities_does_not_reset_quota() {
    let policy = PER_USER
        .replace("16384", "1024")
        .replace(r#""max": 2"#, r#""max": 5"#);
    let mut gateway = Gateway::new(&policy);
    let mut admitted: HashMap<String, u32> = HashMap::new();
    for minute in 0..3_u64 {
        admitted.clear();
        for number in 0..20_000_u64 {
            let now = START + minute * MINUTE + number * MINUTE / 20_000;
            // Each of 4000 callers returns again and again, between others.
            let name = format!("user-{}", (number * 7919) % 4000);
            if gateway.call(user(&name), "run", now) {
                *admitted.entry(name).or_default() += 1;
            }
        }
        let most = admitted.values().max().copied().unwrap_or(0);
        assert!(most <= 5, "{most} calls of one in minute {minute}");
        assert!(
            admitted.values().filter(|&&count| count == 5).count() > 100,
            "most of the early ones got all of theirs"
        );
    }
}

/// Workers read clocks that differ a little, so the overflow may enter a new window before a cell of the table.
#[test]
fn overflow_ahead_of_the_table_counts_once() {
    let mut gateway = Gateway::new(FIVE);
    let edge = START + MINUTE;
    for number in 0..3000 {
        gateway.calls(&format!("early-{number}"), 1, edge - 1000);
    }
    assert_eq!(
        gateway.calls("victim", 1, edge - 1000),
        0,
        "no room, and the overflow is used up"
    );
    let victim = cell_of("victim");
    let others = (0..)
        .map(|number| format!("late-{number}"))
        .filter(|name| cell_of(name) != victim);
    for name in others {
        gateway.calls(&name, 1, edge);
        if gateway.0.cells.last_key.contains("/own/") {
            break;
        }
    }
    let before = gateway.calls("victim", 10, edge - 1);
    let after = gateway.calls("victim", 10, edge + 5);
    assert!(before + after <= 5, "{before} and {after} in one window");
}

/// A cell of the table may also be ahead of the overflow.
#[test]
fn table_ahead_of_the_overflow_counts_once() {
    let mut gateway = Gateway::new(FIVE);
    let edge = START + MINUTE;
    assert_eq!(gateway.calls("victim", 10, edge - 1000), 5);
    let victim = cell_of("victim");
    let neighbours = (0..)
        .map(|number| format!("late-{number}"))
        .filter(|name| cell_of(name) == victim);
    for name in neighbours.take(16) {
        gateway.calls(&name, 1, edge);
    }
    let before = gateway.calls("victim", 10, edge - 1);
    let after = gateway.calls("victim", 10, edge + 5);
    assert_eq!(
        before + after,
        5,
        "{before} and {after} in the second window"
    );
}

/// After a flood under another limit, a caller is counted alone, however long its own window is.
#[test]
fn flood_of_one_limit_ends_with_its_window() {
    let policy = r#"{ "version": "1", "default": "deny",
        "identity": { "from": [ { "header": "x-user", "set_by_gateway": true } ] },
        "tools": {
            "search": { "limits": [ { "counter": "often", "window": "second", "max": 5 } ] },
            "run": { "limits": [ { "counter": "monthly", "window": "month", "max": 20 } ] } },
        "host": { "slots": 1024 } }"#;
    let mut gateway = Gateway::new(policy);
    for number in 0..20_000 {
        gateway.call(user(&format!("flood-{number}")), "search", START + DAY);
    }
    for number in 0..40 {
        let name = format!("user-{number}");
        let admitted = (0..25)
            .filter(|_| gateway.call(user(&name), "run", START + 2 * DAY))
            .count();
        assert_eq!(admitted, 20, "{name}");
    }
}

/// More limits than a cell notes: those with short windows are open again when these end.
#[test]
fn flood_of_many_limits_ends_with_each_window() {
    let tools: Vec<_> = (0..40)
        .map(|number| {
            let window = if number == 39 { "month" } else { "minute" };
            format!(r#""tool-{number}": {{ "limits": [ {{ "counter": "{number}", "window": "{window}", "max": 5 }} ] }}"#)
        })
        .collect();
    let policy = format!(
        r#"{{ "version": "1", "default": "deny",
        "identity": {{ "from": [ {{ "header": "x-user", "set_by_gateway": true }} ] }},
        "tools": {{ {} }}, "host": {{ "slots": 1024 }} }}"#,
        tools.join(",")
    );
    let mut gateway = Gateway::new(&policy);
    for number in 0..4000 {
        for tool in 0..40 {
            let name = format!("flood-{}", number % 100);
            gateway.call(user(&name), &format!("tool-{tool}"), START);
        }
    }
    let mut crowd = |tool: &str, now| {
        let callers = (0..400).map(|number| format!("user-{}", number % 40));
        callers
            .filter(|name| gateway.call(user(name), tool, now))
            .count()
    };
    assert_eq!(crowd("tool-0", START), 0, "the flood took all");
    assert_eq!(crowd("tool-39", START), 0, "here too");
    assert_eq!(crowd("tool-0", START + MINUTE), 200);
    assert_eq!(crowd("tool-39", START + MINUTE), 0, "the month is the same");
}

/// A caller that was counted in the overflow finds a free slot later in the window, which must not be a second quota.
#[test]
fn freed_slot_does_not_reset_quota() {
    let policy = r#"{ "version": "1", "default": "deny",
        "identity": { "from": [ { "header": "x-user", "set_by_gateway": true } ] },
        "tools": {
            "search": { "limits": [ { "counter": "often", "window": "second", "max": 5 } ] },
            "run": { "limits": [ { "counter": "minute", "window": "minute", "max": 5 } ] } },
        "host": { "slots": 1024 } }"#;
    let mut gateway = Gateway::new(policy);
    for number in 0..20_000 {
        gateway.call(user(&format!("flood-{number}")), "search", START);
    }
    assert_eq!(
        gateway.calls("victim", 10, START),
        5,
        "counted in the overflow"
    );
    assert_eq!(
        gateway.calls("victim", 10, START + 5000),
        0,
        "the table is empty again, the minute is the same"
    );
    assert_eq!(gateway.calls("victim", 10, START + MINUTE), 5);
}

/// A call that a later limit refuses leaves nothing in the table.
#[test]
fn refused_call_takes_no_slot() {
    let policy = r#"{ "version": "1", "default": "deny",
        "identity": { "from": [ { "header": "x-user", "set_by_gateway": true } ] },
        "tools": { "run": { "limits": [
            { "counter": "each", "window": "month", "max": 5 },
            { "counter": "all", "window": "month", "max": 1, "scope": "global" } ] } },
        "host": { "slots": 1024 } }"#;
    let mut gateway = Gateway::new(policy);
    gateway.call(user("first"), "run", START);
    let bytes = gateway.0.cells.bytes();
    for number in 0..5000 {
        assert!(!gateway.call(user(&format!("user-{number}")), "run", START));
    }
    assert_eq!(gateway.0.cells.bytes(), bytes);
}

#[test]
fn flood_never_locks_out_a_configured_grant() {
    let (alice, mallory) = (sha256("alice"), sha256("mallory"));
    let policy = format!(
        r#"{{ "version": "1", "default": "deny",
            "grants": {{
                "alice": {{ "match": {{ "bearer_sha256": "{alice}" }}, "policy": "main" }},
                "mallory": {{ "match": {{ "bearer_sha256": "{mallory}" }}, "policy": "main" }} }},
            "tools": {{ "run": {{ "limits": [
                {{ "counter": "each", "window": "day", "max": 10, "scope": "grant" }},
                {{ "counter": "place", "window": "day", "max": 10, "scope": ["grant", "ip"] }} ] }} }},
            "host": {{ "slots": 1024 }} }}"#
    );
    let mut gateway = Gateway::new(&policy);
    for number in 0..50_000_u32 {
        let peer = std::net::Ipv4Addr::from_bits(0x0A00_0000 + number).to_string();
        gateway.call(
            Caller {
                header: ("authorization", "Bearer mallory"),
                peer: &peer,
            },
            "run",
            START,
        );
    }
    let alice = Caller {
        header: ("authorization", "Bearer alice"),
        peer: "198.51.100.7",
    };
    let admitted = (0..12)
        .filter(|_| gateway.call(alice, "run", START + 1))
        .count();
    assert_eq!(admitted, 10);
}
