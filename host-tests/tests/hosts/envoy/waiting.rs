//! Tests a thousand calls that wait for a person at the same time: they take no connection to the server, bounded memory,
//! and end as soon as the person has decided.

use super::gateway::eventually;
use host_tests::approvals::{Gateway, RESULT, TOOL, policy};
use host_tests::require::{ENVOY, lacks};
use host_tests::say::say;
use host_tests::wire::{Connection, Deadline};
use serde_json::{Value, json};
use std::time::Duration;

const MCP: &str = "mcp";
const CALLS: usize = 1000;
/// The pending approvals that one caller may have.
const PENDING: usize = 16;
/// The most memory of Envoy for each held call.
const HELD_CALL: usize = 96 << 10;
/// The time for the answers of all calls whose approval is decided.
const RELEASE: Duration = Duration::from_secs(5);

fn gateway() -> Gateway {
    Gateway::start(&[(MCP, policy(true))])
}

/// A call of a client of the newest revision that shows no links, and its retry with the state of the last answer.
fn message(service: &str, state: Option<&str>) -> String {
    let mut params = json!({
        "name": TOOL,
        "arguments": { "service": service },
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": { "name": "client-of-the-test", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": {},
        },
    });
    if let Some(state) = state {
        params["requestState"] = state.into();
    }
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string()
}

/// A call on a connection of its own, whose answer is not read yet.
struct Call {
    connection: Connection,
}

impl Call {
    fn begin(gateway: &Gateway, token: &str, message: &str) -> Self {
        let addr = gateway.envoy().addr(MCP);
        let mut connection = Connection::open(addr).expect("a connection");
        let head = format!(
            "POST /mcp HTTP/1.1\r\nhost: {addr}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\naccept: application/json, text/event-stream\r\n\
             mcp-protocol-version: 2026-07-28\r\nmcp-method: tools/call\r\nmcp-name: {TOOL}\r\n\
             content-length: {}\r\n\r\n{message}",
            message.len()
        );
        connection.write(head.as_bytes()).expect("it is sent");
        Self { connection }
    }

    /// The result in the answer.
    fn end(mut self) -> Value {
        let response = self.connection.read().expect("an answer");
        let shown = String::from_utf8_lossy(&response.body);
        assert_eq!(response.status, 200, "{shown}");
        let mut answer: Value = serde_json::from_slice(&response.body).expect("a whole answer");
        answer["result"].take()
    }
}

/// Waits until so many calls are under way, and no other.
fn held(gateway: &Gateway, count: usize) {
    let held = || gateway.under_way(MCP) == count as u64;
    eventually(&format!("{count} calls are held"), held);
}

/// The results of calls whose approval is decided, which do not take long, as the states of their next rounds.
fn released(calls: Vec<Call>) -> Vec<String> {
    let deadline = Deadline::after(RELEASE);
    let results: Vec<_> = calls.into_iter().map(Call::end).collect();
    assert!(deadline.left().is_ok(), "all are released in time");
    let state = |result: &Value| {
        assert_eq!(result["resultType"], "input_required", "{result}");
        result["requestState"].as_str().expect("a state").to_owned()
    };
    results.iter().map(state).collect()
}

fn text(result: &Value) -> &str {
    let text = result.pointer("/content/0/text").and_then(Value::as_str);
    text.expect("a result with a text")
}

fn lives(gateway: &Gateway) {
    let log = gateway.envoy().log();
    assert!(!log.contains("wasm VM failed"), "{log}");
    assert!(!log.contains("Function: "), "{log}");
}

/// All connections to servers that Envoy has ever opened.
fn connections(gateway: &Gateway) -> u64 {
    let stats = gateway.envoy().stats();
    let lines = stats.lines().filter_map(|line| line.split_once(": "));
    let opened = lines.filter(|(name, _)| name.ends_with(".upstream_cx_total"));
    opened
        .map(|(_, count)| count.parse::<u64>().expect("a number"))
        .sum()
}

#[test]
fn thousand_equal_calls_are_held_without_a_connection_and_one_passes() {
    if lacks(&[ENVOY]) {
        return;
    }
    let gateway = gateway();
    let before = gateway.envoy().resident_bytes();
    let token = gateway.token("one");
    let call = |state: Option<&str>| Call::begin(&gateway, &token, &message("web", state));
    let calls: Vec<_> = (0..CALLS).map(|_| call(None)).collect();
    held(&gateway, CALLS);
    assert_eq!(connections(&gateway), 0);
    assert_eq!(gateway.pending().len(), 1);
    let id = gateway.asked_by("one");
    gateway.approve(&id);
    let states = released(calls);
    assert_eq!(gateway.ran("web"), 0, "no call has been sent again");
    let retries: Vec<_> = states.iter().map(|state| call(Some(state))).collect();
    let results: Vec<_> = retries.into_iter().map(Call::end).collect();
    let (passed, refused): (Vec<_>, Vec<_>) =
        results.iter().partition(|result| text(result) == RESULT);
    assert_eq!((passed.len(), gateway.ran("web")), (1, 1));
    let over = |result: &&Value| {
        let text = text(result);
        text.contains("This approval has passed its one call")
            || text.contains("just passed another call")
    };
    assert!(refused.iter().all(over), "{refused:?}");
    let most = gateway.envoy().peak_bytes();
    let told = [before, most].map(|bytes| format!("{} MiB", bytes >> 20));
    say(&format!("{CALLS} held calls: {told:?} before and at most"));
    assert!(most < before + CALLS * HELD_CALL, "{told:?}");
    lives(&gateway);
}

#[test]
fn thousand_calls_of_many_callers_are_each_released_by_their_own_approval() {
    if lacks(&[ENVOY]) {
        return;
    }
    let gateway = gateway();
    let names: Vec<_> = (0..CALLS / 5)
        .map(|number| format!("caller {number}"))
        .collect();
    let calls_of = |name: &String| {
        let token = gateway.token(name);
        let call = |_| Call::begin(&gateway, &token, &message(name, None));
        (0..5).map(call).collect::<Vec<_>>()
    };
    let mut calls: Vec<_> = names.iter().map(calls_of).collect();
    held(&gateway, CALLS);
    assert_eq!(gateway.pending().len(), names.len());
    for (name, own) in names.iter().zip(calls.drain(..10)) {
        gateway.approve(&gateway.asked_by(name));
        let states = released(own);
        let token = gateway.token(name);
        let retry = |state: &String| Call::begin(&gateway, &token, &message(name, Some(state)));
        let results = states.iter().map(|state| retry(state).end());
        assert_eq!(results.filter(|result| text(result) == RESULT).count(), 1);
        assert_eq!(gateway.ran(name), 1, "{name}");
    }
    held(&gateway, CALLS - 50);
    assert_eq!(gateway.ran(&names[10]), 0);
    drop(calls);
    held(&gateway, 0);
    lives(&gateway);
}

#[test]
fn caller_with_a_thousand_different_calls_waits_for_sixteen() {
    if lacks(&[ENVOY]) {
        return;
    }
    let gateway = gateway();
    let token = gateway.token("one");
    let message = |number: usize| message(&format!("service {number}"), None);
    let call = |number| Call::begin(&gateway, &token, &message(number));
    let held_ones: Vec<_> = (0..PENDING).map(call).collect();
    held(&gateway, PENDING);
    let others = (PENDING..CALLS).map(call);
    let refused = others.map(Call::end);
    let too_many = |result: &Value| text(result).contains("Too many of your calls wait");
    assert_eq!(refused.filter(too_many).count(), CALLS - PENDING);
    assert_eq!(gateway.pending().len(), PENDING);
    held(&gateway, PENDING);
    drop(held_ones);
    held(&gateway, 0);
    lives(&gateway);
}
