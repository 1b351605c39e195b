//! Turns a configuration in `envoy/` into a running Envoy, and calls into its outcomes. Only addresses and ports are
//! replaced, and what a test edits.
//!
//! It never expects an outcome.

use host_tests::ports;
use host_tests::rpc;
use host_tests::shipped::Shipped;
use host_tests::tool::mcp_policy;
use host_tests::upstream::Upstream;
use host_tests::wasm_path;
use host_tests::wire::{Deadline, Http1Request, Response, http1};
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

/// Envoy waits 15 seconds for a policy from a server.
const START_LIMIT: Duration = Duration::from_secs(60);

/// An Envoy with a shipped configuration, which answers.
pub(super) struct Gateway {
    envoy: Shipped,
}

impl Gateway {
    pub(super) fn start(file: &str, upstream: &Upstream, prepare: impl FnOnce(&Path)) -> Self {
        Self::edited(file, upstream, prepare, |text| text)
    }

    /// The same after an edit of the text.
    pub(super) fn edited(
        file: &str,
        upstream: &Upstream,
        prepare: impl FnOnce(&Path),
        edit: impl FnOnce(String) -> String,
    ) -> Self {
        Self::prepared(file, upstream, |folder, text| {
            prepare(folder);
            edit(text)
        })
    }

    /// The same after an edit of the text that depends on the folder.
    pub(super) fn prepared(
        file: &str,
        upstream: &Upstream,
        edit: impl FnOnce(&Path, String) -> String,
    ) -> Self {
        let envoy = Shipped::start(file, ports::free(), upstream.addr(), edit);
        Self::answering(envoy)
    }

    /// An Envoy, once it answers.
    pub(super) fn answering(envoy: Shipped) -> Self {
        let gateway = Self { envoy };
        within(START_LIMIT, "Envoy answers", || {
            gateway
                .try_call("no_such_tool")
                .is_some_and(|verdict| verdict != "500")
        });
        gateway
    }

    pub(super) fn admin(&self) -> SocketAddr {
        self.envoy.admin()
    }

    pub(super) fn addr(&self) -> SocketAddr {
        self.envoy.addr()
    }

    pub(super) fn folder(&self) -> &Path {
        self.envoy.folder()
    }

    pub(super) fn log(&self) -> String {
        self.envoy.log()
    }

    pub(super) fn call(&self, tool: &str) -> String {
        self.try_call(tool).expect("an answer")
    }

    /// The text of the answer to a call.
    pub(super) fn answer(&self, tool: &str) -> String {
        let response = http1(self.envoy.addr(), &call_of(tool), Duration::from_secs(5));
        String::from_utf8(response.expect("an answer").body).expect("UTF-8")
    }

    fn try_call(&self, tool: &str) -> Option<String> {
        self.send(&call_of(tool))
    }

    /// `forwarded`, the plugin's reason, or another status.
    pub(super) fn send(&self, request: &Http1Request) -> Option<String> {
        let response = http1(self.envoy.addr(), request, Duration::from_secs(5)).ok()?;
        Some(verdict(&response))
    }
}

/// `forwarded`, the plugin's reason, or another status.
pub(super) fn verdict(response: &Response) -> String {
    let is_server = response.body == br#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    match rpc::reason(response) {
        Some(reason) => reason,
        None if is_server => "forwarded".into(),
        None => response.status.to_string(),
    }
}

pub(super) fn call_of(tool: &str) -> Http1Request {
    let headers = vec![
        (b"host".to_vec(), b"localhost".to_vec()),
        (b"content-type".to_vec(), b"application/json".to_vec()),
    ];
    Http1Request {
        headers,
        ..rpc::post(rpc::call(tool))
    }
}

/// Tries several times in a row, because workers adopt a new configuration one after another.
pub(super) fn eventually(what: &str, holds: impl FnMut() -> bool) {
    within(Duration::from_secs(30), what, holds);
}

fn within(limit: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Deadline::after(limit);
    while !(0..6).all(|_| holds()) {
        assert!(deadline.left().is_ok(), "not within {limit:?}: {what}");
        sleep(Duration::from_millis(100));
    }
}

/// Writes the file that Envoy reads, before it starts.
pub(super) fn deliver(policy: &str, folder: &Path) {
    let file = folder.join("policy.json");
    fs::write(&file, policy).expect("the policy can be written");
    let mut apply = mcp_policy();
    apply.args(["envoy", "apply", "--no-wait", "--file"]);
    apply.arg(folder.join("plugin.json")).arg(&file);
    apply.arg("--wasm").arg(wasm_path());
    assert!(apply.output().expect("the tool runs").status.success());
}
