//! Properties of responses that need real Envoys: the arrival of each piece, the amount of held memory, and the
//! absence of crashes.

use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::hosts::envoys;
use host_tests::http2::{End, Http2Request, Outcome, http2};
use host_tests::upstream::{Upstream, reply};
use host_tests::wasm_path;
use host_tests::wire::{Http1Request, RawHeaders, Response, http1};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(30);
const POLICY: &str = r#"{ "version": "1", "default": "deny", "tools": { "run": {} } }"#;
const MIB: usize = 1024 * 1024;
const LIST: &str =
    r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"secret"},{"name":"run"}]}}"#;
const LEFT: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"run"}]}}"#;

fn start(upstream: SocketAddr, binary: Option<PathBuf>, buffer_limit: u32) -> Envoy {
    let listener = |hold: bool| {
        let host = format!(r#""host": {{ "hold_request_headers": {hold} }}, "default""#);
        let policy = POLICY.replace(r#""default""#, &host);
        let name = if hold { "held" } else { "flowing" };
        let mut listener = Listener::new(name, &policy, upstream, &wasm_path());
        listener.hold_request_headers = hold;
        listener.vm_id = name.into();
        listener.buffer_limit = buffer_limit;
        listener
    };
    let mut config = Config::new(vec![listener(true), listener(false)]);
    config.binary = binary;
    Envoy::start(&config).expect("Envoy starts")
}

const WAYS: [&str; 2] = ["held", "flowing"];

fn headers() -> RawHeaders {
    vec![(b"content-type".to_vec(), b"application/json".to_vec())]
}

fn ask(path: &str) -> Http1Request {
    let method = if path.contains("list") {
        "tools/list"
    } else {
        "tools/call"
    };
    let params = r#","params":{"name":"run"}"#;
    let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}"{params}}}"#);
    Http1Request {
        method: "POST".into(),
        path: path.into(),
        headers: headers(),
        body: Some(body.into_bytes()),
        chunks: None,
    }
}

fn answer(envoy: &Envoy, way: &str, path: &str) -> Response {
    http1(envoy.addr(way), &ask(path), LIMIT).expect("an answer")
}

/// A server on whose connections `serve` writes any bytes after a request.
fn server(serve: impl Fn(&mut TcpStream) + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("its address");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, serve) = (stream.expect("a connection"), serve.clone());
            thread::spawn(move || {
                let _ = stream.set_nodelay(true);
                // The head and a body of a few bytes come at once, or nearly so.
                let mut request = [0; 65536];
                let mut length = 0;
                while !request[..length].ends_with(b"}")
                    && !request[..length].ends_with(b"\r\n\r\n")
                {
                    length += stream.read(&mut request[length..]).unwrap_or_default();
                }
                serve(&mut stream);
            });
        }
    });
    addr
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

const EVENTS: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

/// A GET for a stream, and its bytes as they arrive, until `enough`.
#[allow(clippy::disallowed_methods, reason = "the test is about real time")]
fn arrivals(addr: SocketAddr, enough: impl Fn(&str) -> bool) -> Vec<(Duration, String)> {
    let mut stream = TcpStream::connect(addr).expect("a connection");
    stream.set_read_timeout(Some(LIMIT)).expect("a timeout");
    stream
        .write_all(b"GET /mcp HTTP/1.1\r\nhost: test\r\naccept: text/event-stream\r\n\r\n")
        .expect("a request");
    let start = Instant::now();
    let (mut seen, mut all) = (Vec::new(), String::new());
    let mut buffer = [0; 65536];
    while !enough(&all) {
        let length = stream.read(&mut buffer).expect("more of the stream");
        assert_ne!(length, 0, "the stream ended after {all}");
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        all.push_str(&text);
        seen.push((start.elapsed(), text));
    }
    seen
}

/// The server sends an event each second, in two halves, without waiting.
#[test]
fn event_is_forwarded_when_it_is_complete() {
    const EACH: Duration = Duration::from_secs(1);
    let server = server(|stream| {
        let _ = stream.write_all(EVENTS);
        for number in 0.. {
            let event = format!("id: {number}\r\ndata: {LIST}\r\n\r\n");
            let (one, other) = event.split_at(event.len() / 2);
            let sent = stream.write_all(&chunk(one.as_bytes()));
            thread::sleep(Duration::from_millis(20));
            if sent
                .and_then(|()| stream.write_all(&chunk(other.as_bytes())))
                .is_err()
            {
                return;
            }
            thread::sleep(EACH);
        }
    });
    let envoy = start(server, None, 1024 * 1024);
    for way in WAYS {
        let seen = arrivals(envoy.addr(way), |all| all.matches("data: ").count() == 5);
        let text: String = seen.iter().map(|(_, text)| &**text).collect();
        assert!(
            text.contains(LEFT) && !text.contains("secret"),
            "{way}: {text}"
        );
        let at = |wanted: &str| {
            let arrived = seen.iter().find(|(_, text)| text.contains(wanted));
            arrived
                .unwrap_or_else(|| panic!("{way}: no {wanted:?} in {seen:?}"))
                .0
        };
        for number in 0..5_u32 {
            let (first, whole) = (at(&format!("id: {number}\r\n")), seen[0].0 + EACH * number);
            assert!(
                first < whole + EACH / 2,
                "{way}: event {number} came after {first:?}"
            );
        }
        println!(
            "{way}: five events, one a second, the last after {:?}",
            seen[seen.len() - 1].0
        );
    }
}

/// The address of the old transport, like other malformed streams, ends the connection.
#[test]
fn stream_of_the_old_transport_is_broken_off() {
    let server = server(|stream| {
        let _ = stream.write_all(EVENTS);
        let _ = stream.write_all(&chunk(b": hello\n\n"));
        thread::sleep(Duration::from_millis(50));
        let _ = stream.write_all(&chunk(b"event: endpoint\ndata: /messages?id=1\n\n"));
        thread::sleep(LIMIT);
    });
    for (version, binary) in envoys() {
        let envoy = start(server, binary, 1024 * 1024);
        for way in WAYS {
            let request = Http1Request {
                method: "GET".into(),
                path: "/sse".into(),
                ..Http1Request::default()
            };
            let response = http1(envoy.addr(way), &request, LIMIT).expect("an answer");
            assert!(response.reset, "{version} {way}");
            assert!(
                !String::from_utf8_lossy(&response.body).contains("messages"),
                "{version} {way}"
            );
        }
        assert!(envoy.log().contains("2024-11-05"), "{version}");
    }
}

/// A server that answers by path: lists and results, short and long, as documents and as streams.
fn library() -> Upstream {
    let answer = |path: &str| {
        let length = if path.contains("long") {
            10 * MIB
        } else {
            600 * 1024
        };
        let filler = "tools, ".repeat(length / 7);
        let message = if path.contains("list") {
            LIST.replace(
                r#""secret""#,
                &format!(r#""secret","description":"{filler}""#),
            )
        } else {
            format!(
                r#"{{"jsonrpc":"2.0","id":1,"result":{{"content":[{{"type":"text","text":"{filler}"}}]}}}}"#
            )
        };
        match path.contains("stream") {
            true => reply(
                200,
                "text/event-stream",
                format!("id: 1\ndata: {message}\n\n").as_bytes(),
            ),
            false => reply(200, "application/json", message.as_bytes()),
        }
    };
    let answers = ["/list", "/list/stream", "/result", "/result/stream"];
    let answers = answers.map(|path| [path.into(), format!("{path}/long")]);
    let answers: Vec<_> = answers
        .into_iter()
        .flatten()
        .map(|path: String| (answer(&path), path))
        .collect();
    Upstream::answering(move |request| {
        let found = answers.iter().find(|(_, path)| *path == request.path);
        found.map(|(raw, _)| raw.clone()).unwrap_or_default()
    })
    .expect("the upstream starts")
}

#[test]
fn ten_megabytes_pass_or_are_refused_by_name() {
    let upstream = library();
    for (version, binary) in envoys() {
        let envoy = start(upstream.addr(), binary, 1024 * 1024);
        let direct = |path| {
            http1(upstream.addr(), &ask(path), LIMIT)
                .expect("an answer")
                .body
        };
        let mut before = 0;
        for round in 0..4 {
            for way in WAYS {
                for path in [
                    "/result",
                    "/result/stream",
                    "/result/long",
                    "/result/stream/long",
                ] {
                    let response = answer(&envoy, way, path);
                    assert!(!response.reset, "{version} {way} {path}");
                    assert!(
                        response.body == direct(path),
                        "{version} {way} {path}: it is the same"
                    );
                }
                let text = |path| String::from_utf8(answer(&envoy, way, path).body).expect("UTF-8");
                assert_eq!(text("/list"), LEFT, "{version} {way}");
                assert_eq!(
                    text("/list/stream"),
                    format!("id: 1\ndata: {LEFT}\n\n"),
                    "{version} {way}"
                );
                for path in ["/list/long", "/list/stream/long"] {
                    let text = text(path);
                    let named =
                        text.contains("exceeds the 786432 bytes that the gateway can check");
                    assert!(
                        named && text.contains(r#""id":1,"error""#),
                        "{version} {way} {path}: {text:.200}"
                    );
                }
            }
            // The first round fills persistent memory: V8's never shrinks.
            if round == 0 {
                before = envoy.resident_bytes();
            }
        }
        let grown = envoy.resident_bytes().saturating_sub(before);
        assert!(
            grown < 16 * MIB,
            "{version}: {grown} bytes more after three more rounds"
        );
        println!(
            "{version}: {} MiB, {grown} bytes more after three rounds",
            before / MIB
        );
    }
}

/// The replacement of a piece may be far longer than the piece and than Envoy's own limit.
#[test]
fn growing_piece_crashes_no_envoy() {
    let server = server(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n");
        let (start, end) = LIST.split_at(LIST.len() - 1);
        let _ = stream.write_all(&chunk(start.as_bytes()));
        for _ in 0..700 {
            let _ = stream.write_all(&chunk(&[b' '; 1024]));
        }
        let _ = stream.write_all(&chunk(end.as_bytes()));
        let _ = stream.write_all(b"0\r\nx-checksum: 1\r\n\r\n");
    });
    for (version, binary) in envoys() {
        let envoy = start(server, binary, 16 * 1024);
        for way in WAYS {
            for _ in 0..3 {
                let response = answer(&envoy, way, "/list");
                let text = String::from_utf8(response.body).expect("UTF-8");
                assert_eq!(text.replace(' ', ""), LEFT, "{version} {way}");
            }
            let request = ask("/list");
            let request = Http2Request {
                method: request.method,
                path: request.path,
                headers: request.headers,
                pieces: request.body.into_iter().collect(),
                end: End::Data,
            };
            let outcome = http2(envoy.addr(way), &request, LIMIT).expect("a connection");
            let Outcome::Answered(response) = outcome else {
                panic!("{version} {way}: {outcome:?}")
            };
            assert_eq!(
                String::from_utf8_lossy(&response.body).replace(' ', ""),
                LEFT
            );
        }
    }
}
