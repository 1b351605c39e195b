//! Runs a real Envoy with one policy, and sends requests to it. It never expects an outcome.

use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::http2::{End, Http2Request};
use host_tests::rpc::{self, call};
use host_tests::upstream::Upstream;
use host_tests::wasm_path;
use host_tests::wire::{Response, http1};
use std::io::Read as _;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::Duration;

pub(super) const LIMIT: Duration = Duration::from_secs(10);
pub(super) const OPEN: &str = r#"{ "version": "1", "default": "deny", "tools": { "run": {} } }"#;
const KEPT: &str = r#"{ "version": "1", "default": "deny", "tools": { "run": {} }, "host": { "trailers": false } }"#;
pub(super) const HELD: &str = r#"{ "version": "1", "default": "deny", "tools": { "run": {} }, "host": { "hold_request_headers": true } }"#;

/// The window is a month, so that its edge practically never comes between two calls of a test.
pub(super) fn limited(max: u64) -> String {
    format!(
        r#"{{ "version": "1", "default": "deny", "tools": {{ "run": {{
            "limits": [ {{ "counter": "runs", "window": "month", "max": {max} }} ] }} }} }}"#
    )
}

pub(super) fn start(policy: &str, upstream: &Upstream, concurrency: u32) -> Envoy {
    start_with(policy, upstream, concurrency, &wasm_path())
}

/// An Envoy that tests share which run at the same time and do not change it.
///
/// Each name has an upstream of its own, and three listeners in front of it: one lets headers flow, one holds them, and one keeps
/// the pieces of bodies out of Envoy's buffer.
pub(super) struct SharedEnvoy {
    envoy: Envoy,
    upstreams: Vec<(&'static str, Upstream)>,
}

/// The test that ends last stops the Envoy.
static SHARED: Mutex<Weak<SharedEnvoy>> = Mutex::new(Weak::new());

impl SharedEnvoy {
    pub(super) fn get(names: &[&'static str]) -> Arc<Self> {
        let mut shared = SHARED.lock().expect("it started for the test before");
        shared.upgrade().unwrap_or_else(|| {
            let started = Arc::new(Self::start(names));
            *shared = Arc::downgrade(&started);
            started
        })
    }

    fn start(names: &[&'static str]) -> Self {
        let started =
            |name: &&'static str| (*name, Upstream::start().expect("the upstream starts"));
        let upstreams: Vec<_> = names.iter().map(started).collect();
        let listeners = upstreams.iter().flat_map(|(name, upstream)| {
            [("flowing", OPEN), ("held", HELD), ("kept", KEPT)].map(|(way, policy)| {
                let name = format!("{name}_{way}");
                let mut listener = Listener::new(&name, policy, upstream.addr(), &wasm_path());
                listener.vm_id = name;
                listener
            })
        });
        let envoy = Envoy::start(&Config::new(listeners.collect())).expect("Envoy starts");
        Self { envoy, upstreams }
    }

    pub(super) fn flowing(&self, name: &str) -> SocketAddr {
        self.envoy.addr(&format!("{name}_flowing"))
    }

    pub(super) fn all(&self, name: &str) -> [SocketAddr; 3] {
        ["flowing", "held", "kept"].map(|way| self.envoy.addr(&format!("{name}_{way}")))
    }

    pub(super) fn upstream(&self, name: &str) -> &Upstream {
        let mut named = self.upstreams.iter().filter(|(own, _)| *own == name);
        &named.next().expect("the name is one of the file's").1
    }
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

/// `forwarded` for the recording server's answer; any other answer is the plugin's.
pub(super) fn verdict(response: &Response) -> String {
    let text = String::from_utf8_lossy(&response.body);
    if text == r#"{"jsonrpc":"2.0","id":1,"result":{}}"# {
        return "forwarded".into();
    }
    let reason = rpc::reason(response).unwrap_or_else(|| "no reason".into());
    format!("{} {reason}", response.status)
}

/// An allowed call whose body ends in trailers.
pub(super) fn call_with_trailers() -> Http2Request {
    Http2Request {
        method: "POST".into(),
        path: "/mcp".into(),
        headers: rpc::headers(),
        pieces: vec![call("run")],
        end: End::Trailers(vec![(b"x-checksum".to_vec(), b"1".to_vec())]),
    }
}

pub(super) fn raw(tool: &str) -> Vec<u8> {
    let body = call(tool);
    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body].concat()
}

/// Tries several times, because workers adopt a new configuration one after another.
pub(super) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..100 {
        if (0..8).all(|_| holds()) {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("not within five seconds: {what}");
}

/// A request with a JSON body as a server reads it, up to its last bracket; `None` where the connection closes first.
pub(super) fn request(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.ends_with(b"}") {
        match stream.read(&mut buffer) {
            Ok(length @ 1..) => request.extend_from_slice(&buffer[..length]),
            _ => return None,
        }
    }
    Some(String::from_utf8_lossy(&request).into_owned())
}
