//! The host calls of an exchange, which cost more than the instructions between them: it makes none whose answer is not
//! needed.

use super::responses::head;
use super::vm::{LIMITED, OPEN, post, vm};
use host_tests::abi::Vm;
use host_tests::rpc::call;

/// A call, with its host calls by callback: a short name of the function, and how often it was called.
fn calls_by_callback(vm: &Vm) -> Vec<String> {
    let mut request = post(&[("accept-encoding", b"gzip"), ("content-length", b"73")]);
    let cluster = vec!["xds".into(), "cluster_name".into()];
    request.properties.push((cluster, b"run-mcp".into()));
    let mut stream = vm.stream(request);
    let mut calls = Vec::new();
    let mut note = |callback: &str| {
        let made = vm.take_calls().into_iter();
        let made =
            made.map(|(name, count)| format!(" {}×{count}", name.trim_start_matches("proxy_")));
        calls.push(format!("{callback}:{}", made.collect::<String>()));
    };
    note("create");
    stream.headers(false).expect("no trap");
    note("headers");
    stream.body(&call("run"), true).expect("no trap");
    note("body");
    head(&mut stream, "200");
    note("response headers");
    let result = br#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#;
    stream.response_body(result, false).expect("no trap");
    note("response body");
    stream.response_body(b"", true).expect("no trap");
    note("end of the response");
    stream.finish().expect("no trap");
    note("log");
    calls
}

#[test]
fn call_makes_no_host_call_without_need() {
    let vm = vm(OPEN);
    vm.take_calls();
    let expected = [
        "create:",
        "headers: get_header_map_pairs×1 replace_header_map_value×1",
        "body: get_buffer_bytes×1 get_current_time_nanoseconds×1 log×1",
        "response headers: get_header_map_pairs×1 remove_header_map_value×1",
        "response body: get_buffer_bytes×1",
        "end of the response:",
        "log:",
    ];
    assert_eq!(calls_by_callback(&vm), expected);
}

#[test]
fn limited_call_also_reads_and_swaps_its_counter() {
    let vm = vm(LIMITED);
    calls_by_callback(&vm);
    let body = "body: get_buffer_bytes×1 get_current_time_nanoseconds×1 get_shared_data×1 log×1 set_shared_data×1";
    assert!(calls_by_callback(&vm).contains(&body.to_owned()));
}

#[test]
fn call_to_a_server_with_a_cluster_reads_its_name_before_and_after() {
    let policy = r#"{ "version": "1", "default": "deny", "tools": { "run": {} },
        "servers": { "run": { "match": { "cluster": "run-mcp" } } } }"#;
    let vm = vm(policy);
    vm.take_calls();
    let calls = calls_by_callback(&vm);
    for expected in [
        "headers: get_header_map_pairs×1 get_property×1 replace_header_map_value×1",
        "response headers: get_header_map_pairs×1 get_property×1 remove_header_map_value×1",
    ] {
        assert!(calls.contains(&expected.to_owned()), "{calls:?}");
    }
}
