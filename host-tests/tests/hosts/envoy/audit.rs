//! Tests that the line of a decision is in the log before the answer arrives, and is not lost when the process dies.

use super::gateway::{limited, raw, start, verdict};
use host_tests::envoy::Envoy;
use host_tests::require::{ENVOY, lacks};
use host_tests::upstream::Upstream;
use host_tests::wire::Connection;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// The number of decisions in the log.
fn decisions(log: &str) -> usize {
    log.matches(r#"{"v":1,"event":"decision""#).count()
}

fn started(upstream: &Upstream) -> Envoy {
    start(&limited(1_000_000), upstream, 2)
}

#[test]
fn decision_is_in_the_log_when_its_answer_arrives() {
    if lacks(&[ENVOY]) {
        return;
    }
    let upstream = Upstream::start().expect("the upstream starts");
    let envoy = started(&upstream);
    let mut connection = Connection::open(envoy.addr("mcp")).expect("a connection");
    for number in 1..=50 {
        let (tool, expected) = match number % 2 {
            0 => ("run", "forwarded"),
            _ => ("drop_table", "200 not_allowed"),
        };
        let answer = connection.send(&raw(tool)).expect("an answer");
        assert_eq!(verdict(&answer), expected);
        assert_eq!(decisions(&envoy.log()), number);
    }
}

#[test]
fn killed_envoy_has_logged_the_decision_of_every_answer() {
    if lacks(&[ENVOY]) {
        return;
    }
    let upstream = Upstream::start().expect("the upstream starts");
    let envoy = started(&upstream);
    let addr = envoy.addr("mcp");
    let answered = AtomicUsize::new(0);
    let client = |tool: &'static str| {
        let answered = &answered;
        move || {
            let request = raw(tool);
            let mut connection = Connection::open(addr).expect("a connection");
            while connection.send(&request).is_ok() {
                answered.fetch_add(1, Ordering::SeqCst);
            }
        }
    };
    let log = thread::scope(|scope| {
        for tool in ["run", "drop_table", "run", "drop_table"] {
            scope.spawn(client(tool));
        }
        thread::sleep(Duration::from_millis(500));
        envoy.kill_9()
    });
    let (logged, answered) = (decisions(&log), answered.into_inner());
    assert!(answered > 100, "there was load when it died");
    assert!(logged >= answered, "{logged} decisions, {answered} answers");
}
