//! Tests requests of one session at the same time: an id that is under way is refused, and one whose client
//! disconnected is unclear.

use super::gateway::{LIMIT, start};
use host_tests::envoy::Envoy;
use host_tests::require::{ENVOY, lacks};
use host_tests::rpc::{self, call_with};
use host_tests::upstream::{Recorded, Upstream, reply};
use host_tests::wire::{Response, http1};
use serde_json::{Value, json};
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

const POLICY: &str = r#"{ "version": "1", "default": "deny", "tools": {
    "slow": {},
    "run": { "limits": [ { "counter": "runs", "window": "month", "max": 2, "refund": "on_error" } ] } } }"#;

/// The gate that delays the answers to `slow`.
#[derive(Default)]
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn open(&self) {
        *self.open.lock().expect("nobody panics with it") = true;
        self.opened.notify_all();
    }

    fn wait(&self) {
        let open = self.open.lock().expect("nobody panics with it");
        let closed = self.opened.wait_timeout_while(open, LIMIT, |open| !*open);
        drop(closed.expect("nobody panics with it"));
    }
}

/// A server that issues the session `one` to every client, answers `slow` late, and answers every other call with an
/// error that means that it did not run.
fn server(gate: Arc<Gate>) -> Upstream {
    let answer = move |request: &Recorded| {
        let message: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let id = &message["id"];
        if message["method"] == "initialize" {
            let answer = json!({ "jsonrpc": "2.0", "id": id, "result": {} }).to_string();
            let answer = reply(
                200,
                "application/json\r\nmcp-session-id: one",
                answer.as_bytes(),
            );
            return answer;
        }
        let answer = match message["params"]["name"].as_str() {
            Some("slow") => {
                gate.wait();
                json!({ "jsonrpc": "2.0", "id": id, "result": { "content": [] } })
            }
            _ => {
                json!({ "jsonrpc": "2.0", "id": id, "error": { "code": -32602, "message": "no" } })
            }
        };
        reply(200, "application/json", answer.to_string().as_bytes())
    };
    Upstream::answering(answer).expect("the upstream starts")
}

/// An Envoy in front of the server, and a session.
fn begun(gate: &Arc<Gate>) -> (Upstream, Envoy) {
    let upstream = server(gate.clone());
    let envoy = start(POLICY, &upstream, 2);
    let initialize = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "c", "version": "1" } } });
    let body = initialize.to_string().into_bytes();
    let response = http1(envoy.addr("mcp"), &rpc::post(body), LIMIT).expect("an answer");
    assert_eq!(response.header("mcp-session-id"), Some(&b"one"[..]));
    (upstream, envoy)
}

fn send(addr: SocketAddr, tool: &str, id: usize) -> Response {
    let mut request = rpc::post(call_with(tool, id));
    request
        .headers
        .push((b"mcp-session-id".to_vec(), b"one".to_vec()));
    http1(addr, &request, LIMIT).expect("an answer")
}

/// The code of the error that answers a call; `None` for a result.
fn code(addr: SocketAddr, tool: &str, id: usize) -> Option<i64> {
    let response = send(addr, tool, id);
    assert_eq!(response.status, 200);
    let message: Value = serde_json::from_slice(&response.body).expect("JSON");
    message["error"]["code"].as_i64()
}

/// Sends a call of `slow`, and waits until it has reached the server.
fn begin_slow(addr: SocketAddr, upstream: &Upstream) -> TcpStream {
    let before = upstream.count();
    let body = call_with("slow", 1);
    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\nmcp-session-id: one\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(addr).expect("a connection");
    stream
        .write_all(&[head.as_bytes(), &body].concat())
        .expect("it is sent");
    within_a_while("the call reaches the server", || upstream.count() > before);
    stream
}

fn within_a_while(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..200 {
        if holds() {
            return;
        }
        thread::sleep(Duration::from_millis(25));
    }
    panic!("not within five seconds: {what}");
}

#[test]
fn second_request_with_an_id_that_is_under_way_is_refused() {
    if lacks(&[ENVOY]) {
        return;
    }
    let gate = Arc::new(Gate::default());
    let (upstream, envoy) = begun(&gate);
    let addr = envoy.addr("mcp");
    thread::scope(|scope| {
        let before = upstream.count();
        let first = scope.spawn(|| code(addr, "slow", 1));
        within_a_while("the call reaches the server", || upstream.count() > before);
        assert_eq!([(); 4].map(|()| code(addr, "run", 1)), [Some(-32600); 4]);
        assert_eq!(code(addr, "run", 2), Some(-32602), "another id passes");
        gate.open();
        assert_eq!(first.join().expect("an answer"), None);
    });
    assert_eq!(code(addr, "run", 1), Some(-32602), "the id is free");
}

#[test]
fn id_of_a_disconnected_client_refunds_nothing() {
    if lacks(&[ENVOY]) {
        return;
    }
    let gate = Arc::new(Gate::default());
    let (upstream, envoy) = begun(&gate);
    let addr = envoy.addr("mcp");
    for _ in 0..4 {
        assert_eq!(code(addr, "run", 1), Some(-32602), "each gives back");
    }
    drop(begin_slow(addr, &upstream));
    // Until Envoy notices the disconnect, the id is in use.
    within_a_while("the call with its id passes", || {
        code(addr, "run", 1) == Some(-32602)
    });
    assert_eq!(code(addr, "run", 1), Some(-32602));
    assert_eq!(
        code(addr, "run", 2),
        None,
        "two calls are counted, which are all"
    );
    gate.open();
}
