//! Tests what the module needs and reveals: imports, memory, time, credentials.

use super::vm::{MODULE, clock, end, post, vm};
use host_tests::abi::{Faults, Module, SharedData};
use host_tests::rpc::call;
use host_tests::wasm;

/// The functions of ABI 0.2.1 that Envoy, Istio and nginx have, and those of WASI that Envoy has.
pub(super) const KNOWN_IMPORTS: &str = "proxy_log proxy_get_current_time_nanoseconds proxy_set_tick_period_milliseconds \
    proxy_get_property proxy_set_property proxy_get_buffer_bytes proxy_set_buffer_bytes proxy_get_header_map_pairs \
    proxy_set_header_map_pairs proxy_get_header_map_value proxy_add_header_map_value proxy_replace_header_map_value \
    proxy_remove_header_map_value proxy_send_local_response proxy_continue_stream proxy_close_stream \
    proxy_get_shared_data proxy_set_shared_data proxy_register_shared_queue proxy_resolve_shared_queue \
    proxy_enqueue_shared_queue proxy_dequeue_shared_queue proxy_http_call proxy_grpc_call proxy_grpc_stream \
    proxy_grpc_send proxy_grpc_cancel proxy_grpc_close proxy_get_status proxy_set_effective_context proxy_done \
    proxy_call_foreign_function proxy_define_metric proxy_increment_metric proxy_record_metric clock_time_get environ_get environ_sizes_get fd_write proc_exit random_get";

#[test]
fn module_imports_only_functions_that_proxy_wasm_hosts_have() {
    for import in MODULE.imports() {
        assert!(
            KNOWN_IMPORTS
                .split_whitespace()
                .any(|known| known == import),
            "hosts may lack {import}"
        );
    }
}

/// The exports that a host calls, for each request or once. Callbacks with the default behaviour are not exported, but
/// for the one without which ngx_wasm_module ends.
const CALLED: &str = "memory _initialize proxy_abi_version_0_2_1 proxy_on_memory_allocate proxy_on_context_create \
    proxy_on_vm_start proxy_on_configure proxy_on_tick proxy_on_request_headers proxy_on_request_body \
    proxy_on_request_trailers proxy_on_response_headers proxy_on_response_body proxy_on_response_trailers proxy_on_log \
    proxy_on_done proxy_on_http_call_response proxy_on_delete";

#[test]
fn module_exports_only_functions_in_which_it_does_something() {
    let called: Vec<_> = CALLED.split_whitespace().collect();
    for export in MODULE.exports() {
        assert!(called.contains(&export), "{export} is called for nothing");
    }
}

const TOKEN: &str = "s3cr3t-t0ken-of-alice";
/// `printf %s s3cr3t-t0ken-of-alice | sha256sum`
const DIGEST: &str = "4735c1953f3fdf0c2f08d39e1a817ec39d9e34f81c9640c7b11f4884e8143695";
const DIGEST_OF_ANOTHER_TOKEN: &str =
    "7e8b8b6c3b9b5a0c4d1f3a2e5c6d7f8091a2b3c4d5e6f708192a3b4c5d6e7f80";

#[test]
fn credential_is_in_no_log_and_no_answer() {
    for (digest, refusal) in [
        (DIGEST_OF_ANOTHER_TOKEN, "200 mcp_policy_identity"),
        (DIGEST, "200 mcp_policy_not_allowed"),
    ] {
        let policy = format!(
            r#"{{ "version": "1", "default": "deny", "client_detail": true,
                "grants": {{ "alice": {{ "match": {{ "bearer_sha256": "{digest}" }}, "policy": "main" }} }} }}"#
        );
        let vm = vm(&policy);
        let credential = format!("Bearer {TOKEN}");
        let mut stream = vm.stream(post(&[("authorization", credential.as_bytes())]));
        stream.headers(false).expect("no trap");
        stream.body(&call("run"), true).expect("no trap");
        assert_eq!(end(&stream), refusal);
        let answer = stream.seen().local_response;
        let answer = answer.map(|response| response.body).unwrap_or_default();
        let lines: String = vm.logs().into_iter().map(|(_, line)| line).collect();
        assert!(lines.contains("\"decision\":\"deny\""), "{lines}");
        for text in [lines, String::from_utf8_lossy(&answer).into_owned()] {
            assert!(!text.contains(TOKEN) && !text.contains(digest), "{text}");
        }
    }
}

#[test]
fn memory_does_not_grow_with_requests() {
    let policy = r#"{ "version": "1", "default": "deny",
        "identity": { "from": [ { "header": "x-user", "set_by_gateway": true } ] },
        "tools": { "run": { "limits": [ { "counter": "runs", "window": "minute", "max": 2 } ] } } }"#;
    let vm = vm(policy);
    let body = call("run");
    let play = |number: u32| {
        let user = format!("user-{number}");
        let mut stream = vm.stream(post(&[("x-user", user.as_bytes())]));
        stream.headers(false).expect("no trap");
        stream.body(&body, true).expect("no trap");
        stream.finish().expect("no trap");
        if number.is_multiple_of(100) {
            vm.logs();
        }
    };
    (0..2_000).for_each(play);
    let warm = vm.memory_bytes();
    (2_000..20_000).for_each(play);
    assert_eq!(vm.memory_bytes(), warm);
    println!("linear memory of a worker: {} KiB", warm / 1024);
}

/// A stream may wait for its answer for a long time.
#[test]
fn memory_of_a_waiting_stream_does_not_grow_with_its_request() {
    let policy = r#"{ "version": "1", "default": "allow", "all_tools": { "result": { "redact": ["secrets"] },
        "limits": [ { "counter": "all", "window": "hour", "max": 100000, "refund": "on_error" } ] } }"#;
    let long = "y".repeat(300_000);
    let messages = [
        format!(r#""id":1,"method":"tools/call","params":{{"name":"{long}"}}"#),
        format!(
            r#""id":1,"method":"tools/call","params":{{"name":"a","arguments":{{"{long}":"{long}"}}}}"#
        ),
        format!(
            r#""id":1,"method":"tools/call","params":{{"name":"a","_meta":{{"progressToken":"{long}"}}}}"#
        ),
        format!(r#""id":1,"method":"initialize","params":{{"clientInfo":{{"name":"{long}"}}}}"#),
        format!(r#""id":1,"method":"resources/read","params":{{"uri":"file:///{long}"}}"#),
        format!(r#""id":1,"method":"tasks/get","params":{{"taskId":"{long}"}}"#),
        format!(r#""id":1,"method":"{long}""#),
        format!(r#""id":"{long}","method":"tools/call","params":{{"name":"a"}}"#),
        format!(
            r#""id":{},"method":"tools/call","params":{{"name":"a"}}"#,
            "1".repeat(300_000)
        ),
    ];
    for message in messages {
        let vm = vm(policy);
        let body = format!(r#"{{"jsonrpc":"2.0",{message}}}"#);
        let wait = |_| {
            let mut stream = vm.stream(post(&[("mcp-session-id", b"s")]));
            stream.headers(false).expect("no trap");
            stream.body(body.as_bytes(), true).expect("no trap");
            stream
        };
        let mut waiting: Vec<_> = (0..20).map(wait).collect();
        let before = vm.memory_bytes();
        waiting.extend((0..40).map(wait));
        let grown = (vm.memory_bytes() - before) / 40;
        assert!(grown < 8192, "{grown} bytes for each: {body:.60}");
    }
}

/// The most instructions by which refusals may differ: less than a microsecond.
const APART: u64 = 3_000;

/// Time cannot be asserted, but the work that takes it can. It differs a little, because the log names another rule.
#[test]
fn refusal_takes_the_same_work_for_hidden_and_unknown_names() {
    let module = Module::counted(&wasm()).expect("the plugin is a module");
    let policy = r#"{ "version": "1", "default": "deny", "hide": ["hide_by_list", "hide_by_pre*"], "tools": {
        "run": {}, "hide_by_deed": { "action": "hide" }, "hide_by_list": {} },
        "prompts": { "hide_by_deed": { "action": "hide" } } }"#;
    let vm = module
        .start(
            SharedData::default(),
            clock(),
            "mcp_policy",
            Faults::default(),
        )
        .expect("the VM starts");
    assert_eq!(vm.configure(policy.as_bytes()), Ok(true));
    let refused = |method: &str, name: &str| {
        let before = vm.instructions().expect("they are counted");
        let mut stream = vm.stream(post(&[]));
        stream.headers(false).expect("no trap");
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{"name":"{name}"}}}}"#
        );
        stream.body(body.as_bytes(), true).expect("no trap");
        assert_eq!(end(&stream), "200 mcp_policy_not_allowed");
        stream.finish().expect("no trap");
        vm.instructions().expect("they are counted") - before
    };
    for method in ["tools/call", "prompts/get"] {
        // The first calls do the one-time work of a VM.
        (0..10).for_each(|_| assert!(refused(method, "hide_by_nine") > 0));
        let [least, most] = {
            let names = [
                "hide_by_none",
                "hide_by_list",
                "hide_by_deed",
                "hide_by_pref",
            ];
            let work = names.map(|name| refused(method, name));
            println!("{method}: {work:?}");
            [work.iter().min().copied(), work.iter().max().copied()].map(Option::unwrap_or_default)
        };
        assert!(
            most - least < APART,
            "{method}: {least} and {most} instructions"
        );
    }
}
