//! Tests responses in hosts that fail, respond early, or end a response with trailers.

use super::vm::{OPEN, end, errors, post, vm};
use host_tests::abi::{Action, Faults, Stream, Vm, status};
use host_tests::rpc::call;

pub(super) const LIST: &[u8] = br#"{"id":1,"result":{"tools":[{"name":"secret"},{"name":"run"}]}}"#;
pub(super) const LEFT: &[u8] = br#"{"id":1,"result":{"tools":[{"name":"run"}]}}"#;

pub(super) const CLOCK: &str = "proxy_get_current_time_nanoseconds";

/// A request that was passed on.
pub(super) fn forwarded(vm: &Vm) -> Stream {
    let mut stream = vm.stream(post(&[]));
    stream.headers(false).expect("no trap");
    stream.body(&call("run"), true).expect("no trap");
    assert_eq!(end(&stream), "forwarded");
    stream
}

pub(super) fn head(stream: &mut Stream, status: &str) {
    let headers = [(":status", status), ("content-type", "application/json")];
    let headers = headers.map(|(name, value)| (name.into(), value.into()));
    stream
        .response_headers(headers.into(), false)
        .expect("no trap");
}

#[test]
fn list_is_withheld_when_the_host_fails_with_a_response() {
    for (function, answered) in [
        ("proxy_get_header_map_pairs", true),
        ("proxy_remove_header_map_value", true),
        ("proxy_get_buffer_bytes", false),
        ("proxy_set_buffer_bytes", false),
    ] {
        for code in [status::INTERNAL_FAILURE, status::UNIMPLEMENTED, 99] {
            let vm = vm(OPEN);
            let mut stream = forwarded(&vm);
            vm.set_faults(Faults::failing(function, code))
                .expect("the function is imported");
            head(&mut stream, "200");
            let (start, rest) = LIST.split_at(20);
            stream.response_body(start, false).expect("no trap");
            vm.set_faults(Faults::default()).expect("no fault");
            stream.response_body(rest, true).expect("no trap");
            let seen = stream.seen();
            assert!(seen.response_body.is_empty(), "{function} {code}");
            let answer = seen.local_response.map(|response| response.status);
            assert_eq!(answer, answered.then_some(503), "{function} {code}");
            stream.finish().expect("no trap");
        }
    }
}

/// A refused result is logged with the time, so without a clock neither the result nor the refusal passes.
#[test]
fn refused_result_is_withheld_when_the_clock_fails() {
    let policy = OPEN.replace("{}", r#"{"result":{"max_bytes":64}}"#);
    let result = format!(r#"{{"id":1,"result":{{"content":"{}"}}}}"#, "x".repeat(64));
    for (fault, has_refusal) in [(Some(CLOCK), false), (None, true)] {
        let vm = vm(&policy);
        let mut stream = forwarded(&vm);
        let faults = fault.map(|clock| Faults::failing(clock, status::INTERNAL_FAILURE));
        let faults = faults.unwrap_or_default();
        vm.set_faults(faults).expect("the function is imported");
        head(&mut stream, "200");
        let body = stream.response_body(result.as_bytes(), true);
        body.expect("no trap");
        let seen = stream.seen().response_body;
        let seen = String::from_utf8_lossy(&seen);
        assert!(!seen.contains("xx"), "{seen}");
        assert_eq!(seen.contains("more than the 64"), has_refusal, "{seen}");
    }
}

#[test]
fn held_part_of_a_response_cut_off_by_trailers_is_dropped() {
    let vm = vm(OPEN);
    for (pieces, left) in [
        (&[LIST][..], LEFT),
        (&[&LIST[..40], &LIST[40..]], LEFT),
        (&[&LIST[..40]], b""),
    ] {
        let mut stream = forwarded(&vm);
        head(&mut stream, "200");
        for piece in pieces {
            stream.response_body(piece, false).expect("no trap");
        }
        vm.logs();
        stream.response_trailers(Vec::new()).expect("no trap");
        let seen = stream.seen();
        assert_eq!(
            String::from_utf8_lossy(&seen.response_body),
            String::from_utf8_lossy(left)
        );
        let told = errors(&vm)
            .iter()
            .any(|line| line.contains("ended in trailers"));
        assert_eq!(told, left.is_empty());
    }
}

/// A server may refuse the headers alone, and a host by itself.
#[test]
fn response_before_the_verdict_is_filtered() {
    let vm = vm(OPEN);
    for status in ["401", "413", "500"] {
        let mut stream = vm.stream(post(&[]));
        stream.headers(false).expect("no trap");
        stream.body(&call("run")[..10], false).expect("no trap");
        head(&mut stream, status);
        stream.response_body(LIST, true).expect("no trap");
        let seen = stream.seen();
        assert!(seen.local_response.is_none() && !seen.complete, "{status}");
        assert_eq!(seen.response_body, LEFT, "{status}");
    }
}

/// It is the sign of a host that passes bodies on without showing them.
#[test]
fn success_before_the_verdict_is_refused() {
    for policy in [OPEN, r#"{ "version": "1", "default": "allow" }"#] {
        let vm = vm(policy);
        let mut stream = vm.stream(post(&[]));
        stream.headers(false).expect("no trap");
        head(&mut stream, "200");
        stream.response_body(LIST, true).expect("no trap");
        let seen = stream.seen();
        let answer = seen.local_response.map(|response| response.status);
        assert_eq!((answer, seen.response_body), (Some(503), Vec::new()));
        assert!(errors(&vm)[0].contains("deliver the bodies"));
    }
}

/// Hosts pass the plugin's own answer to it too.
#[test]
fn answer_of_the_plugin_is_not_filtered() {
    let vm = vm(OPEN);
    let mut stream = vm.stream(post(&[]));
    stream.headers(false).expect("no trap");
    stream.body(&call("drop_table"), true).expect("no trap");
    assert!(stream.seen().local_response.is_some());
    let headers = vec![(b":status".to_vec(), b"200".to_vec())];
    let action = stream.response_headers(headers, false).expect("no trap");
    assert_eq!(action, Action::Continue);
}
