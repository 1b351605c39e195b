//! Tests slow responses to several callers that fill a worker: the caller who holds most loses one to another caller.

use super::gateway::{LIMIT, request};
use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::require::{ENVOY, lacks};
use host_tests::rpc;
use host_tests::wasm_path;
use host_tests::wire::{Http1Request, http1};
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A worker holds a mebibyte, and one caller a quarter of it. Every result is searched, so it is held until it is
/// complete.
const POLICY: &str = r#"{ "version": "1", "default": "deny", "host": { "held_bytes": 1048576 },
    "identity": { "from": [ { "header": "x-user", "set_by_gateway": true } ] },
    "tools": { "json": { "result": { "redact": ["secrets"] } }, "events": { "result": { "redact": ["secrets"] } } } }"#;

const QUARTER: usize = 256 << 10;
const START: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"content":""#;

/// A server that sends the beginning of each response, whose length is in its path, and the rest on demand.
struct SlowServer {
    addr: SocketAddr,
    state: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Default)]
struct State {
    begun: usize,
    goes_on: bool,
}

impl SlowServer {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let addr = listener.local_addr().expect("its address");
        let state: Arc<(Mutex<State>, Condvar)> = Arc::default();
        let of_listener = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&of_listener);
                thread::spawn(move || answer(stream, &state));
            }
        });
        Self { addr, state }
    }

    fn wait_for(&self, begun: usize) {
        let (state, changed) = &*self.state;
        let state = state.lock().expect("no panic");
        let waited = changed.wait_timeout_while(state, LIMIT, |state| state.begun < begun);
        assert!(waited.expect("no panic").0.begun >= begun);
    }

    fn go_on(&self) {
        let (state, changed) = &*self.state;
        state.lock().expect("no panic").goes_on = true;
        changed.notify_all();
    }
}

fn answer(mut stream: TcpStream, (state, changed): &(Mutex<State>, Condvar)) {
    let Some(request) = request(&mut stream) else {
        return;
    };
    let bytes = request
        .split(['/', ' '])
        .nth(2)
        .and_then(|bytes| bytes.parse().ok());
    let text = "x".repeat(bytes.unwrap_or_default());
    let (media, start, end) = match request.contains("events") {
        true => ("text/event-stream", format!("data: {START}"), "\"}}\n\n"),
        false => ("application/json", START.to_owned(), "\"}}"),
    };
    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: ";
    let _ = write!(stream, "{head}{media}\r\n\r\n{start}{text}");
    let mut locked = state.lock().expect("no panic");
    locked.begun += 1;
    changed.notify_all();
    let waited = changed.wait_timeout_while(locked, LIMIT, |state| !state.goes_on);
    drop(waited);
    let _ = write!(stream, "{end}");
}

/// A response that a caller waits for.
struct Awaited(JoinHandle<String>);

impl Awaited {
    /// Calls this tool, whose response begins with so many bytes.
    fn call(gateway: SocketAddr, caller: &str, tool: &str, bytes: usize) -> Self {
        let mut request = Http1Request {
            path: format!("/{bytes}"),
            ..rpc::post(rpc::call(tool))
        };
        request.headers.push(("x-user".into(), caller.into()));
        Self(thread::spawn(move || {
            let response = http1(gateway, &request, LIMIT).expect("an answer");
            String::from_utf8_lossy(&response.body).into_owned()
        }))
    }

    fn end(self) -> &'static str {
        let body = self.0.join().expect("no panic");
        let refused = body.contains("holds too many responses") && !body.contains("xx");
        let whole = body.contains(START) && body.trim_end().ends_with("\"}}");
        match (refused, whole) {
            (true, false) => "refused",
            (false, true) => "whole",
            _ => panic!("neither whole nor refused: {body:.300}"),
        }
    }
}

/// Lets callers fill a worker, and another one arrive. Returns the end of each of their responses, and that of the
/// last.
fn crowd(responses: &[(&str, &str, usize)]) -> (Vec<&'static str>, &'static str) {
    let server = SlowServer::start();
    let mut config = Config::new(vec![Listener::new(
        "mcp",
        POLICY,
        server.addr,
        &wasm_path(),
    )]);
    config.concurrency = 1;
    let envoy = Envoy::start(&config).expect("Envoy starts");
    let gateway = envoy.addr("mcp");
    let start =
        |&(caller, tool, bytes): &(&str, &str, usize)| Awaited::call(gateway, caller, tool, bytes);
    let crowd: Vec<_> = responses.iter().map(start).collect();
    server.wait_for(responses.len());
    // The server has written all of it, and the gateway reads it.
    thread::sleep(Duration::from_millis(500));
    let arriving = Awaited::call(gateway, "e", "json", QUARTER - 50_000);
    server.wait_for(responses.len() + 1);
    thread::sleep(Duration::from_millis(300));
    server.go_on();
    let ends = crowd.into_iter().map(Awaited::end).collect();
    let arrived = arriving.end();
    assert!(!envoy.log().contains("wasm VM failed"), "{}", envoy.log());
    (ends, arrived)
}

const HALF: usize = QUARTER / 2 - 500;

#[test]
fn caller_who_holds_most_loses_a_response_to_one_who_arrives() {
    if lacks(&[ENVOY]) {
        return;
    }
    for longest in ["json", "events"] {
        let (ends, arrived) = crowd(&[
            ("a", longest, 2 * HALF),
            ("b", "json", HALF - 2000),
            ("b", "events", HALF - 2000),
            ("c", "events", 2 * HALF - 3000),
            ("d", "json", HALF - 2000),
            ("d", "json", HALF - 2000),
        ]);
        assert_eq!(arrived, "whole", "{longest}: {ends:?}");
        assert_eq!(ends[0], "refused", "{longest}: {ends:?}");
        assert!(
            ends[1..].iter().all(|end| *end == "whole"),
            "{longest}: {ends:?}"
        );
    }
}

#[test]
fn no_caller_loses_a_response_where_all_fit() {
    if lacks(&[ENVOY]) {
        return;
    }
    let (ends, arrived) = crowd(&[
        ("a", "json", 2 * HALF),
        ("b", "json", HALF),
        ("b", "events", HALF),
        ("c", "events", 2 * HALF),
    ]);
    assert_eq!((ends, arrived), (vec!["whole"; 4], "whole"));
}
