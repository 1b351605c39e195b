//! Tests answers of a rate limit service that a host hands over incomplete, and hosts that cannot ask: nothing passes uncounted.

use super::vm::{end, post, vm};
use host_tests::abi::{CallAnswer, Faults, Stream, Vm, status};
use host_tests::rpc::call;

/// The message `OK`, after its length.
const OK: &[u8] = &[0, 0, 0, 0, 2, 8, 1];

fn gateway(backend: &str) -> Vm {
    vm(&format!(
        r#"{{ "version": "1", "default": "deny", "tools": {{ "run": {{
            "rate_limit": {{ "max": 5, "window": 60, "scope": ["global"] }} }} }},
            "counters": {{ "backend": "{backend}", "cluster": "counters", "domain": "mcp" }} }}"#
    ))
}

/// A stream whose request is complete.
fn sent(vm: &Vm) -> Stream {
    let mut stream = vm.stream(post(&[]));
    stream.headers(false).expect("no trap");
    stream.body(&call("run"), true).expect("no trap");
    stream
}

type Fields<'f> = &'f [(&'f str, &'f str)];

fn answer(headers: Fields<'_>, body: &[u8], trailers: Fields<'_>) -> CallAnswer {
    let owned = |fields: Fields<'_>| {
        let fields = fields.iter();
        fields
            .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()))
            .collect()
    };
    CallAnswer {
        headers: owned(headers),
        body: body.to_vec(),
        trailers: owned(trailers),
    }
}

/// The end of a call whose service answers so.
fn played(backend: &str, answer: Option<CallAnswer>) -> String {
    let vm = gateway(backend);
    let stream = sent(&vm);
    assert_eq!(end(&stream), "held");
    let (number, made) = vm.take_http_calls().remove(0);
    assert_eq!((&*made.cluster, made.timeout_millis), ("counters", 50));
    vm.answer_with(number, answer).expect("no trap");
    end(&stream)
}

#[test]
fn grpc_answer_counts_with_its_status_and_its_trailers_alone() {
    let grpc = [(":status", "200"), ("content-type", "application/grpc")];
    let ended = [("grpc-status", "0")];
    let play = |headers, body, trailers| {
        played("rate_limit_service", Some(answer(headers, body, trailers)))
    };
    assert_eq!(play(&grpc, OK, &ended), "forwarded", "control");
    for (headers, body, trailers) in [
        (&grpc[..], OK, &[][..]),
        (&grpc, OK, &[("grpc-status", "14")]),
        (&grpc, OK, &[("grpc-status", "0"), ("grpc-status", "14")]),
        (&grpc, OK, &[("grpc-status", "00")]),
        (&grpc, b"", &ended),
        (&grpc, &OK[..6], &ended),
        (&[(":status", "503"), grpc[1]], OK, &ended),
        (&[grpc[1]], OK, &ended),
        (&grpc, &[0; 70_000], &ended),
    ] {
        let refused = "200 mcp_policy_unavailable";
        assert_eq!(
            play(headers, body, trailers),
            refused,
            "{headers:?} {body:.8?} {trailers:?}"
        );
    }
    assert_eq!(
        played("rate_limit_service", None),
        "200 mcp_policy_unavailable"
    );
}

#[test]
fn answer_of_limitador_counts_by_its_status_alone() {
    for (status, ending) in [
        ("200", "forwarded"),
        ("429", "200 mcp_policy_rate_limited"),
        ("500", "200 mcp_policy_unavailable"),
        ("2", "200 mcp_policy_unavailable"),
    ] {
        let answer = answer(&[(":status", status)], b"", &[]);
        assert_eq!(played("limitador_http", Some(answer)), ending, "{status}");
    }
}

#[test]
fn call_is_refused_where_the_host_makes_no_call() {
    for code in [
        status::INTERNAL_FAILURE,
        status::UNIMPLEMENTED,
        status::BAD_ARGUMENT,
        99,
    ] {
        let vm = gateway("rate_limit_service");
        let faults = Faults::failing("proxy_http_call", code);
        vm.set_faults(faults).expect("it is imported");
        assert_eq!(end(&sent(&vm)), "200 mcp_policy_unavailable", "{code}");
    }
}
