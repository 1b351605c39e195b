//! Tests hosts that fail: the plugin refuses a request if it lacks an input of the decision.

use super::responses::CLOCK;
use super::vm::{LIMITED, MODULE, OPEN, clock, end, errors, post, send, vm};
use host_tests::abi::{Faults, SharedData, Vm, status};
use host_tests::rpc::call;

#[test]
fn policy_with_limits_is_refused_without_shared_data() {
    for function in ["proxy_get_shared_data", "proxy_set_shared_data"] {
        let faults = Faults::failing(function, status::UNIMPLEMENTED);
        let vm = MODULE
            .start(SharedData::default(), clock(), "mcp_policy", faults)
            .expect("the VM starts");
        assert_eq!(vm.configure(LIMITED.as_bytes()), Ok(false));
        assert!(
            errors(&vm)[0].contains("this host has no shared data"),
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
fn limited_call_is_refused_when_counting_fails() {
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
fn unexpected_host_error_fails_closed() {
    for (function, expected) in [
        ("proxy_get_header_map_pairs", "503 mcp_policy_unavailable"),
        (CLOCK, "503 mcp_policy_unavailable"),
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
fn body_that_the_host_withholds_is_refused() {
    // No byte of it, its first bytes, or a part that is a whole message.
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

/// A limit in shadow mode refuses no call, even if counting fails.
#[test]
fn shadow_limit_forwards_when_counting_fails() {
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

/// The host fails when the body is complete. Its later callbacks must not be judged as usual.
#[test]
fn request_stays_refused_after_a_host_error() {
    let vm = vm(OPEN);
    let mut stream = vm.stream(post(&[]));
    stream.headers(false).expect("no trap");
    fail_clock(&vm);
    stream.body(&call("run"), true).expect("no trap");
    assert!(errors(&vm)[0].contains("the host's clock failed"));
    vm.set_faults(Faults::default()).expect("no fault");
    assert_eq!(end(&stream), "503 mcp_policy_unavailable");
    stream.body(&call("run"), true).expect("no trap");
    assert_eq!(end(&stream), "503 mcp_policy_unavailable");
}

#[test]
fn failing_clock_matters_only_where_the_time_is_needed() {
    let vm = vm(OPEN);
    let mut stream = vm.stream(post(&[]));
    fail_clock(&vm);
    stream.headers(false).expect("no trap");
    let message = call("run");
    let (start, rest) = message.split_at(10);
    stream.body(start, false).expect("no trap");
    assert_eq!(end(&stream), "held");
    vm.set_faults(Faults::default()).expect("no fault");
    stream.body(rest, true).expect("no trap");
    assert_eq!(end(&stream), "forwarded");
}

fn fail_clock(vm: &Vm) {
    let faults = Faults::failing(CLOCK, status::INTERNAL_FAILURE);
    vm.set_faults(faults).expect("the function is imported");
}

/// A caller without a certificate is anonymous; one whose certificate the host cannot show is not.
#[test]
fn caller_is_refused_when_the_host_cannot_show_its_identity() {
    for source in [r#"{ "jwt_claim": "sub" }"#, r#"{ "mtls": "subject" }"#] {
        let identity =
            format!(r#""identity": {{ "from": [ {source} ], "anonymous": true }}, "tools""#);
        let vm = vm(&OPEN.replace(r#""tools""#, &identity));
        for (code, expected) in [
            (status::NOT_FOUND, "forwarded"),
            (status::INTERNAL_FAILURE, "200 mcp_policy_identity"),
            (status::UNIMPLEMENTED, "200 mcp_policy_identity"),
        ] {
            vm.set_faults(Faults::failing("proxy_get_property", code))
                .expect("the function is imported");
            assert_eq!(send(&vm, "run"), expected, "{source} {code}");
        }
    }
}
