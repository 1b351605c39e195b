//! Plays calls that a person approves or refuses, and calls whose user does not want to ask.

use super::programs::{
    Caller, HELD, LEGACY, MODERN, NEEDS, OPEN, Running, USERS, gateway, with_each,
};
use host_tests::require::lacks;
use std::thread::sleep;
use std::time::Duration;

/// The time that the person needs.
const THOUGHT: Duration = Duration::from_secs(1);

/// Approves the call of this caller after a while, before which it has not passed.
fn approve(client: &Running<'_>, caller: &Caller) -> String {
    let id = client.gateway.asked_by(&caller.name);
    sleep(THOUGHT);
    assert_eq!(client.ran(caller), 0, "{caller:?} has no approval");
    client.gateway.approve(&id);
    id
}

#[test]
fn modern_call_that_a_person_approves_returns_the_result_once() {
    if lacks(&NEEDS) {
        return;
    }
    with_each(&MODERN, &gateway(), HELD, |client| {
        for user in USERS {
            let caller = client.caller("approved", user);
            client.call(&caller);
            let id = approve(client, &caller);
            let saw = client.outcome(&caller);
            assert!(saw.passed(), "{caller:?} {saw:?}");
            let links = user.map(|_| &*id);
            assert_eq!(saw.links(), Vec::from_iter(links), "{caller:?}");
            client.call(&caller);
            assert_ne!(client.gateway.asked_by(&caller.name), id, "{caller:?}");
            assert_eq!(client.ran(&caller), 1, "{caller:?}");
        }
    });
}

#[test]
fn legacy_call_that_a_person_approves_passes_once_when_it_is_repeated() {
    if lacks(&NEEDS) {
        return;
    }
    with_each(&LEGACY, &gateway(), HELD, |client| {
        for user in USERS {
            let caller = client.caller("approved", user);
            let saw = client.call_ends(&caller);
            let id = approve(client, &caller);
            let link = format!("Give the user this link: https://gateway.example/approvals/{id} .");
            assert!(saw.refused(&link), "{caller:?} {saw:?}");
            let second = client.call_ends(&caller);
            assert!(second.passed(), "{caller:?} {second:?}");
            let third = client.call_ends(&caller);
            assert!(third.refused("Give the user this link"), "{third:?}");
            assert!(!third.refused(&id), "{caller:?} {third:?}");
            assert_eq!(client.ran(&caller), 1, "{caller:?}");
        }
    });
}

#[test]
fn refusal_of_a_person_reaches_the_model_with_its_reason() {
    if lacks(&NEEDS) {
        return;
    }
    with_each(LEGACY.iter().chain(&MODERN), &gateway(), HELD, |client| {
        let caller = client.caller("refused", None);
        client.call(&caller);
        let id = client.gateway.asked_by(&caller.name);
        let status = client.gateway.decide(&id, "refuse", "Not on a Friday.");
        assert_eq!(status, 200, "{caller:?}");
        if !client.waits() {
            let first = client.outcome(&caller);
            assert!(first.refused(&id), "{caller:?} {first:?}");
            client.call(&caller);
        }
        let saw = client.outcome(&caller);
        let told = r#"with the reason "Not on a Friday.""#;
        assert!(saw.refused(told), "{caller:?} {saw:?}");
        assert_eq!(client.ran(&caller), 0, "{caller:?}");
    });
}

/// Nobody can approve it any more, and a later call asks anew.
#[test]
fn call_whose_user_declines_or_cancels_is_refused_for_good() {
    if lacks(&NEEDS) {
        return;
    }
    with_each(&MODERN, &gateway(), HELD, |client| {
        for action in ["decline", "cancel"] {
            let caller = client.caller("declined", Some(action));
            let saw = client.call_ends(&caller);
            assert!(saw.refused("The user declined to ask"), "{saw:?}");
            let links = saw.links();
            let [id] = links[..] else {
                panic!("{caller:?} {saw:?}: not one link")
            };
            let shown = client.gateway.shown(id);
            assert_eq!(shown["approval"]["state"], "cancelled", "{shown}");
            assert_eq!(client.gateway.decide(id, "approve", ""), 409, "{caller:?}");
            let again = client.call_ends(&caller);
            assert_ne!(again.links(), [id], "{caller:?}");
            assert_eq!(client.ran(&caller), 0, "{caller:?}");
        }
    });
}

/// The control: the same calls pass at once where the tool needs no approval.
#[test]
fn call_of_a_tool_without_the_rule_passes_at_once() {
    if lacks(&NEEDS) {
        return;
    }
    let [python_1, _, typescript_1, _] = &LEGACY;
    let sdks = [python_1, typescript_1].into_iter().chain(&MODERN);
    with_each(sdks, &gateway(), OPEN, |client| {
        for user in USERS {
            let caller = client.caller("open", user);
            let saw = client.call_ends(&caller);
            assert!(saw.passed(), "{caller:?} {saw:?}");
            assert_eq!(saw.links(), [""; 0], "{caller:?}");
            assert_eq!(client.ran(&caller), 1, "{caller:?}");
        }
    });
}
