//! Tests the metrics of the table of counts: it is sampled from the timer, and only where somebody asks for that.

use super::vm::{end, errors, post, vm};
use host_tests::abi::{Faults, Vm, status};
use host_tests::rpc::call;

/// A policy that counts each user apart, whom it does not name.
fn policy(metrics: bool, scope: &str) -> String {
    format!(
        r#"{{ "version": "1", "default": "deny",
            "tools": {{ "run": {{ "limits": [
                {{ "counter": "runs", "window": "month", "max": 9, "scope": "{scope}" }} ] }} }},
            "host": {{ "metrics": {metrics}, "slots": 1024 }} }}"#
    )
}

const EACH_USER: &str = "header:x-user";

/// One call of each of so many users.
fn calls(vm: &Vm, users: usize) {
    for user in 0..users {
        let user = format!("user-{user}");
        let mut stream = vm.stream(post(&[("x-user", user.as_bytes())]));
        stream.headers(false).expect("no trap");
        stream.body(&call("run"), true).expect("no trap");
        assert_eq!(end(&stream), "forwarded");
        stream.finish().expect("no trap");
    }
}

/// The used slots and all slots, after a tick.
fn sampled(vm: &Vm) -> [Option<u64>; 2] {
    vm.tick().expect("no trap");
    let metrics = vm.metrics();
    ["mcp_policy_table_slots_used", "mcp_policy_table_slots"].map(|name| metrics.get(name).copied())
}

fn made(vm: &Vm, function: &str) -> u64 {
    vm.take_calls().get(function).copied().unwrap_or_default()
}

const READ: &str = "proxy_get_shared_data";
const TIMER: &str = "proxy_set_tick_period_milliseconds";

#[test]
fn slots_of_callers_are_in_the_metrics_after_a_tick() {
    let vm = vm(&policy(true, EACH_USER));
    calls(&vm, 100);
    vm.take_calls();
    assert_eq!(sampled(&vm), [Some(100), Some(1024)]);
    assert_eq!(made(&vm, READ), 64, "one read for each cell of the sample");
    assert_eq!(sampled(&vm), [Some(100), Some(1024)]);
    assert_eq!(
        made(&vm, READ),
        0,
        "a timer that another part set samples nothing"
    );
}

#[test]
fn table_is_not_sampled_without_the_option_or_without_a_table() {
    for policy in [policy(false, EACH_USER), policy(true, "global")] {
        let vm = vm(&policy);
        assert_eq!(made(&vm, TIMER), 0);
        calls(&vm, 3);
        vm.take_calls();
        assert_eq!(sampled(&vm), [None, None]);
        assert_eq!(made(&vm, READ), 0);
    }
    let vm = vm(&policy(true, EACH_USER));
    assert_eq!(made(&vm, TIMER), 1);
}

#[test]
fn host_without_shared_data_or_metrics_refuses_no_call_for_a_sample() {
    for function in [READ, "proxy_define_metric", "proxy_record_metric"] {
        let vm = vm(&policy(true, EACH_USER));
        calls(&vm, 1);
        let faults = Faults::failing(function, status::INTERNAL_FAILURE);
        vm.set_faults(faults).expect("the function is imported");
        vm.tick().expect("no trap");
        vm.set_faults(Faults::default())
            .expect("the functions are imported");
        calls(&vm, 1);
        assert!(errors(&vm).is_empty(), "{function}");
    }
}
