//! Runs the plugin in wasmtime and sends calls to it. It never expects an outcome.

use host_tests::abi::{Clock, Faults, Level, Module, Request, SharedData, Stream, Vm};
use host_tests::rpc::call;
use host_tests::wasm;
use std::sync::LazyLock;

pub(super) static MODULE: LazyLock<Module> =
    LazyLock::new(|| Module::new(&wasm()).expect("the plugin is a module"));

pub(super) const OPEN: &str = r#"{ "version": "1", "default": "deny", "tools": { "run": {} } }"#;
pub(super) const LIMITED: &str = r#"{ "version": "1", "default": "deny", "tools": { "run": {
    "limits": [ { "counter": "runs", "window": "day", "max": 1000 } ] } } }"#;
pub(super) const HELD: &str = r#"{ "version": "1", "default": "deny", "tools": { "run": {} }, "host": { "hold_request_headers": true } }"#;

pub(super) fn clock() -> Clock {
    Clock::at(Clock::BEGIN_OF_2026)
}

pub(super) fn vm(policy: &str) -> Vm {
    vm_with(policy, SharedData::default())
}

pub(super) fn vm_with(policy: &str, shared: SharedData) -> Vm {
    let vm = MODULE
        .start(shared, clock(), "mcp_policy", Faults::default())
        .expect("the VM starts");
    assert_eq!(vm.configure(policy.as_bytes()), Ok(true), "{:?}", vm.logs());
    vm
}

pub(super) fn post(extra: &[(&str, &[u8])]) -> Request {
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

/// Sends a call and returns its outcome: `forwarded`, or the answer's status and reason.
pub(super) fn send(vm: &Vm, tool: &str) -> String {
    let mut stream = vm.stream(post(&[]));
    stream.headers(false).expect("no trap");
    stream.body(&call(tool), true).expect("no trap");
    let end = end(&stream);
    stream.finish().expect("no trap");
    end
}

pub(super) fn end(stream: &Stream) -> String {
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

pub(super) fn errors(vm: &Vm) -> Vec<String> {
    let lines = vm
        .logs()
        .into_iter()
        .filter(|(level, _)| *level >= Level::Error);
    lines.map(|(_, line)| line).collect()
}
