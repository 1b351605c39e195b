//! Tests the calls by which the plugin sends log lines to a collector, and that none is in a request's way.

use super::vm::{OPEN, send, vm};
use host_tests::abi::{Faults, Vm, pairs, status};

const COLLECTED: &str = r#"{ "version": "1", "default": "deny", "tools": { "run": {} },
    "host": { "metrics": true, "audit_collector": { "cluster": "audit", "path": "/v1/audit" } } }"#;

const LOST: &str = "mcp_policy_audit_lines_lost_total";

fn sends(vm: &Vm, calls: usize) {
    for _ in 0..calls {
        assert_eq!(send(vm, "run"), "forwarded");
    }
}

/// The number of the call that a tick makes, and the lines in it.
fn tick(vm: &Vm) -> Vec<(u32, usize)> {
    vm.tick().expect("no trap");
    made(vm)
}

fn made(vm: &Vm) -> Vec<(u32, usize)> {
    let calls = vm.take_http_calls().into_iter();
    calls
        .map(|(number, call)| (number, call.body.lines().count()))
        .collect()
}

#[test]
fn lines_go_to_the_collector_with_the_next_tick() {
    let vm = vm(COLLECTED);
    sends(&vm, 3);
    assert!(made(&vm).is_empty(), "no stream makes a call");
    vm.tick().expect("no trap");
    let calls = vm.take_http_calls();
    let [(_, call)] = &calls[..] else {
        panic!("not one call: {calls:?}")
    };
    assert_eq!(
        (call.cluster.as_str(), call.timeout_millis),
        ("audit", 5000)
    );
    let headers = [
        (":method", "POST"),
        (":path", "/v1/audit"),
        (":authority", "audit"),
        ("content-type", "application/x-ndjson"),
    ];
    assert_eq!(call.headers, pairs(&headers));
    let logged = vm.logs().into_iter().map(|(_, line)| format!("{line}\n"));
    assert_eq!(call.body, logged.collect::<String>());
}

#[test]
fn timer_runs_only_while_lines_wait() {
    let set = "proxy_set_tick_period_milliseconds";
    let timers = |vm: &Vm| vm.take_calls().get(set).copied().unwrap_or_default();
    let vm = vm(COLLECTED);
    assert_eq!(timers(&vm), 1, "the host is asked whether it has one");
    sends(&vm, 10);
    assert_eq!(timers(&vm), 1, "the first line starts it");
    let calls = tick(&vm);
    assert_eq!((calls.len(), timers(&vm)), (1, 1), "and the call stops it");
    vm.answer(calls[0].0, Some("204")).expect("no trap");
    assert_eq!((tick(&vm).len(), timers(&vm)), (0, 0));
    assert_eq!(vm.metrics().get(LOST), None, "no line is lost");
}

#[test]
fn policy_without_a_collector_makes_no_call() {
    let vm = vm(OPEN);
    sends(&vm, 300);
    assert!(tick(&vm).is_empty());
}

#[test]
fn failed_call_is_made_once_more_and_then_reported_as_lost() {
    for failed in [None, Some("503"), Some("404"), Some("302")] {
        let vm = vm(COLLECTED);
        sends(&vm, 5);
        for _ in ["the first call", "the second"] {
            let calls = tick(&vm);
            assert_eq!(calls.len(), 1);
            assert_eq!(calls[0].1, 5, "{failed:?}");
            vm.answer(calls[0].0, failed).expect("no trap");
            assert!(made(&vm).is_empty(), "a failure waits for the timer");
        }
        assert!(tick(&vm).is_empty());
        assert_eq!(vm.metrics()[LOST], 5, "{failed:?}");
        sends(&vm, 1);
        vm.tick().expect("no trap");
        let calls = vm.take_http_calls();
        let body = &calls.first().expect("a call").1.body;
        let lost = body.lines().next().unwrap_or_default();
        assert!(
            lost.contains(r#""event":"lost""#) && lost.ends_with(r#""lost":5}"#),
            "{body}"
        );
        assert_eq!(body.lines().count(), 2);
    }
}

#[test]
fn full_batches_follow_each_answer() {
    let vm = vm(COLLECTED);
    sends(&vm, 4 * 256 + 1);
    let first = tick(&vm);
    assert_eq!(first.len(), 2, "two calls at most");
    assert!(tick(&vm).is_empty());
    vm.answer(first[0].0, Some("200")).expect("no trap");
    assert_eq!(made(&vm), [(3, 256)]);
    vm.answer(first[1].0, Some("200")).expect("no trap");
    assert_eq!(made(&vm), [(4, 256)]);
    vm.answer(3, Some("200")).expect("no trap");
    assert!(made(&vm).is_empty(), "the rest waits for the timer");
    assert_eq!(tick(&vm), [(5, 1)]);
}

#[test]
fn call_passes_where_the_host_cannot_call_a_collector() {
    for function in ["proxy_http_call", "proxy_set_tick_period_milliseconds"] {
        for code in [
            status::INTERNAL_FAILURE,
            status::UNIMPLEMENTED,
            status::BAD_ARGUMENT,
            99,
        ] {
            let vm = vm(COLLECTED);
            let faults = Faults::failing(function, code);
            vm.set_faults(faults).expect("the function is imported");
            vm.logs();
            for _ in 0..3 {
                sends(&vm, 300);
                vm.tick().expect("no trap");
            }
            let logs = vm.logs();
            let warned = logs.iter().filter(|(_, line)| line.contains("collector"));
            assert_eq!(warned.count(), 1, "{function} {code}");
        }
    }
}

#[test]
fn answer_to_an_unknown_call_is_ignored() {
    let vm = vm(COLLECTED);
    vm.answer(77, Some("200")).expect("no trap");
    vm.answer(77, None).expect("no trap");
    sends(&vm, 1);
    assert_eq!(tick(&vm).len(), 1);
}
