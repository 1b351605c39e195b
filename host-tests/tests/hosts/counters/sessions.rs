//! Tests tasks and sessions of more callers than the table has slots.

use super::gateway::Gateway;

/// A policy with two limits by session.
pub(super) const PER_SESSION: &str = r#"{ "version": "1", "default": "deny",
    "identity": { "from": [ { "header": "x-user", "set_by_gateway": true } ] },
    "tools": { "other": {}, "run": { "limits": [
        { "counter": "session", "window": "day", "max": 2, "scope": "session" } ] } } }"#;

#[test]
fn flood_of_tasks_keeps_the_tasks_of_other_callers() {
    let mut gateway = Gateway::new(PER_SESSION);
    let calm: Vec<_> = (0..20).map(|task| format!("calm-{task}")).collect();
    calm.iter()
        .for_each(|task| gateway.gives_task("calm", task));
    // Many times the capacity of the table.
    (0..300_000).for_each(|task| gateway.gives_task("flood", &format!("flood-{task}")));
    let (keys, bytes) = (gateway.0.cells.keys(), gateway.0.cells.bytes());
    assert!(keys < 3 * 4096 + 16, "one cell for 16 slots, not {keys}");
    assert!(bytes < 4 << 20, "{bytes} bytes of shared data");
    for task in &calm {
        assert!(gateway.has_task("calm", task), "{task} is forgotten");
        assert!(!gateway.has_task("flood", task), "{task} is another's");
    }
    assert!(gateway.has_task("flood", "flood-299999"));
    assert!(
        !gateway.has_task("flood", "flood-0"),
        "the oldest is not kept"
    );
    let invented =
        (300_000..400_000).filter(|task| gateway.has_task("flood", &format!("flood-{task}")));
    assert_eq!(invented.count(), 0);
}

#[test]
fn flood_of_sessions_admits_no_session_that_no_server_began() {
    let mut gateway = Gateway::new(PER_SESSION);
    gateway.gives_session("calm", "calm");
    (0..300_000).for_each(|session| gateway.gives_session("flood", &format!("flood-{session}")));
    assert_eq!(gateway.calls_in("flood", "flood-299999"), 2);
    // Invented and forgotten sessions share the caller's count. Another caller's session is refused.
    let others = ["invented", "calm", "flood-0", "invented, too"];
    let admitted = others.map(|session| gateway.calls_in("flood", session));
    assert_eq!(admitted, [2, 0, 0, 0]);
    assert_eq!(
        gateway.calls_in("calm", "calm"),
        2,
        "its own session is known"
    );
    assert_eq!(
        gateway.calls_in("calm", "flood-299999"),
        0,
        "another caller's"
    );
    assert_eq!(gateway.calls_in("calm", ""), 2, "the caller's own count");
    assert_eq!(gateway.calls_in("calm", "invented"), 0, "which is used up");
}

/// The admitted calls of a caller in so many new sessions.
fn calls_in_new_sessions(gateway: &mut Gateway, user: &str, sessions: u32) -> usize {
    let mut calls = |session| {
        let session = format!("{user}-{session}");
        gateway.gives_session(user, &session);
        gateway.calls_in(user, &session)
    };
    (0..sessions).map(&mut calls).sum()
}

/// A session without room counts for its caller, and takes no room from the counts of other callers.
#[test]
fn flood_of_sessions_leaves_the_counts_of_other_callers() {
    let policy = PER_SESSION.replace(
        r#""tools": {"#,
        r#""host": { "slots": 1024 },
        "all_tools": { "limits": [{ "counter": "calls", "window": "day", "max": 4000, "scope": "grant" }] },
        "tools": {"#,
    );
    let mut gateway = Gateway::new(&policy);
    let admitted = calls_in_new_sessions(&mut gateway, "flood", 3000);
    assert!(
        (16 * 2 + 2..=64 * 2 + 2).contains(&admitted),
        "{admitted} calls, two in each session that has room, and two in all others"
    );
    let mut apart = 0;
    for caller in 0..50 {
        let caller = format!("calm-{caller}");
        let calls = ["first", "second"].map(|session| {
            let session = format!("{caller}-{session}");
            gateway.gives_session(&caller, &session);
            gateway.calls_in(&caller, &session)
        });
        assert_eq!(calls[0], 2, "{caller} has a count of its own");
        apart += usize::from(calls[1] == 2);
    }
    assert!(
        apart >= 45,
        "{apart} callers, but for those in the part of the flood"
    );
}

#[test]
fn session_without_a_slot_counts_on_the_grant() {
    let policy = PER_SESSION.replace(
        r#""identity": { "from": [ { "header": "x-user", "set_by_gateway": true } ] },"#,
        r#""host": { "slots": 1024 },"#,
    );
    let mut gateway = Gateway::new(&policy);
    let admitted = calls_in_new_sessions(&mut gateway, "anybody", 4096);
    // One call for each slot of the table, and one for all others.
    assert_eq!(admitted, 1024 * 2 + 2);
}
