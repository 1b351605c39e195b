//! Tests the filter state that the plugin sets for access logs, and that no failure of it is in a call's way.

use super::vm::{OPEN, end, post, send, vm};
use host_tests::abi::{Faults, Vm, status};
use host_tests::rpc::call;
use std::collections::BTreeMap;

const NAMED: &str = r#"{ "version": "1", "default": "deny", "tools": { "run": {} },
    "host": { "filter_state": ["tool", "reason"] } }"#;

/// The properties that a call of the tool sets.
fn set_by(vm: &Vm, tool: &str) -> BTreeMap<String, String> {
    let mut stream = vm.stream(post(&[]));
    stream.headers(false).expect("no trap");
    stream.body(&call(tool), true).expect("no trap");
    end(&stream);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    let set = stream.seen().properties.into_iter();
    set.map(|(path, value)| (text(path), text(value))).collect()
}

fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pairs = pairs.iter();
    pairs
        .map(|(path, value)| ((*path).into(), (*value).into()))
        .collect()
}

#[test]
fn decision_sets_the_named_members_and_no_others() {
    let vm = vm(NAMED);
    assert_eq!(set_by(&vm, "run"), texts(&[("mcp.tool", "run")]));
    let refused = texts(&[("mcp.reason", "not_allowed"), ("mcp.tool", "drop_table")]);
    assert_eq!(set_by(&vm, "drop_table"), refused);
}

#[test]
fn policy_without_the_option_sets_nothing() {
    let vm = vm(OPEN);
    assert_eq!(set_by(&vm, "run"), BTreeMap::new());
}

#[test]
fn call_passes_where_the_host_takes_no_filter_state() {
    let vm = vm(NAMED);
    let faults = Faults::failing("proxy_set_property", status::UNIMPLEMENTED);
    vm.set_faults(faults).expect("the function is imported");
    vm.logs();
    for _ in 0..3 {
        assert_eq!(send(&vm, "run"), "forwarded");
    }
    let logs = vm.logs();
    let warned = logs
        .iter()
        .filter(|(_, line)| line.contains("filter_state"));
    assert_eq!(warned.count(), 1, "{logs:?}");
}
