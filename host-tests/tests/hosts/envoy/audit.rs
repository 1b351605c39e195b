//! Tests that the line of a decision is in the log before the answer arrives, and is not lost when the process dies; and that
//! the line about an answer tells how the server answered.

use super::gateway::{eventually, limited, raw, start, verdict};
use host_tests::envoy::Envoy;
use host_tests::require::{ENVOY, lacks};
use host_tests::upstream::{Recorded, Upstream, reply};
use host_tests::wire::Connection;
use serde_json::{Value, json};
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

/// How long the server takes.
const TAKES: Duration = Duration::from_millis(150);

/// A server that fails as the name of the tool says.
fn failing(request: &Recorded) -> Vec<u8> {
    thread::sleep(TAKES);
    let is = |tool: &str| String::from_utf8_lossy(&request.body).contains(tool);
    let answer = if is("errs") {
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no"}}"#
    } else if is("fails") {
        r#"{"jsonrpc":"2.0","id":1,"result":{"content":[],"isError":true}}"#
    } else if is("breaks") {
        return reply(503, "text/plain", b"overloaded");
    } else {
        r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#
    };
    reply(200, "application/json", answer.as_bytes())
}

/// The line about the answer to a call of this tool.
fn answer_to(log: &str, tool: &str) -> Option<Value> {
    let lines = log
        .lines()
        .filter_map(|line| line.find(r#"{"v":1,"#).map(|at| &line[at..]));
    let mut lines = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.find(|line| line["event"] == "answer" && line["tool"] == tool)
}

#[test]
fn answer_is_logged_with_its_kind_status_and_time() {
    if lacks(&[ENVOY]) {
        return;
    }
    let upstream = Upstream::answering(failing).expect("the upstream starts");
    let policy = r#"{ "version": "1", "default": "allow", "audit": { "answers": true } }"#;
    let envoy = start(policy, &upstream, 2);
    let expected = [
        ("works", json!("result"), json!(null), 200),
        ("errs", json!("error"), json!(-32602), 200),
        ("fails", json!("tool_error"), json!(null), 200),
        ("breaks", json!(null), json!(null), 503),
    ];
    for (tool, ..) in &expected {
        let mut connection = Connection::open(envoy.addr("mcp")).expect("a connection");
        connection.send(&raw(tool)).expect("an answer");
    }
    for (tool, kind, code, status) in expected {
        eventually("the answer is logged", || {
            answer_to(&envoy.log(), tool).is_some()
        });
        let line = answer_to(&envoy.log(), tool).unwrap_or_default();
        let told = (&line["answer"], &line["error_code"], &line["status"]);
        assert_eq!(told, (&kind, &code, &json!(status)), "{line}");
        let latency = line["latency_ms"].as_u64().unwrap_or_default();
        assert!(u128::from(latency) >= TAKES.as_millis() - 10, "{line}");
    }
}
