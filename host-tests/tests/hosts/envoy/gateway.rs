//! A real Envoy with one policy, and requests to it. It never expects an outcome.

use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::rpc::{self, call};
use host_tests::upstream::Upstream;
use host_tests::wasm_path;
use host_tests::wire::{Response, http1};
use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::Duration;

pub(super) const LIMIT: Duration = Duration::from_secs(10);
pub(super) const OPEN: &str = r#"{ "version": "1", "default": "deny", "tools": { "run": {} } }"#;
pub(super) const HELD: &str = r#"{ "version": "1", "default": "deny", "tools": { "run": {} }, "host": { "hold_request_headers": true } }"#;

/// The window is a month, so that its edge comes between two calls of a test once in a lifetime of them.
pub(super) fn limited(max: u64) -> String {
    format!(
        r#"{{ "version": "1", "default": "deny", "tools": {{ "run": {{
            "limits": [ {{ "counter": "runs", "window": "month", "max": {max} }} ] }} }} }}"#
    )
}

pub(super) fn start(policy: &str, upstream: &Upstream, concurrency: u32) -> Envoy {
    start_with(policy, upstream, concurrency, &wasm_path())
}

/// One Envoy with a listener for each policy, and their addresses.
pub(super) fn start_each<const N: usize>(
    policies: [&str; N],
    upstream: &Upstream,
) -> (Envoy, [SocketAddr; N]) {
    let name = |index: usize| format!("mcp{index}");
    let listeners = policies.iter().enumerate().map(|(index, policy)| {
        let mut listener = Listener::new(&name(index), policy, upstream.addr(), &wasm_path());
        listener.vm_id = name(index);
        listener
    });
    let envoy = Envoy::start(&Config::new(listeners.collect())).expect("Envoy starts");
    let addrs = std::array::from_fn(|index| envoy.addr(&name(index)));
    (envoy, addrs)
}

pub(super) fn start_with(
    policy: &str,
    upstream: &Upstream,
    concurrency: u32,
    wasm: &Path,
) -> Envoy {
    let mut config = Config::new(vec![Listener::new("mcp", policy, upstream.addr(), wasm)]);
    config.concurrency = concurrency;
    Envoy::start(&config).expect("Envoy starts")
}

pub(super) fn post(addr: SocketAddr, body: Vec<u8>) -> Response {
    http1(addr, &rpc::post(body), LIMIT).expect("an answer")
}

/// `forwarded` is what the recording server answers; everything else is the plugin's.
pub(super) fn verdict(response: &Response) -> String {
    let text = String::from_utf8_lossy(&response.body);
    if text == r#"{"jsonrpc":"2.0","id":1,"result":{}}"# {
        return "forwarded".into();
    }
    let reason = text
        .split(r#""reason":""#)
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .unwrap_or("no reason");
    format!("{} {reason}", response.status)
}

pub(super) fn raw(tool: &str) -> Vec<u8> {
    let body = call(tool);
    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body].concat()
}

/// Workers take a new configuration one after the other.
pub(super) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..100 {
        if (0..8).all(|_| holds()) {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("not within five seconds: {what}");
}
