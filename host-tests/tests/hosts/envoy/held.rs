//! Tests many long responses that never end: a worker holds bounded memory for them, and keeps responding.

use super::gateway::{eventually, post, request};
use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::require::{ENVOY, lacks};
use host_tests::rpc;
use host_tests::wasm_path;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// Every result of `long` is searched, so a document is held until it is complete.
const POLICY: &str = r#"{ "version": "1", "default": "deny",
    "tools": { "long": { "result": { "redact": ["secrets"] } }, "short": {} } }"#;

/// The part of a document that the server sends before it waits.
const BEGINNING: usize = 545 * 1024;

/// The number of such responses in a caller's quarter of 64 MiB.
const FIT: usize = (16 << 20) / BEGINNING;

/// A server that answers a call of `short`, and sends only the beginning for `long`.
fn upstream() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("its address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            small_thread(move || serve(stream));
        }
    });
    addr
}

fn serve(mut stream: TcpStream) {
    let Some(request) = request(&mut stream) else {
        return;
    };
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    if request.contains("short") {
        let body = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
        let length = body.len();
        let _ = write!(
            stream,
            "{head}connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        return;
    }
    let start = r#"{"jsonrpc":"2.0","id":1,"result":{"content":""#;
    let text = "x".repeat(BEGINNING - start.len());
    let _ = write!(
        stream,
        "{head}transfer-encoding: chunked\r\n\r\n{BEGINNING:x}\r\n{start}{text}\r\n"
    );
    // Waits until the client disconnects.
    let _ = stream.read(&mut [0]);
}

fn small_thread(run: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(256 << 10);
    thread.spawn(run).expect("a thread");
}

/// Calls `long`, and reads until the gateway refuses the response, or no byte arrives for so long.
fn call_long(addr: SocketAddr, patience: Duration) -> (TcpStream, bool) {
    let mut stream = TcpStream::connect(addr).expect("a connection");
    stream.set_read_timeout(Some(patience)).expect("a timeout");
    let body = rpc::call("long");
    let length = body.len();
    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    stream
        .write_all(&[head.into_bytes(), body].concat())
        .expect("a request");
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut buffer) {
        seen.extend_from_slice(&buffer[..length]);
        if String::from_utf8_lossy(&seen).contains("holds too many responses") {
            return (stream, true);
        }
    }
    (stream, false)
}

/// The most memory of Envoy for each open stream: 66 KiB were measured, and 85 KiB without the plugin.
const STREAM: usize = 96 << 10;

/// The memory bound of the plugin's VM: a caller's quarter of 64 MiB and the module itself.
const VM: usize = 32 << 20;

/// Holds so many streams at a time, one `wave` after another.
fn hold(streams: u16, waves: usize) {
    let mut config = Config::new(vec![Listener::new("mcp", POLICY, upstream(), &wasm_path())]);
    config.concurrency = 1;
    let envoy = Envoy::start(&config).expect("Envoy starts");
    let before = (envoy.resident_bytes(), envoy.allocated_bytes());
    for wave in 1..=waves {
        let held = hold_once(&envoy, streams);
        let most = envoy.peak_bytes();
        let freed = || envoy.allocated_bytes() < before.1 + (4 << 20);
        eventually("Envoy has freed what it allocated", freed);
        let after = (envoy.resident_bytes(), envoy.allocated_bytes());
        let [told_before, told_after] = [before, after].map(|(resident, allocated)| {
            format!("{} MiB ({} allocated)", resident >> 20, allocated >> 20)
        });
        println!(
            "{streams} responses of {BEGINNING} bytes, wave {wave}: {held} held, the rest refused; {told_before} before, {} MiB at most, {told_after} after",
            most >> 20
        );
        let bound = VM + usize::from(streams) * STREAM;
        assert!(
            most < before.0 + bound,
            "the plugin takes no more than a quarter"
        );
    }
    let (stream, refused) = call_long(envoy.addr("mcp"), Duration::from_secs(2));
    assert!(!refused, "there is room again");
    drop(stream);
    assert!(!envoy.log().contains("wasm VM failed"), "{}", envoy.log());
}

/// Holds as many responses as fit while other calls are answered, and releases them.
fn hold_once(envoy: &Envoy, streams: u16) -> usize {
    // One worker copies half a gigabyte for a thousand responses.
    let patience = Duration::from_secs(2) + Duration::from_millis(20) * u32::from(streams);
    let addr = envoy.addr("mcp");
    let call = |_| {
        let thread = thread::Builder::new().stack_size(256 << 10);
        let called = thread.spawn(move || call_long(addr, patience));
        called.expect("a thread")
    };
    let calls: Vec<_> = (0..streams).map(call).collect();
    let ended: Vec<_> = calls
        .into_iter()
        .map(|call| call.join().expect("no panic"))
        .collect();
    let held = ended.iter().filter(|(_, refused)| !refused).count();
    assert!(
        (1..=FIT).contains(&held),
        "{held} of {streams} responses are held"
    );
    for _ in 0..10 {
        let response = post(addr, rpc::call("short"));
        assert_eq!(response.status, 200, "other calls are answered");
        assert!(response.body.ends_with(b"\"result\":{}}"));
    }
    held
}

#[test]
fn responses_that_never_end_leave_room_for_others() {
    if lacks(&[ENVOY]) {
        return;
    }
    hold(200, 1);
}

#[test]
#[ignore = "the long form: `make soak`"]
fn two_thousand_responses_that_never_end_leave_room_for_others() {
    if lacks(&[ENVOY]) {
        return;
    }
    hold(2000, 2);
}
