//! What is about the proxy-wasm ABI alone: hosts that fail, hold, lose bodies or have no shared data, and what the
//! plugin then does. Decisions are the corpus' business.

use host_tests::abi::{
    Action, Clock, Faults, Level, Module, Request, SharedData, Stream, Vm, status,
};
use host_tests::wasm;
use std::sync::LazyLock;
use std::time::Duration;

static MODULE: LazyLock<Module> =
    LazyLock::new(|| Module::new(&wasm()).expect("the plugin is a module"));

const OPEN: &str = r#"{ "version": "1", "default": "deny", "tools": { "run": {} } }"#;
const LIMITED: &str = r#"{ "version": "1", "default": "deny", "tools": { "run": {
    "limits": [ { "counter": "runs", "window": "day", "max": 1000 } ] } } }"#;
const HELD: &str = r#"{ "version": "1", "default": "deny", "tools": { "run": {} }, "host": { "hold_request_headers": true } }"#;

fn clock() -> Clock {
    let clock = Clock::default();
    clock.set(1_767_225_600_000_000_000);
    clock
}

fn vm(policy: &str) -> Vm {
    vm_with(policy, SharedData::default())
}

fn vm_with(policy: &str, shared: SharedData) -> Vm {
    let vm = MODULE
        .start(shared, clock(), "mcp_policy", Faults::default())
        .expect("the VM starts");
    assert_eq!(vm.configure(policy.as_bytes()), Ok(true), "{:?}", vm.logs());
    vm
}

fn post(extra: &[(&str, &[u8])]) -> Request {
    let fixed: [(&str, &[u8]); 3] = [
        (":method", b"POST"),
        (":path", b"/mcp"),
        ("content-type", b"application/json"),
    ];
    let headers = fixed
        .iter()
        .chain(extra)
        .map(|(name, value)| (name.as_bytes().to_vec(), value.to_vec()))
        .collect();
    Request {
        headers,
        ..Request::default()
    }
}

fn call(tool: &str) -> Vec<u8> {
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}"}}}}"#)
        .into_bytes()
}

/// Sends a call and tells how it ended: `forwarded`, or the answer's status and reason.
fn send(vm: &Vm, tool: &str) -> String {
    let mut stream = vm.stream(post(&[]));
    stream.headers(false).expect("no trap");
    stream.body(&call(tool), true).expect("no trap");
    let end = end(&stream);
    stream.finish().expect("no trap");
    end
}

fn end(stream: &Stream) -> String {
    let seen = stream.seen();
    match seen.local_response {
        Some(response) => {
            assert!(
                seen.forwarded.is_empty() && !seen.complete,
                "nothing may be forwarded beside an answer"
            );
            format!(
                "{} {}",
                response.status,
                String::from_utf8_lossy(&response.details)
            )
        }
        None if seen.complete => "forwarded".into(),
        None => {
            assert!(
                seen.forwarded.is_empty(),
                "no byte may be forwarded before the verdict"
            );
            "held".into()
        }
    }
}

fn errors(vm: &Vm) -> Vec<String> {
    let lines = vm
        .logs()
        .into_iter()
        .filter(|(level, _)| *level >= Level::Error);
    lines.map(|(_, line)| line).collect()
}

/// The functions of ABI 0.2.1 that Envoy, Istio and nginx have, and of WASI those that Envoy has.
const KNOWN_IMPORTS: &str = "proxy_log proxy_get_current_time_nanoseconds proxy_set_tick_period_milliseconds \
    proxy_get_property proxy_set_property proxy_get_buffer_bytes proxy_set_buffer_bytes proxy_get_header_map_pairs \
    proxy_set_header_map_pairs proxy_get_header_map_value proxy_add_header_map_value proxy_replace_header_map_value \
    proxy_remove_header_map_value proxy_send_local_response proxy_continue_stream proxy_close_stream \
    proxy_get_shared_data proxy_set_shared_data proxy_register_shared_queue proxy_resolve_shared_queue \
    proxy_enqueue_shared_queue proxy_dequeue_shared_queue proxy_http_call proxy_grpc_call proxy_grpc_stream \
    proxy_grpc_send proxy_grpc_cancel proxy_grpc_close proxy_get_status proxy_set_effective_context proxy_done \
    proxy_call_foreign_function clock_time_get environ_get environ_sizes_get fd_write proc_exit random_get";

#[test]
fn the_module_needs_nothing_that_a_proxy_wasm_host_lacks() {
    for import in MODULE.imports() {
        assert!(
            KNOWN_IMPORTS
                .split_whitespace()
                .any(|known| known == import),
            "hosts may lack {import}"
        );
    }
}

#[test]
fn a_host_without_shared_data_cannot_keep_limits() {
    for function in ["proxy_get_shared_data", "proxy_set_shared_data"] {
        let faults = Faults::failing(function, status::UNIMPLEMENTED);
        let vm = MODULE
            .start(SharedData::default(), clock(), "mcp_policy", faults)
            .expect("the VM starts");
        assert_eq!(vm.configure(LIMITED.as_bytes()), Ok(false));
        assert!(
            errors(&vm)[0].contains("this host keeps no shared data"),
            "{function}"
        );
        assert_eq!(
            vm.configure(OPEN.as_bytes()),
            Ok(true),
            "a policy without limits needs none"
        );
        assert_eq!(send(&vm, "run"), "forwarded");
    }
}

#[test]
fn a_host_that_stops_counting_stops_the_calls() {
    let cases = [
        ("proxy_get_shared_data", status::INTERNAL_FAILURE),
        ("proxy_get_shared_data", status::UNIMPLEMENTED),
        ("proxy_get_shared_data", status::NOT_FOUND),
        ("proxy_set_shared_data", status::INTERNAL_FAILURE),
        ("proxy_set_shared_data", status::CAS_MISMATCH),
        ("proxy_set_shared_data", 99),
    ];
    for (function, code) in cases {
        let vm = vm(LIMITED);
        assert_eq!(send(&vm, "run"), "forwarded");
        vm.set_faults(Faults::failing(function, code))
            .expect("the function is imported");
        assert_eq!(
            send(&vm, "run"),
            "200 mcp_policy_unavailable",
            "{function} {code}"
        );
        vm.set_faults(Faults::default()).expect("no fault");
        assert_eq!(
            send(&vm, "run"),
            "forwarded",
            "it comes back after {function} {code}"
        );
    }
}

#[test]
fn a_host_that_fails_otherwise_lets_nothing_through() {
    for (function, expected) in [
        ("proxy_get_header_map_pairs", "503 mcp_policy_unavailable"),
        (
            "proxy_get_current_time_nanoseconds",
            "503 mcp_policy_unavailable",
        ),
        ("proxy_get_buffer_bytes", "400 mcp_policy_unreadable"),
        ("proxy_send_local_response", "held"),
        ("proxy_log", "200 mcp_policy_not_allowed"),
    ] {
        for code in [
            status::INTERNAL_FAILURE,
            status::UNIMPLEMENTED,
            status::BAD_ARGUMENT,
            99,
        ] {
            let vm = vm(OPEN);
            vm.set_faults(Faults::failing(function, code))
                .expect("the function is imported");
            assert_eq!(send(&vm, "drop_table"), expected, "{function} {code}");
        }
    }
}

#[test]
fn a_body_that_the_host_does_not_show_is_not_let_through() {
    // Nothing of it, its first bytes, and a part that is a whole message.
    let padded = [call("run"), b"   ".to_vec()].concat();
    for shown in [0, 10, call("run").len()] {
        let vm = vm(OPEN);
        vm.set_faults(Faults::showing(shown))
            .expect("it is imported");
        let mut stream = vm.stream(post(&[]));
        stream.headers(false).expect("no trap");
        stream.body(&padded, true).expect("no trap");
        assert_eq!(end(&stream), "400 mcp_policy_unreadable", "{shown} bytes");
        let mut stream = vm.stream(post(&[]));
        stream.headers(false).expect("no trap");
        stream.body(&padded, false).expect("no trap");
        stream.trailers(Vec::new()).expect("no trap");
        let end = end(&stream);
        assert_eq!(
            end, "400 mcp_policy_unreadable",
            "{shown} bytes before trailers"
        );
    }
}

const LIST: &[u8] = br#"{"id":1,"result":{"tools":[{"name":"secret"},{"name":"run"}]}}"#;
const LEFT: &[u8] = br#"{"id":1,"result":{"tools":[{"name":"run"}]}}"#;

/// A request that was passed on.
fn forwarded(vm: &Vm) -> Stream {
    let mut stream = vm.stream(post(&[]));
    stream.headers(false).expect("no trap");
    stream.body(&call("run"), true).expect("no trap");
    assert_eq!(end(&stream), "forwarded");
    stream
}

fn head(stream: &mut Stream, status: &str) {
    let headers = [(":status", status), ("content-type", "application/json")];
    let headers = headers.map(|(name, value)| (name.into(), value.into()));
    stream
        .response_headers(headers.into(), false)
        .expect("no trap");
}

#[test]
fn a_host_that_fails_with_a_response_lets_none_of_its_list_through() {
    for (function, answered) in [
        ("proxy_get_header_map_pairs", true),
        ("proxy_remove_header_map_value", true),
        ("proxy_get_current_time_nanoseconds", true),
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

#[test]
fn a_response_that_trailers_cut_off_loses_what_was_held_of_it() {
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

/// A server may answer on nothing but the headers, and the host by itself.
#[test]
fn a_response_before_the_verdict_passes_judged() {
    let vm = vm(OPEN);
    for status in ["401", "413", "200"] {
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

/// Hosts lead the plugin's own answer past it, too.
#[test]
fn the_answer_of_the_plugin_is_not_judged() {
    let vm = vm(OPEN);
    let mut stream = vm.stream(post(&[]));
    stream.headers(false).expect("no trap");
    stream.body(&call("drop_table"), true).expect("no trap");
    assert!(stream.seen().local_response.is_some());
    let headers = vec![(b":status".to_vec(), b"200".to_vec())];
    let action = stream.response_headers(headers, false).expect("no trap");
    assert_eq!(action, Action::Continue);
}

/// A policy that is only tried out stops nobody, not even when nothing can be counted.
#[test]
fn a_host_that_stops_counting_stops_no_limit_in_shadow_mode() {
    let vm = vm(&LIMITED.replace(r#""version""#, r#""mode": "shadow", "version""#));
    let faults = Faults::failing("proxy_get_shared_data", status::INTERNAL_FAILURE);
    vm.set_faults(faults).expect("the function is imported");
    vm.logs();
    assert_eq!(send(&vm, "run"), "forwarded");
    let logs = vm.logs();
    let noted = r#""shadow":[{"reason":"unavailable","rule":"/tools/run/"#;
    assert!(
        logs.iter().any(|(_, line)| line.contains(noted)),
        "{logs:?}"
    );
}

/// The host fails while headers are judged; what it calls afterwards is not judged as if nothing had happened.
#[test]
fn a_request_in_which_the_host_failed_stays_refused() {
    let vm = vm(OPEN);
    let mut stream = vm.stream(post(&[]));
    stream.headers(false).expect("no trap");
    let function = "proxy_get_current_time_nanoseconds";
    vm.set_faults(Faults::failing(function, status::INTERNAL_FAILURE))
        .expect("the function is imported");
    stream.body(&call("run")[..10], false).expect("no trap");
    vm.set_faults(Faults::default()).expect("no fault");
    assert_eq!(end(&stream), "503 mcp_policy_unavailable");
    stream.body(&call("run")[10..], true).expect("no trap");
    assert_eq!(end(&stream), "503 mcp_policy_unavailable");
}

#[test]
fn lost_swaps_are_repeated_and_counted_once() {
    let shared = SharedData::default();
    let vm = vm_with(&LIMITED.replace("1000", "3"), shared.clone());
    for expected in [
        "forwarded",
        "forwarded",
        "forwarded",
        "200 mcp_policy_rate_limited",
    ] {
        shared.lose_next_swaps(100);
        assert_eq!(send(&vm, "run"), expected);
    }
    let endless = SharedData::default();
    let vm = vm_with(LIMITED, endless.clone());
    endless.lose_next_swaps(100_000);
    assert_eq!(
        send(&vm, "run"),
        "200 mcp_policy_unavailable",
        "a host that never lets it win"
    );
}

#[test]
fn workers_that_configure_late_or_again_reset_nothing() {
    let shared = SharedData::default();
    let policy = LIMITED.replace("1000", "4");
    let first = vm_with(&policy, shared.clone());
    assert_eq!(send(&first, "run"), "forwarded");
    let second = vm_with(&policy, shared.clone());
    assert_eq!(send(&second, "run"), "forwarded");
    assert_eq!(first.configure(policy.as_bytes()), Ok(true));
    // Another policy with the same counter goes on counting, whatever else it says.
    let changed = policy.replace(
        r#""default": "deny""#,
        r#""default": "allow", "description": "changed""#,
    );
    assert_eq!(second.configure(changed.as_bytes()), Ok(true));
    let ends: Vec<_> = [&first, &second, &first].map(|vm| send(vm, "run")).into();
    assert_eq!(
        ends,
        ["forwarded", "forwarded", "200 mcp_policy_rate_limited"]
    );
}

/// Hosts give filters of one `vm_id` the same shared data, and a filter may not know of the other.
#[test]
fn two_filters_count_apart_unless_they_are_told_to_count_together() {
    let shared = SharedData::default();
    let once = LIMITED.replace("1000", "1");
    let together = once.replace(
        r#""version""#,
        r#""host": { "namespace": "both" }, "version""#,
    );
    let start = |name: &str, policy: &str| {
        let vm = MODULE
            .start(shared.clone(), clock(), name, Faults::default())
            .expect("the VM starts");
        assert_eq!(vm.configure(policy.as_bytes()), Ok(true));
        send(&vm, "run")
    };
    assert_eq!(start("one", &once), "forwarded");
    assert_eq!(start("other", &once), "forwarded");
    assert_eq!(start("one", &once), "200 mcp_policy_rate_limited");
    assert_eq!(start("one", &together), "forwarded");
    assert_eq!(start("other", &together), "200 mcp_policy_rate_limited");
}

/// Two workers at the very first request: a host's compare-and-swap on an absent key would let both write "one".
#[test]
fn the_first_use_of_a_counter_is_no_race() {
    let shared = SharedData::default();
    let policy = LIMITED.replace("1000", "1");
    let workers = [
        vm_with(&policy, shared.clone()),
        vm_with(&policy, shared.clone()),
    ];
    let keys = shared.len();
    let mut ends: Vec<_> = workers.iter().map(|vm| send(vm, "run")).collect();
    ends.sort();
    assert_eq!(ends, ["200 mcp_policy_rate_limited", "forwarded"]);
    assert_eq!(shared.len(), keys, "no cell is made during a request");
}

#[test]
fn threads_never_admit_more_than_the_limit() {
    let shared = SharedData::default();
    let admitted: usize = std::thread::scope(|scope| {
        let worker = |_| {
            let vm = vm_with(LIMITED, shared.clone());
            scope.spawn(move || (0..600).filter(|_| send(&vm, "run") == "forwarded").count())
        };
        let threads: Vec<_> = (0..4).map(worker).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .sum()
    });
    assert_eq!(admitted, 1000, "of 2400 calls by four workers");
}

#[test]
fn bytes_that_are_no_text_never_trap() {
    let vm = vm(OPEN);
    let noise: &[u8] = b"\xFF\xFE\x80";
    for (name, expected) in [
        ("x-bin", "forwarded"),
        ("x-request-id", "forwarded"),
        ("traceparent", "forwarded"),
        ("mcp-session-id", "400 mcp_policy_unreadable"),
        ("mcp-protocol-version", "400 mcp_policy_unreadable"),
        ("mcp-name", "400 mcp_policy_unreadable"),
        ("content-encoding", "400 mcp_policy_unreadable"),
    ] {
        let mut stream = vm.stream(post(&[(name, noise)]));
        stream.headers(false).expect("no trap");
        stream.body(&call("run"), true).expect("no trap");
        assert_eq!(end(&stream), expected, "{name}");
    }
}

#[test]
fn a_body_is_refused_as_soon_as_it_is_too_long() {
    let vm = vm(OPEN);
    let mut stream = vm.stream(post(&[]));
    stream.headers(false).expect("no trap");
    let half = vec![b' '; 400 * 1024];
    stream.body(&half, false).expect("no trap");
    assert_eq!(end(&stream), "held");
    stream.body(&half, false).expect("no trap");
    assert_eq!(
        end(&stream),
        "400 mcp_policy_unreadable",
        "its end was not waited for"
    );
}

#[test]
fn held_headers_leave_only_after_the_verdict() {
    let vm = vm(HELD);
    for (tool, expected) in [
        ("run", "forwarded"),
        ("drop_table", "200 mcp_policy_not_allowed"),
    ] {
        let mut stream = vm.stream(post(&[]));
        stream.hold_headers = true;
        assert_eq!(stream.headers(false), Ok(Action::Pause));
        stream.body(&call(tool), true).expect("no trap");
        assert_eq!(end(&stream), expected);
        assert_eq!(stream.seen().released_headers.is_some(), tool == "run");
    }
    assert_eq!(errors(&vm), [""; 0], "the watch has nothing to say");
}

#[test]
fn a_host_that_cannot_hold_headers_never_hangs_unless_told_to_hold() {
    let flowing = vm(OPEN);
    let mut stream = flowing.stream(post(&[]));
    assert_eq!(stream.headers(false), Ok(Action::Continue));
    stream.body(&call("run"), true).expect("no trap");
    assert_eq!(end(&stream), "forwarded");

    // Told to hold on such a host: the request hangs, and the operator is told why.
    let clock = clock();
    let vm = MODULE
        .start(
            SharedData::default(),
            clock.clone(),
            "mcp_policy",
            Faults::default(),
        )
        .expect("the VM starts");
    assert_eq!(vm.configure(HELD.as_bytes()), Ok(true));
    let mut stream = vm.stream(post(&[]));
    stream.headers(false).expect("no trap");
    assert!(stream.seen().hung);
    vm.tick().expect("no trap");
    assert_eq!(errors(&vm), [""; 0], "not at once");
    clock.advance(Duration::from_secs(6));
    vm.tick().expect("no trap");
    let told = errors(&vm);
    assert!(
        told.len() == 1 && told[0].contains("allow_on_headers_stop_iteration"),
        "{told:?}"
    );
    vm.tick().expect("no trap");
    assert_eq!(errors(&vm), [""; 0], "once is enough");
}

#[test]
fn a_request_in_flight_keeps_the_policy_it_began_with() {
    let vm = vm(OPEN);
    let mut before = vm.stream(post(&[]));
    before.headers(false).expect("no trap");
    assert_eq!(
        vm.configure(OPEN.replace("run", "other").as_bytes()),
        Ok(true)
    );
    before.body(&call("run"), true).expect("no trap");
    assert_eq!(end(&before), "forwarded");
    assert_eq!(send(&vm, "run"), "200 mcp_policy_not_allowed");
}

#[test]
fn a_refused_configuration_leaves_the_old_one_in_force() {
    let vm = vm(OPEN);
    assert_eq!(vm.configure(b"{ \"version\": \"2\" }"), Ok(false));
    assert!(errors(&vm)[0].contains("/version: found `\"2\"`; write \"1\""));
    let never = MODULE
        .start(
            SharedData::default(),
            clock(),
            "mcp_policy",
            Faults::default(),
        )
        .expect("the VM starts");
    assert_eq!(never.configure(b""), Ok(false));
    assert_eq!(
        send(&never, "run"),
        "503 mcp_policy_unavailable",
        "a host that goes on without a policy"
    );
}

#[test]
fn a_credential_is_in_no_log_and_no_answer() {
    let token = "s3cr3t-t0ken-of-alice";
    // printf %s s3cr3t-t0ken-of-alice | sha256sum
    let digest = "7e8b8b6c3b9b5a0c4d1f3a2e5c6d7f8091a2b3c4d5e6f708192a3b4c5d6e7f80";
    let policy = format!(
        r#"{{ "version": "1", "default": "deny", "client_detail": true,
            "grants": {{ "alice": {{ "match": {{ "bearer_sha256": "{digest}" }}, "policy": "main" }} }} }}"#
    );
    let vm = vm(&policy);
    let credential = format!("Bearer {token}");
    let mut stream = vm.stream(post(&[("authorization", credential.as_bytes())]));
    stream.headers(false).expect("no trap");
    stream.body(&call("run"), true).expect("no trap");
    assert_eq!(end(&stream), "200 mcp_policy_identity");
    let answer = stream
        .seen()
        .local_response
        .map(|response| response.body)
        .unwrap_or_default();
    let lines: String = vm.logs().into_iter().map(|(_, line)| line).collect();
    for text in [lines, String::from_utf8_lossy(&answer).into_owned()] {
        assert!(!text.contains(token) && !text.contains(digest), "{text}");
    }
}

#[test]
fn memory_stays_as_it_is_however_many_requests_come() {
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

/// Time cannot be asserted; the work that takes it can. It is not quite the same, for the log names another rule.
#[test]
fn a_refusal_takes_no_other_work_for_a_name_that_exists() {
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
        // What a VM does once is done.
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
            most - least < least / 20,
            "{method}: {least} and {most} instructions"
        );
    }
}
