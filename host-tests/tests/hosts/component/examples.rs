//! Runs the gateways of `plugin/component/examples` as their readers do: before a server, between a client and its answers.

use super::trap::{FIELDS, trapping_component};
use host_tests::program::Program;
use host_tests::require::{COMPONENT_NODE, COMPONENT_PYTHON, NODE, lacks};
use host_tests::rpc::{call, post};
use host_tests::upstream::{Recorded, Upstream, reply};
use host_tests::wire::{Response, http1};
use host_tests::{component_path, root, tool};
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(60);
const POLICY: &str = r#"{ "version": "1", "default": "deny", "host": { "max_request_bytes": 2048 },
    "tools": { "look": {}, "run": { "limits": [ { "counter": "runs", "window": "month", "max": 2 } ] } } }"#;
const LIST: &str =
    r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"drop"},{"name":"run"}]}}"#;
const SHORTER: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"run"}]}}"#;

/// The command of an example, for a component, the file of a policy, and a server; it listens on a free port.
type Start = fn(component: &Path, policy: &Path, upstream: &str) -> Command;

fn rust(component: &Path, policy: &Path, upstream: &str) -> Command {
    let mut command = tool::built("component-gateway");
    command
        .args([component, policy])
        .args(["127.0.0.1:0", upstream]);
    command
}

fn python(component: &Path, policy: &Path, upstream: &str) -> Command {
    let mut command = Command::new(root().join("target/venv/bin/python"));
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command.arg(root().join("plugin/component/examples/python/gateway.py"));
    command.args([component, policy]).args(["0", upstream]);
    command
}

/// Turns the component into JavaScript first.
fn node(component: &Path, policy: &Path, upstream: &str) -> Command {
    let node = root().join("target/node/node");
    let folder = component.with_extension("");
    let mut transpile = Command::new(&node);
    transpile
        .arg(root().join("target/component-node/node_modules/@bytecodealliance/jco/dist/jco.js"));
    transpile.args([
        "transpile",
        "--quiet",
        "--instantiation",
        "sync",
        "--name",
        "engine",
        "--out-dir",
    ]);
    let output = transpile
        .args([&folder, component])
        .output()
        .expect("Node starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut command = Command::new(node);
    command.arg(root().join("plugin/component/examples/node/gateway.mjs"));
    command
        .args([&folder.join("engine.js"), policy])
        .args(["0", upstream]);
    command
}

#[test]
fn gateway_in_rust_enforces_the_policy() {
    enforces("rust", rust);
}

#[test]
fn gateway_in_rust_streams_events_and_survives_a_trap() {
    streams_and_survives("rust", rust);
}

#[test]
fn gateway_in_python_enforces_the_policy() {
    if !lacks(&[COMPONENT_PYTHON]) {
        enforces("python", python);
    }
}

#[test]
fn gateway_in_python_streams_events_and_survives_a_trap() {
    if !lacks(&[COMPONENT_PYTHON]) {
        streams_and_survives("python", python);
    }
}

#[test]
fn gateway_in_node_enforces_the_policy() {
    if !lacks(&[NODE, COMPONENT_NODE]) {
        enforces("node", node);
    }
}

#[test]
fn gateway_in_node_streams_events_and_survives_a_trap() {
    if !lacks(&[NODE, COMPONENT_NODE]) {
        streams_and_survives("node", node);
    }
}

/// A running example.
struct Gateway {
    program: Program,
    addr: SocketAddr,
}

impl Gateway {
    /// The component is copied, so that each test may write beside its own.
    fn start(name: &str, start: Start, component: &[u8], upstream: SocketAddr) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join("component")
            .join(name);
        fs::create_dir_all(&folder).expect("a folder");
        let [wasm, policy] = ["policy.wasm", "policy.json"].map(|file| folder.join(file));
        fs::write(&wasm, component).expect("the component can be written");
        fs::write(&policy, POLICY).expect("the policy can be written");
        let mut program = Program::run(start(&wasm, &policy, &upstream.to_string()));
        let addr = SocketAddr::from(([127, 0, 0, 1], program.port()));
        Self { program, addr }
    }

    fn send(&self, body: Vec<u8>, fields: usize) -> Response {
        let mut request = post(body);
        let field = |number| (format!("x-field-{number}").into_bytes(), b"1".to_vec());
        request.headers.extend((0..fields).map(field));
        http1(self.addr, &request, TIMEOUT).expect("an answer")
    }

    /// The status, and the first of these texts in the answer.
    fn outcome(&self, body: Vec<u8>) -> (u16, &'static str) {
        let response = self.send(body, 0);
        let text = String::from_utf8_lossy(&response.body).into_owned();
        let mut told = [
            "not available",
            "is used up",
            "is longer than",
            "\"result\"",
        ]
        .into_iter();
        (
            response.status,
            told.find(|told| text.contains(told)).unwrap_or_default(),
        )
    }

    /// The next decision in the log, and its reason.
    fn logged(&self) -> (String, String) {
        let line = self.program.read_line().expect("a decision is logged");
        let line: Value = serde_json::from_str(&line).expect("JSON");
        let member = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        (member("decision"), member("reason"))
    }
}

fn list() -> Vec<u8> {
    br#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#.to_vec()
}

/// A server with two tools, of which one is denied.
fn server() -> Upstream {
    let upstream = Upstream::answering(|request: &Recorded| {
        let lists = request.body.windows(10).any(|part| part == b"tools/list");
        let body = if lists {
            LIST
        } else {
            r#"{"jsonrpc":"2.0","id":1,"result":{}}"#
        };
        reply(200, "application/json", body.as_bytes())
    });
    upstream.expect("the upstream starts")
}

fn enforces(name: &str, start: Start) {
    let upstream = server();
    let component = fs::read(component_path()).expect("the component can be read");
    let gateway = Gateway::start(name, start, &component, upstream.addr());
    assert_eq!(
        String::from_utf8_lossy(&gateway.send(list(), 0).body),
        SHORTER
    );
    let passes = (200, "\"result\"");
    let long = [call("look"), vec![b' '; 2048]].concat();
    let fits = [call("look"), vec![b' '; 1024]].concat();
    let calls = [
        call("run"),
        call("drop"),
        long,
        fits,
        call("run"),
        call("run"),
    ];
    let outcomes = calls.map(|call| gateway.outcome(call));
    let refusals = [
        (200, "not available"),
        (400, "is longer than"),
        (200, "is used up"),
    ];
    let [denied, oversized, limited] = refusals;
    assert_eq!(
        outcomes,
        [passes, denied, oversized, passes, passes, limited]
    );
    let seen = upstream.take();
    let names = ["tools/list", "run", "look", "run"];
    assert_eq!(seen.len(), names.len(), "{seen:?}");
    for (request, name) in seen.iter().zip(names) {
        let body = String::from_utf8_lossy(&request.body);
        assert!(
            request.complete && body.contains(name),
            "{name}: {request:?}"
        );
        assert_eq!(
            request.header("content-type"),
            Some(&b"application/json"[..])
        );
    }
    let logged = names.len() + refusals.len();
    let logged: Vec<_> = (0..logged).map(|_| gateway.logged()).collect();
    let reasons: Vec<_> = logged.iter().map(|(_, reason)| reason.as_str()).collect();
    assert_eq!(
        reasons,
        ["", "", "not_allowed", "unreadable", "", "", "rate_limited"]
    );
}

/// A call that traps is a 503 and reaches no server; the call before and the call after it pass, and are counted together.
fn streams_and_survives(name: &str, start: Start) {
    let server = EventServer::start();
    let name = format!("{name}-trapping");
    let gateway = Gateway::start(&name, start, &trapping_component(), server.addr);
    flows(&gateway, &server);
    let many = FIELDS as usize;
    let mut statuses = Vec::new();
    for (tool, fields) in [
        ("run", 0),
        ("look", many),
        ("run", 0),
        ("run", many),
        ("run", 0),
    ] {
        let response = gateway.send(call(tool), fields);
        let is_limited = String::from_utf8_lossy(&response.body).contains("is used up");
        statuses.push((response.status, is_limited));
    }
    let passes = (200, false);
    assert_eq!(
        statuses,
        [passes, (503, false), passes, (503, false), (200, true)]
    );
    let seen = server.seen.try_iter().count();
    assert_eq!(seen, 3, "the stream and two calls");
}

/// The client has the first event while the server waits to send the second, which loses a hidden name.
fn flows(gateway: &Gateway, server: &EventServer) {
    let stream = TcpStream::connect(gateway.addr).expect("the gateway listens");
    stream
        .set_read_timeout(Some(TIMEOUT))
        .expect("a time limit");
    let body = String::from_utf8(list()).expect("text");
    let head = "POST /mcp HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-type: application/json\r\n\
                accept: application/json, text/event-stream";
    write!(
        &stream,
        "{head}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("it is sent");
    let mut lines = BufReader::new(stream)
        .lines()
        .map(|line| line.expect("a line in time"));
    assert!(
        lines.any(|line| line.contains("notifications/progress")),
        "the first event"
    );
    server.go.send(()).expect("the server waits");
    let last = lines
        .find(|line| line.contains("result"))
        .expect("the second event");
    assert!(last.contains(SHORTER), "{last}");
}

/// A server that answers a list by two events, the second only after a word from the test, and anything else at once.
struct EventServer {
    addr: SocketAddr,
    /// One for each request.
    seen: Receiver<()>,
    go: std::sync::mpsc::Sender<()>,
}

impl EventServer {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = listener.local_addr().expect("an address");
        let ((go, wait), (arrived, seen)) = (channel(), channel());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // A test that is over receives nothing.
                let _ = arrived.send(());
                serve(&stream, &wait);
            }
        });
        Self { addr, seen, go }
    }
}

fn serve(mut stream: &TcpStream, wait: &Receiver<()>) {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        let lower = line.to_ascii_lowercase();
        let value = lower
            .strip_prefix("content-length:")
            .and_then(|value| value.trim().parse().ok());
        length = value.unwrap_or(length);
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("the whole body");
    let close = "connection: close\r\n\r\n";
    if !body.windows(10).any(|part| part == b"tools/list") {
        let result = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}",
            result.len()
        );
        return write!(stream, "{head}\r\n{close}{result}").expect("it is sent");
    }
    let progress = r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}"#;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked";
    write!(stream, "{head}\r\n{close}{}", chunk(progress)).expect("it is sent");
    wait.recv_timeout(TIMEOUT)
        .expect("the client has the first event");
    write!(stream, "{}0\r\n\r\n", chunk(LIST)).expect("it is sent");
}

/// An event, in a chunk.
fn chunk(data: &str) -> String {
    let event = format!("data: {data}\n\n");
    format!("{:x}\r\n{event}\r\n", event.len())
}
