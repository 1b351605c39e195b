//! Plays one kind of exchange in wasmtime, in the pieces that Envoy delivers, and counts instructions by callback.
//!
//! It measures no time.

use host_tests::abi::{Module, Pair, Request, Stream, Vm, metadata, pairs};
use host_tests::samples::requests::IN_ENVOY;
use host_tests::samples::{Answer, Workload};

/// The callbacks of an exchange, as the columns of the table.
pub(super) const PHASES: [&str; 5] = [
    "request headers",
    "request body",
    "response headers",
    "response body",
    "end",
];

/// The instructions of one exchange.
#[derive(Debug)]
pub(super) struct Counted {
    pub(super) name: String,
    pub(super) phases: [u64; PHASES.len()],
}

/// Envoy reads from a connection in pieces of this size, in bytes.
const PIECE: usize = 16 * 1024;

/// The exchanges before the counted one, which do the one-time work of a VM.
const WARM: usize = 20;

pub(super) fn count(module: &Module, workload: &Workload) -> Counted {
    let vm = module.configured(&workload.policy.to_string());
    for _ in 0..WARM {
        exchange(&vm, workload);
    }
    Counted {
        name: workload.name.into(),
        phases: exchange(&vm, workload),
    }
}

fn exchange(vm: &Vm, workload: &Workload) -> [u64; PHASES.len()] {
    let mut request = Request::with(&IN_ENVOY);
    if !workload.claims.is_empty() {
        let metadata = metadata::of_jwt(&workload.claims);
        request.properties.push((vec!["metadata".into()], metadata));
    }
    let mut stream = vm.stream(request);
    let mut before = vm.instructions().expect("they are counted");
    let mut since = || {
        let now = vm.instructions().expect("they are counted");
        now - std::mem::replace(&mut before, now)
    };
    stream.headers(false).expect("no trap");
    let headers = since();
    send(&mut stream, &workload.request);
    let body = since();
    let passed = stream.seen().complete && stream.seen().local_response.is_none();
    assert_eq!(passed, workload.answer.is_some(), "{}", workload.name);
    if let Some(answer) = &workload.answer {
        let head = response_headers(answer);
        stream.response_headers(head, false).expect("no trap");
    }
    let response_headers = since();
    if let Some(answer) = &workload.answer {
        receive(&mut stream, answer);
        assert_eq!(stream.seen().response_body, shown(answer));
    }
    let response_body = since();
    stream.finish().expect("no trap");
    vm.logs();
    [headers, body, response_headers, response_body, since()]
}

/// The expected body. All answers pass unchanged, except that a list loses its unlisted half.
fn shown(answer: &Answer) -> Vec<u8> {
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    match text.split_once(r#",{"name":"tool_25""#) {
        Some((listed, _)) => format!("{listed}]}}}}").into_bytes(),
        None => text.into_bytes(),
    }
}

/// HTTP/1 delivers a body in pieces, and then an empty last one.
fn send(stream: &mut Stream, body: &[u8]) {
    for piece in body.chunks(PIECE) {
        stream.body(piece, false).expect("no trap");
    }
    stream.body(&[], true).expect("no trap");
}

fn receive(stream: &mut Stream, answer: &Answer) {
    for piece in answer.body.chunks(PIECE) {
        stream.response_body(piece, false).expect("no trap");
    }
    stream.response_body(&[], true).expect("no trap");
}

fn response_headers(answer: &Answer) -> Vec<Pair> {
    let length = answer.body.len().to_string();
    pairs(&[
        (":status", "200"),
        ("content-type", answer.content_type),
        ("content-length", &length),
        ("date", "Thu, 01 Jan 2026 00:00:00 GMT"),
        ("server", "uvicorn"),
        ("x-envoy-upstream-service-time", "1"),
    ])
}
