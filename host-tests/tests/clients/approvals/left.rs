//! Plays callers who leave while their call is held.

use super::programs::{LEFT, MODERN, NEEDS, Running, USERS, gateway, with_each};
use host_tests::approvals::Gateway;
use host_tests::require::lacks;
use host_tests::wire::Deadline;
use std::thread::sleep;
use std::time::Duration;

/// The time for Envoy to notice that a client has left.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(50);

/// Waits until so many requests are under way.
fn under_way(gateway: &Gateway, wanted: u64) {
    let deadline = Deadline::after(PATIENCE);
    while gateway.under_way(LEFT) != wanted {
        let log = || gateway.envoy().log();
        assert!(deadline.left().is_ok(), "not {wanted}: {}", log());
        sleep(PAUSE);
    }
}

/// Calls, leaves while the call is held, and calls again with an approval.
fn leave_and_return(client: &mut Running<'_>, user: Option<&'static str>) {
    let caller = client.caller("left", user);
    client.call(&caller);
    let id = client.gateway.asked_by(&caller.name);
    under_way(client.gateway, 1);
    client.leave(&caller);
    let saw = client.outcome(&caller);
    assert!(saw.left(), "{caller:?} {saw:?}");
    under_way(client.gateway, 0);
    client.gateway.approve(&id);
    assert_eq!(client.ran(&caller), 0, "{caller:?} has left");
    let saw = client.call_ends(&caller);
    assert!(saw.passed(), "{caller:?} {saw:?}");
    client.call(&caller);
    assert_ne!(client.gateway.asked_by(&caller.name), id, "{caller:?}");
    assert_eq!(client.ran(&caller), 1, "{caller:?}");
    client.leave(&caller);
    assert!(client.outcome(&caller).left(), "{caller:?}");
    under_way(client.gateway, 0);
}

#[test]
fn caller_who_leaves_is_forgotten_and_an_approval_lets_its_next_call_pass_once() {
    if lacks(&NEEDS) {
        return;
    }
    let gateway = gateway();
    for sdk in &MODERN {
        with_each([sdk], &gateway, LEFT, |client| {
            for user in USERS {
                leave_and_return(client, user);
            }
            let killed = client.caller("killed", None);
            client.call(&killed);
            client.gateway.asked_by(&killed.name);
            under_way(client.gateway, 1);
        });
        // The program has been killed.
        under_way(&gateway, 0);
    }
    let log = gateway.envoy().log();
    assert!(!log.contains("wasm VM failed"), "{log}");
}
