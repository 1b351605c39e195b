//! Tests bodies and headers in the ways in which hosts deliver them.

use super::vm::{HELD, MODULE, OPEN, clock, end, errors, post, vm};
use host_tests::abi::{Action, Faults, SharedData};
use host_tests::rpc::call;
use std::time::Duration;

#[test]
fn bytes_that_are_not_utf8_never_trap() {
    let vm = vm(OPEN);
    let noise: &[u8] = b"\xFF\xFE\x80";
    for (name, expected) in [
        ("x-bin", "forwarded"),
        ("x-request-id", "forwarded"),
        ("traceparent", "forwarded"),
        ("mcp-session-id", "400 mcp_policy_unreadable"),
        ("mcp-protocol-version", "400 mcp_policy_unreadable"),
        ("mcp-name", "400 mcp_policy_unreadable"),
        ("content-encoding", "400 mcp_policy_unreadable"),
    ] {
        let mut stream = vm.stream(post(&[(name, noise)]));
        stream.headers(false).expect("no trap");
        stream.body(&call("run"), true).expect("no trap");
        assert_eq!(end(&stream), expected, "{name}");
    }
}

#[test]
fn body_is_refused_as_soon_as_it_exceeds_the_limit() {
    let vm = vm(OPEN);
    let mut stream = vm.stream(post(&[]));
    stream.headers(false).expect("no trap");
    let half = vec![b' '; 400 * 1024];
    stream.body(&half, false).expect("no trap");
    assert_eq!(end(&stream), "held");
    stream.body(&half, false).expect("no trap");
    assert_eq!(
        end(&stream),
        "400 mcp_policy_unreadable",
        "its end was not waited for"
    );
}

#[test]
fn held_headers_are_released_only_after_the_verdict() {
    let vm = vm(HELD);
    for (tool, expected) in [
        ("run", "forwarded"),
        ("drop_table", "200 mcp_policy_not_allowed"),
    ] {
        let mut stream = vm.stream(post(&[]));
        stream.hold_headers = true;
        assert_eq!(stream.headers(false), Ok(Action::Pause));
        stream.body(&call(tool), true).expect("no trap");
        assert_eq!(end(&stream), expected);
        assert_eq!(stream.seen().released_headers.is_some(), tool == "run");
    }
    assert_eq!(errors(&vm), [""; 0], "the watch has nothing to say");
}

#[test]
fn host_that_cannot_hold_headers_hangs_only_if_the_policy_holds_them() {
    let flowing = vm(OPEN);
    let mut stream = flowing.stream(post(&[]));
    assert_eq!(stream.headers(false), Ok(Action::Continue));
    stream.body(&call("run"), true).expect("no trap");
    assert_eq!(end(&stream), "forwarded");

    // With the option on, the request hangs on such a host, and the log has the reason.
    let clock = clock();
    let vm = MODULE
        .start(
            SharedData::default(),
            clock.clone(),
            "mcp_policy",
            Faults::default(),
        )
        .expect("the VM starts");
    assert_eq!(vm.configure(HELD.as_bytes()), Ok(true));
    let mut stream = vm.stream(post(&[]));
    stream.headers(false).expect("no trap");
    assert!(stream.seen().hung);
    vm.tick().expect("no trap");
    assert_eq!(errors(&vm), [""; 0], "not at once");
    clock.advance(Duration::from_secs(6));
    vm.tick().expect("no trap");
    let told = errors(&vm);
    assert!(
        told.len() == 1 && told[0].contains("allow_on_headers_stop_iteration"),
        "{told:?}"
    );
    vm.tick().expect("no trap");
    assert_eq!(errors(&vm), [""; 0], "once is enough");
}
