//! Turns a configuration in `envoy/` into a running Envoy, and calls into its outcomes. Only addresses and ports are
//! replaced, and what a test edits.
//!
//! It never expects an outcome.

use host_tests::ports;
use host_tests::rpc;
use host_tests::upstream::Upstream;
use host_tests::wire::{Http1Request, http1};
use host_tests::{root, wasm_path};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::Duration;

/// An Envoy with a shipped configuration, in a folder of its own.
pub(super) struct Gateway {
    process: Child,
    pub(super) folder: PathBuf,
    pub(super) addr: SocketAddr,
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
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let name = format!("mcp-policy-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("a folder");
        prepare(&folder);
        let port = ports::free();
        let text = fs::read_to_string(root().join("envoy").join(file));
        let text = edit(text.expect("the configuration can be read"));
        let text = here(text, &folder, port, upstream);
        let path = folder.join("envoy.yaml");
        fs::write(&path, text).expect("the configuration can be written");
        let log = fs::File::create(folder.join("envoy.log")).expect("a log");
        let envoy =
            std::env::var("ENVOY_BIN").expect("ENVOY_BIN is not set: run this through `make test`");
        let process = Command::new(envoy)
            .arg("-c")
            .arg(&path)
            .args([
                "--disable-hot-restart",
                "--concurrency",
                "2",
                "--component-log-level",
                "main:warning",
            ])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("Envoy starts");
        let gateway = Self {
            process,
            folder,
            addr: ([127, 0, 0, 1], port).into(),
        };
        eventually("Envoy answers", || {
            gateway
                .try_call("no_such_tool")
                .is_some_and(|verdict| verdict != "500")
        });
        gateway
    }

    pub(super) fn call(&self, tool: &str) -> String {
        self.try_call(tool).expect("an answer")
    }

    fn try_call(&self, tool: &str) -> Option<String> {
        self.send(&call_of(tool))
    }

    /// `forwarded`, the plugin's reason, or another status.
    pub(super) fn send(&self, request: &Http1Request) -> Option<String> {
        let response = http1(self.addr, request, Duration::from_secs(5)).ok()?;
        let text = String::from_utf8_lossy(&response.body);
        let reason = text
            .split(r#""reason":""#)
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        Some(match reason {
            Some(reason) => reason.into(),
            None if text == r#"{"jsonrpc":"2.0","id":1,"result":{}}"# => "forwarded".into(),
            None => response.status.to_string(),
        })
    }
}

/// The configuration with the addresses and ports of a test.
fn here(text: String, folder: &Path, port: u16, upstream: &Upstream) -> String {
    let port_of = |port: u16| format!("port_value: {port}");
    let replaced = [
        ("port_value: 10000", port_of(port)),
        ("port_value: 9901", port_of(ports::free())),
        ("port_value: 18080", port_of(upstream.addr().port())),
        (
            "/etc/envoy/mcp-policy.wasm",
            wasm_path().display().to_string(),
        ),
        ("/etc/envoy/mcp-policy", folder.display().to_string()),
    ];
    let replace = |text: String, (shipped, here): &(&str, String)| text.replace(shipped, here);
    replaced.iter().fold(text, replace)
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

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Tries several times in a row, because workers adopt a new configuration one after another.
pub(super) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..100 {
        if (0..6).all(|_| holds()) {
            return;
        }
        sleep(Duration::from_millis(100));
    }
    panic!("not within ten seconds: {what}");
}

/// Runs `envoy/reload.py` as in its README.
pub(super) fn reload(policy: &str, folder: &Path) {
    let file = folder.join("policy.json");
    fs::write(&file, policy).expect("the policy can be written");
    let python =
        std::env::var("MCP_PYTHON").expect("MCP_PYTHON is not set: run this through `make test`");
    let status = Command::new(python)
        .arg(root().join("envoy/reload.py"))
        .args([&file, &folder.join("plugin.json")])
        .arg("--wasm")
        .arg(wasm_path())
        .status()
        .expect("reload.py runs");
    assert!(status.success());
}
