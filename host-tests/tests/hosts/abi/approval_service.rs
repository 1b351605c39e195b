//! Tests hosts that cannot ask the service of approvals, or hand its answer over late: nothing passes, and nothing traps.

use super::vm::{end, post, vm};
use host_tests::APPROVAL_KEYS;
use host_tests::abi::{Faults, Stream, Vm, status};
use host_tests::rpc::call;

fn gateway() -> Vm {
    vm(&format!(
        r#"{{ "version": "1", "default": "deny", "tools": {{ "run": {{ "action": "require_approval" }} }},
            "approvals": {{ "keys": ["{0}"], "service": {{ "cluster": "decisions", "path": "/ask", "key": "{0}" }} }} }}"#,
        APPROVAL_KEYS[0]
    ))
}

/// A stream whose request is complete.
fn sent(vm: &Vm) -> Stream {
    let mut stream = vm.stream(post(&[]));
    stream.headers(false).expect("no trap");
    stream.body(&call("run"), true).expect("no trap");
    stream
}

#[test]
fn call_is_refused_where_the_host_makes_no_call() {
    for code in [
        status::INTERNAL_FAILURE,
        status::UNIMPLEMENTED,
        status::BAD_ARGUMENT,
        99,
    ] {
        let vm = gateway();
        let faults = Faults::failing("proxy_http_call", code);
        vm.set_faults(faults).expect("it is imported");
        assert_eq!(end(&sent(&vm)), "200 mcp_policy_unavailable", "{code}");
    }
}

#[test]
fn call_waits_for_the_answer_and_is_refused_by_a_failed_one() {
    for answer in [None, Some("200"), Some("503"), Some("20")] {
        let vm = gateway();
        let mut stream = sent(&vm);
        assert_eq!(end(&stream), "held");
        let calls = vm.take_http_calls();
        let [(number, made)] = &calls[..] else {
            panic!("{calls:?}")
        };
        assert_eq!((&*made.cluster, made.timeout_millis), ("decisions", 5000));
        vm.answer(*number, answer).expect("no trap");
        assert_eq!(end(&stream), "200 mcp_policy_unavailable", "{answer:?}");
        vm.answer(*number, Some("200")).expect("a second answer");
        stream.finish().expect("no trap");
    }
}

#[test]
fn answer_to_a_stream_that_has_ended_is_ignored() {
    let vm = gateway();
    let mut stream = sent(&vm);
    let (number, _) = vm.take_http_calls()[0];
    stream.finish().expect("no trap");
    vm.answer(number, Some("200")).expect("no trap");
    assert!(vm.take_http_calls().is_empty());
    assert_eq!(end(&sent(&vm)), "held", "the next one asks");
}

#[test]
fn call_stays_held_where_the_host_does_not_know_its_stream() {
    let vm = gateway();
    let stream = sent(&vm);
    let (number, _) = vm.take_http_calls()[0];
    let faults = Faults::failing("proxy_set_effective_context", status::BAD_ARGUMENT);
    vm.set_faults(faults).expect("it is imported");
    vm.answer(number, Some("200")).expect("no trap");
    assert_eq!(end(&stream), "held");
}
