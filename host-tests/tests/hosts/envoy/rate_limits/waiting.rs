//! Tests requests that wait for the service: they block no other one, and none is left without an answer.

use super::fleet::{Fleet, NEEDS, Setting, call, message, passes, policy, request};
use host_tests::http2::{End, Http2Request, Outcome, http2};
use host_tests::require::lacks;
use host_tests::rpc;
use host_tests::upstream::Upstream;
use host_tests::wire::Connection;
use serde_json::{Value, json};
use std::thread;
use std::time::Duration;

const LATE: u64 = 600;

fn late(setting: Setting) -> Fleet {
    let fleet = Fleet::start(&policy(10, &json!({})), setting);
    fleet.service.set_faults(LATE, 0);
    fleet
}

/// Waits until the service is asked so often.
fn asks(fleet: &Fleet, questions: u64) {
    while fleet.service.asked() < questions {
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn request_that_waits_blocks_no_other_one_of_its_worker() {
    if lacks(NEEDS) {
        return;
    }
    let fleet = late(Setting {
        envoys: 1,
        workers: 1,
        ..Setting::default()
    });
    let addr = fleet.addr(0);
    let waits = move || call(addr, "limited", &json!({ "round": "a" }));
    thread::scope(|scope| {
        let waiting: Vec<_> = (0..8).map(|_| scope.spawn(waits)).collect();
        asks(&fleet, 8);
        for _ in 0..20 {
            assert!(fleet.call(0, "free", &json!({})));
        }
        assert!(
            waiting.iter().all(|call| !call.is_finished()),
            "all still wait"
        );
        assert!(
            waiting
                .into_iter()
                .all(|call| call.join().expect("an answer"))
        );
    });
}

#[test]
fn client_that_leaves_while_it_waits_reaches_no_server() {
    if lacks(NEEDS) {
        return;
    }
    let fleet = late(Setting::default());
    for left in 1..=4 {
        let mut connection = Connection::open(fleet.addr(0)).expect("a connection");
        let call = request("limited", &json!({ "round": "a" }));
        connection.write(&call).expect("it is sent");
        asks(&fleet, left);
        drop(connection);
    }
    thread::sleep(Duration::from_millis(2 * LATE));
    assert_eq!(fleet.served(), 0);
    fleet.service.set_faults(0, 0);
    let mut connection = Connection::open(fleet.addr(0)).expect("a connection");
    let passed = (0..8).filter(|_| passes(&mut connection, "limited", &json!({ "round": "a" })));
    assert_eq!(passed.count(), 6, "the service counted those that left");
}

#[test]
fn reload_while_requests_wait_leaves_none_without_an_answer() {
    if lacks(NEEDS) {
        return;
    }
    let fleet = late(Setting {
        reloads: true,
        ..Setting::default()
    });
    let addrs = [fleet.addr(0), fleet.addr(1)];
    let waits = move |number: usize| call(addrs[number % 2], "limited", &json!({ "round": "a" }));
    thread::scope(|scope| {
        let waiting: Vec<_> = (0..4)
            .map(|number| scope.spawn(move || waits(number)))
            .collect();
        asks(&fleet, 4);
        for envoy in &fleet.envoys {
            let taken = envoy.reload("mcp", &policy(11, &json!({})));
            assert!(taken.expect("it reloads"), "{}", envoy.log());
        }
        assert!(
            waiting
                .into_iter()
                .all(|call| call.join().expect("an answer"))
        );
    });
    assert_eq!(fleet.served(), 4);
}

/// Envoy's buffer is empty while such a request waits.
#[test]
fn request_that_the_plugin_keeps_waits_and_reaches_the_server_whole() {
    if lacks(NEEDS) {
        return;
    }
    let kept = |host: &Value| {
        let mut policy: Value = serde_json::from_str(&policy(10, &json!({}))).expect("JSON");
        policy["host"] = host.clone();
        policy.to_string()
    };
    let fleet = Fleet {
        upstream: Upstream::start().expect("the upstream starts"),
        ..late(Setting::default())
    };
    let fleet = fleet.with_policy(&kept(&json!({ "trailers": false })));
    let body = message("limited", &json!({ "round": "a" })).into_bytes();
    for end in [End::Data, End::EmptyData, End::Trailers(Vec::new())] {
        let request = Http2Request {
            method: "POST".into(),
            path: "/mcp".into(),
            headers: rpc::headers(),
            pieces: body.chunks(7).map(<[u8]>::to_vec).collect(),
            end: end.clone(),
        };
        let outcome = http2(fleet.addr(0), &request, Duration::from_secs(5));
        let outcome = outcome.expect("a connection");
        assert!(matches!(outcome, Outcome::Answered(_)), "{end:?}");
        let seen = fleet.upstream.take();
        let bodies: Vec<_> = seen.iter().map(|request| &request.body).collect();
        assert_eq!(bodies, [&body], "{end:?}");
    }
}
