//! Plays calls for which a person takes longer than one answer is held, or whom nobody answers.

use super::programs::{HELD, MODERN, NEEDS, ROUNDS, SHORT, USERS, gateway, with_each};
use host_tests::require::lacks;
use host_tests::wire::Deadline;
use std::thread::sleep;
use std::time::Duration;

/// Ten answers at the listener [`SHORT`], each held for a second.
const ALL_ROUNDS: Duration = Duration::from_secs(10);

/// Calls at this listener, and approves after so long. Each caller is asked once, and makes one call.
fn approved_after(listener: &str, thought: Duration) {
    with_each(&MODERN, &gateway(), listener, |client| {
        let callers = USERS.map(|user| client.caller(listener, user));
        for caller in &callers {
            client.call(caller);
        }
        let ids = callers
            .each_ref()
            .map(|caller| client.gateway.asked_by(&caller.name));
        sleep(thought);
        for (caller, id) in callers.iter().zip(&ids) {
            assert_eq!(client.ran(caller), 0, "{caller:?} has no approval");
            client.gateway.approve(id);
            let saw = client.outcome(caller);
            assert!(saw.passed(), "{caller:?} {saw:?}");
            let links = caller.user.map(|_| &**id);
            assert_eq!(saw.links(), Vec::from_iter(links), "{caller:?}");
            assert_eq!(client.ran(caller), 1, "{caller:?}");
        }
    });
}

#[test]
fn modern_call_waits_over_several_rounds_for_its_approval() {
    if lacks(&NEEDS) {
        return;
    }
    approved_after(ROUNDS, Duration::from_secs(7));
}

#[test]
#[ignore = "the long form: `make soak`"]
fn modern_call_waits_three_minutes_for_its_approval() {
    if lacks(&NEEDS) {
        return;
    }
    approved_after(HELD, Duration::from_secs(180));
}

/// It is no error of the SDK, and a late approval lets the next call pass.
#[test]
fn modern_call_that_nobody_decides_ends_as_a_result_that_still_waits() {
    if lacks(&NEEDS) {
        return;
    }
    with_each(&MODERN, &gateway(), SHORT, |client| {
        let callers = USERS.map(|user| client.caller("undecided", user));
        let limit = ALL_ROUNDS * 10;
        let clock = Deadline::after(limit);
        for caller in &callers {
            client.call(caller);
        }
        for caller in &callers {
            let id = client.gateway.asked_by(&caller.name);
            let saw = client.outcome(caller);
            let link =
                format!("It still waits for a person: https://gateway.example/approvals/{id} .");
            assert!(saw.refused(&link), "{caller:?} {saw:?}");
            assert_eq!(client.ran(caller), 0, "{caller:?}");
            client.gateway.approve(&id);
            let next = client.call_ends(caller);
            assert!(next.passed(), "{caller:?} {next:?}");
            assert_eq!(client.ran(caller), 1, "{caller:?}");
        }
        let took = limit.saturating_sub(clock.left().unwrap_or_default());
        assert!(took > ALL_ROUNDS, "all rounds in {took:?}");
    });
}
