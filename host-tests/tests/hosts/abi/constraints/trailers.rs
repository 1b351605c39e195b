//! Tests the option `host.trailers` on a host without a callback for trailers, which passes on the body that it has.
//!
//! Each message without trailers ends as on Envoy. One with trailers leaves nothing in the host's buffer.

use super::super::vm::MODULE;
use super::expected::ALL;
use super::messages::{COUNTING, DENIED, message, messages};
use host_tests::abi::constraints::{Constraints, ENVOY, NO_TRAILERS};
use host_tests::abi::exchange::{Gateway, Message, Played};
use host_tests::rpc::call;

const UNREADABLE: &str = "400 mcp_policy_unreadable";

fn without_trailers(policy: &str) -> String {
    policy.replacen(
        '{',
        r#"{ "host": { "trailers": false, "held_bytes": 1048576 },"#,
        1,
    )
}

fn gateway(host: Constraints, policy: &str) -> Gateway<'static> {
    Gateway::start(&MODULE, host, policy).expect("the policy is accepted")
}

fn play(gateway: &mut Gateway<'_>, name: &str) -> Played {
    gateway.play(&message(name))
}

#[test]
fn body_before_passed_trailers_reaches_the_server_only_without_the_option() {
    for name in ["denied call with trailers", "allowed call with trailers"] {
        let passed = play(&mut gateway(NO_TRAILERS, COUNTING), name);
        let passed = passed.server.map(|body| body.is_empty());
        assert_eq!(passed, Some(false), "control: {name}");
        let kept = play(&mut gateway(NO_TRAILERS, &without_trailers(COUNTING)), name);
        assert_eq!(kept.server, Some(Vec::new()), "{name}: {kept:?}");
        assert!(kept.decisions.is_empty(), "{name}: {kept:?}");
    }
}

#[test]
fn answer_to_an_emptied_request_is_refused() {
    let mut gateway = gateway(NO_TRAILERS, &without_trailers(COUNTING));
    for (trailers, end) in [(false, "forwarded"), (true, "503 mcp_policy_unavailable")] {
        let played = gateway.play(&Message {
            trailers,
            ..message("list with a hidden tool")
        });
        assert_eq!(played.end, end);
    }
}

#[test]
fn messages_end_as_on_envoy_where_pieces_are_kept() {
    for host in [ENVOY, NO_TRAILERS] {
        let mut gateway = gateway(host, &without_trailers(COUNTING));
        for (named, (name, end)) in messages().into_iter().zip(ALL) {
            if named.message.trailers && host.name == NO_TRAILERS.name {
                continue;
            }
            let played = gateway.play(&named.message);
            assert_eq!((named.name, &*played.end), (name, end), "on {}", host.name);
            named.check(&played, host.name);
        }
    }
}

/// The worker may hold a mebibyte.
#[test]
fn requests_of_one_caller_hold_a_quarter_of_the_bytes_at_most() {
    let mut gateway = gateway(NO_TRAILERS, &without_trailers(COUNTING));
    for (length, end) in [(200 << 10, "forwarded"), (400 << 10, UNREADABLE)] {
        let mut body = call("run");
        body.resize(length, b' ');
        let (first, second) = body.split_at(length / 2 + (100 << 10));
        let played = gateway.play(&Message {
            method: "POST",
            pieces: vec![first.into(), second.into()],
            ..Message::default()
        });
        assert_eq!(played.end, end, "{length} bytes");
        assert_eq!(played.server.is_some(), end == "forwarded");
    }
    assert_eq!(play(&mut gateway, "denied call in pieces").end, DENIED);
}
