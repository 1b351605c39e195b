//! Many long responses that never end: what a worker holds of them is bounded, and it goes on answering.

use super::gateway::post;
use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::require::{ENVOY, lacks};
use host_tests::rpc::call;
use host_tests::wasm_path;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// Every result is looked into, so that a document is held until it is whole.
const POLICY: &str = r#"{ "version": "1", "default": "deny",
    "tools": { "long": { "result": { "redact": ["secrets"] } }, "short": {} } }"#;

/// What the server sends of a document before it waits.
const BEGINNING: usize = 545 * 1024;

/// A caller may hold a quarter of 64 MiB.
const FIT: usize = (16 << 20) / BEGINNING;

/// A server that answers a call of `short`, and of `long` sends the beginning alone.
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
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.ends_with(b"}") {
        match stream.read(&mut buffer) {
            Ok(length @ 1..) => request.extend_from_slice(&buffer[..length]),
            _ => return,
        }
    }
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    if String::from_utf8_lossy(&request).contains("short") {
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
    // Until the client goes away.
    let _ = stream.read(&mut buffer);
}

fn small_thread(run: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(256 << 10);
    thread.spawn(run).expect("a thread");
}

/// Calls `long`, and reads until the gateway refuses the response, or nothing comes for so long.
fn call_long(addr: SocketAddr, patience: Duration) -> (TcpStream, bool) {
    let mut stream = TcpStream::connect(addr).expect("a connection");
    stream.set_read_timeout(Some(patience)).expect("a timeout");
    let body = call("long");
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

fn hold(streams: u16) {
    // One worker copies half a gigabyte a thousand responses.
    let patience = Duration::from_secs(2) + Duration::from_millis(20) * u32::from(streams);
    let mut config = Config::new(vec![Listener::new("mcp", POLICY, upstream(), &wasm_path())]);
    config.concurrency = 1;
    let envoy = Envoy::start(&config).expect("Envoy starts");
    let addr = envoy.addr("mcp");
    let before = envoy.resident_bytes() >> 20;
    let calls: Vec<_> = (0..streams)
        .map(|_| {
            thread::Builder::new()
                .stack_size(256 << 10)
                .spawn(move || call_long(addr, patience))
                .expect("a thread")
        })
        .collect();
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
        let response = post(addr, call("short"));
        assert_eq!(response.status, 200, "other calls are answered");
        assert!(response.body.ends_with(b"\"result\":{}}"));
    }
    let most = envoy.peak_bytes() >> 20;
    drop(ended);
    thread::sleep(Duration::from_secs(2));
    let after = envoy.resident_bytes() >> 20;
    println!(
        "{streams} responses of {BEGINNING} bytes: {held} held, the rest refused; MiB resident: {before} before, {most} at most, {after} after"
    );
    let (stream, refused) = call_long(addr, patience);
    assert!(!refused, "there is room again");
    drop(stream);
    assert!(
        after <= most && after < before + 256,
        "the memory is given back"
    );
    assert!(!envoy.log().contains("wasm VM failed"), "{}", envoy.log());
}

#[test]
fn responses_that_never_end_leave_room_for_others() {
    if lacks(&[ENVOY]) {
        return;
    }
    hold(200);
}

#[test]
#[ignore = "the long form: `make soak`"]
fn two_thousand_responses_that_never_end_leave_room_for_others() {
    if lacks(&[ENVOY]) {
        return;
    }
    hold(2000);
}
