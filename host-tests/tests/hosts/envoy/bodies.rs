//! Tests bodies over HTTP/1 and HTTP/2, and requests without a body.

use super::gateway::{LIMIT, SharedEnvoy, verdict};
use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::http2::{End, Http2Request, Outcome, http2};
use host_tests::require::{ENVOY, lacks};
use host_tests::rpc::{self, call, headers};
use host_tests::upstream::Upstream;
use host_tests::wasm_path;
use host_tests::wire::{Http1Request, RawHeaders, http1};
use std::sync::Arc;
use std::time::Duration;

fn envoy() -> Arc<SharedEnvoy> {
    SharedEnvoy::get(&["endings", "sizes", "methods"])
}

#[test]
fn http2_body_is_judged_at_its_end_however_it_ends() {
    if lacks(&[ENVOY]) {
        return;
    }
    let checksum: RawHeaders = vec![(b"x-checksum".to_vec(), b"1".to_vec())];
    let batch = [b"[".to_vec(), call("run"), b"]".to_vec()].concat();
    let unfinished = call("run")[..40].to_vec();
    let endings = || [End::Data, End::EmptyData, End::Trailers(checksum.clone())];
    let envoy = envoy();
    let upstream = envoy.upstream("endings");
    for addr in envoy.all("endings") {
        let send = |body: &[u8], end: End| {
            let pieces = body.chunks(7).map(<[u8]>::to_vec).collect();
            let request = Http2Request {
                method: "POST".into(),
                path: "/mcp".into(),
                headers: headers(),
                pieces,
                end,
            };
            match http2(addr, &request, Duration::from_secs(2)).expect("a connection") {
                Outcome::Answered(response) => verdict(&response),
                Outcome::Reset(_) => "reset".into(),
                Outcome::TimedOut => "no answer".into(),
            }
        };
        for end in endings() {
            assert_eq!(
                send(&call("drop_table"), end.clone()),
                "200 not_allowed",
                "{end:?}"
            );
            assert_eq!(send(&batch, end.clone()), "400 unreadable", "{end:?}");
            assert_eq!(send(&unfinished, end.clone()), "400 unreadable", "{end:?}");
            assert_eq!(send(b"", end.clone()), "400 unreadable", "{end:?}");
        }
        assert_eq!(send(b"", End::Headers), "400 unreadable");
        assert_eq!(
            send(&call("run"), End::Never),
            "no answer",
            "a body that never ends is never released"
        );
        let seen = upstream.take();
        assert!(
            seen.iter()
                .all(|request| !request.complete && request.body.is_empty()),
            "{seen:?}"
        );
        for end in endings() {
            assert_eq!(send(&call("run"), end.clone()), "forwarded", "{end:?}");
        }
        let seen = upstream.take();
        let whole = seen.iter().filter(|request| request.complete);
        assert_eq!(whole.filter(|one| one.body == call("run")).count(), 3);
    }
}

#[test]
fn body_over_the_limit_is_refused_with_and_without_chunks() {
    if lacks(&[ENVOY]) {
        return;
    }
    let padded = |length: usize| {
        let call = String::from_utf8(call("run")).expect("text");
        let open =
            call.strip_suffix("}}").expect("an object").to_owned() + r#","arguments":{"text":""#;
        format!("{open}{}\"}}}}}}", "x".repeat(length - open.len() - 4)).into_bytes()
    };
    let envoy = envoy();
    let send = |body: Vec<u8>, chunks| {
        let request = Http1Request {
            chunks,
            ..rpc::post(body)
        };
        http1(envoy.flowing("sizes"), &request, LIMIT)
            .map_or_else(|_| "no answer".into(), |response| verdict(&response))
    };
    let max = 768 * 1024;
    for chunks in [None, Some(vec![1000, 500_000])] {
        assert_eq!(send(padded(max), chunks.clone()), "forwarded");
        assert_eq!(send(padded(max + 1), chunks.clone()), "400 unreadable");
        // Beyond Envoy's own buffer, Envoy may respond itself (413) or break the connection.
        let huge = send(padded(3 * 1024 * 1024), chunks);
        assert!(
            ["400 unreadable", "413 no reason", "no answer"].contains(&&*huge),
            "{huge}"
        );
    }
    assert_eq!(envoy.upstream("sizes").count(), 2);
}

#[test]
fn requests_without_a_message_are_forwarded() {
    if lacks(&[ENVOY]) {
        return;
    }
    let envoy = envoy();
    for addr in envoy.all("methods") {
        for method in ["GET", "DELETE", "OPTIONS"] {
            let request = Http1Request {
                method: method.into(),
                path: "/mcp".into(),
                headers: vec![(b"accept".to_vec(), b"text/event-stream".to_vec())],
                body: None,
                chunks: None,
            };
            let response = http1(addr, &request, LIMIT).expect("an answer");
            assert_eq!(verdict(&response), "forwarded", "{method}");
        }
        // HTTP/2 clients may end a request without a body in a frame of its own.
        let request = Http2Request {
            method: "GET".into(),
            path: "/mcp".into(),
            headers: Vec::new(),
            pieces: Vec::new(),
            end: End::EmptyData,
        };
        let Outcome::Answered(response) = http2(addr, &request, LIMIT).expect("a connection")
        else {
            panic!("no answer")
        };
        assert_eq!(verdict(&response), "forwarded");
    }
}

/// The policy wants headers held, and Envoy has no option for it: it stops the whole request.
#[test]
fn request_whose_headers_are_held_in_vain_is_refused() {
    if lacks(&[ENVOY]) {
        return;
    }
    let policy = r#"{ "version": "1", "default": "deny", "tools": { "run": {} },
        "host": { "hold_request_headers": true } }"#;
    for (holds, expected, passed) in [(true, "forwarded", 1), (false, "503 unavailable", 0)] {
        let upstream = Upstream::start().expect("the upstream starts");
        let mut listener = Listener::new("held", policy, upstream.addr(), &wasm_path());
        listener.hold_request_headers = holds;
        let envoy = Envoy::start(&Config::new(vec![listener])).expect("Envoy starts");
        let response = http1(envoy.addr("held"), &rpc::post(call("run")), 3 * LIMIT);
        let response = response.expect("an answer");
        assert_eq!(verdict(&response), expected, "held: {holds}");
        assert_eq!(upstream.count(), passed, "held: {holds}");
    }
}
