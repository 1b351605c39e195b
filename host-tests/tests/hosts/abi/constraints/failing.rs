//! Tests plugins that end, bodies that a host withholds, and shared data that another plugin writes.

use super::super::vm::{HELD, MODULE};
use super::messages::{COUNTING, DENIED, POLICY, message, messages};
use host_tests::abi::Request;
use host_tests::abi::constraints::{
    APISIX, Constraints, GOOGLE, HeaderPause, ISTIO, NGINX, NO_BODIES, SIMULATED,
};
use host_tests::abi::exchange::{Gateway, Played};

const UNAVAILABLE: &str = "503 mcp_policy_unavailable";

fn gateway(host: Constraints, policy: &str) -> Gateway<'static> {
    Gateway::start(&MODULE, host, policy).expect("the policy is accepted")
}

fn play(gateway: &mut Gateway<'_>, name: &str) -> Played {
    gateway.play(&message(name))
}

/// The refusal of a stream midway is a call that ends a plugin in nginx, and there only.
#[test]
fn limit_holds_in_the_plugin_that_follows_one_that_ended() {
    let mut gateway = gateway(NGINX, COUNTING);
    assert_eq!(play(&mut gateway, "call within the limit").end, "forwarded");
    let ended = play(&mut gateway, "stream that is refused midway");
    assert_eq!(ended.end, "500 of the host");
    assert!(!ended.client.contains("tail"), "{ended:?}");
    assert!(gateway.vm().is_none(), "it has ended");
    let end = play(&mut gateway, "call beyond the limit").end;
    assert_eq!(end, "200 mcp_policy_rate_limited");
    assert_eq!(play(&mut gateway, "allowed call").end, "forwarded");
    assert_eq!(play(&mut gateway, "denied call").end, DENIED);
}

#[test]
fn nothing_passes_once_a_plugin_has_ended_that_the_host_does_not_replace() {
    let host = Constraints {
        failure: ISTIO.failure,
        ..NGINX
    };
    let mut gateway = gateway(host, COUNTING);
    assert_eq!(play(&mut gateway, "allowed call").end, "forwarded");
    play(&mut gateway, "stream that is refused midway");
    for named in messages() {
        let played = gateway.play(&named.message);
        assert_eq!(played.end, "503 of the host", "{}", named.name);
        assert_eq!(played.server, None, "{}", named.name);
    }
}

/// The streams of one VM share its end.
#[test]
fn stream_in_flight_does_not_pass_when_another_ends_the_plugin() {
    let mut gateway = gateway(NGINX, COUNTING);
    let vm = gateway.vm().expect("it runs");
    let call = message("allowed call");
    let headers = host_tests::abi::pairs(&[
        (":method", "POST"),
        (":path", "/mcp"),
        ("content-type", "application/json"),
    ]);
    let mut waiting = vm.stream(Request {
        headers,
        ..Request::default()
    });
    waiting.headers(false).expect("no trap");
    play(&mut gateway, "stream that is refused midway");
    let result = waiting.body(&call.pieces.concat(), true);
    assert!(result.is_err(), "{result:?}");
    let seen = waiting.seen();
    assert!(seen.forwarded.is_empty() && !seen.complete, "{seen:?}");
}

#[test]
fn held_request_without_a_body_is_refused() {
    let mut gateway = gateway(NO_BODIES, HELD);
    for name in ["allowed call", "denied call", "list with a hidden tool"] {
        let played = play(&mut gateway, name);
        assert_eq!((&*played.end, played.server), (UNAVAILABLE, None), "{name}");
    }
}

/// Without held headers a host that passes bodies by cannot be stopped. Its operator must see that at once.
#[test]
fn answer_to_a_body_that_the_host_withheld_is_refused() {
    let mut gateway = gateway(NO_BODIES, POLICY);
    let played = play(&mut gateway, "list with a hidden tool");
    assert_eq!((&*played.end, &*played.client), (UNAVAILABLE, ""));
    let mut gateway = self::gateway(host_tests::abi::constraints::ENVOY, POLICY);
    let played = play(&mut gateway, "list with a hidden tool");
    assert!(
        played.end == "forwarded" && !played.client.is_empty(),
        "control: {played:?}"
    );
}

/// A policy that holds headers is slow to be refused where the host stops the request with them, but nothing hangs.
#[test]
fn held_headers_are_refused_where_the_host_stops_all() {
    for host in SIMULATED {
        let Ok(mut gateway) = Gateway::start(&MODULE, host, HELD) else {
            assert_eq!(host.name, GOOGLE.name, "it has no timer");
            continue;
        };
        let allowed = match host.pause {
            HeaderPause::StopsAll => UNAVAILABLE,
            HeaderPause::None | HeaderPause::HoldsHeaders => "forwarded",
        };
        for (name, end) in [("allowed call", allowed), ("denied call", UNAVAILABLE)] {
            let played = play(&mut gateway, name);
            let refused = end == UNAVAILABLE;
            assert_eq!(played.server.is_none(), refused, "{name} on {}", host.name);
            assert_ne!(played.end, "504 of the host", "{name} on {}", host.name);
        }
    }
}

#[test]
fn limited_call_is_refused_where_another_plugin_wrote_its_counter() {
    for value in [&b""[..], b"0", b"\xFF", &[b'x'; 100]] {
        let mut gateway = gateway(ISTIO, COUNTING);
        gateway.shared().overwrite(value);
        let played = play(&mut gateway, "call within the limit");
        assert_eq!(played.end, "200 mcp_policy_unavailable", "{value:?}");
        assert_eq!(play(&mut gateway, "allowed call").end, "forwarded");
    }
}

/// As many streams as Google runs in one VM.
#[test]
fn thousand_streams_fit_into_the_memory_of_a_vm() {
    for host in [GOOGLE, APISIX] {
        let gateway = gateway(host, POLICY);
        let vm = gateway.vm().expect("it runs");
        let headers = host_tests::abi::pairs(&[
            (":method", "POST"),
            (":path", "/mcp"),
            ("content-type", "application/json"),
        ]);
        let mut streams = Vec::new();
        for _ in 0..1000 {
            let mut stream = vm.stream(Request {
                headers: headers.clone(),
                ..Request::default()
            });
            stream.headers(false).expect("no trap");
            stream.body(&[b' '; 4096], false).expect("no trap");
            streams.push(stream);
        }
        println!("{}: {} KiB", host.name, vm.memory_bytes() / 1024);
        assert!(vm.memory_bytes() <= GOOGLE.memory);
    }
}
