//! Turns a configuration of `envoy/` into a running Envoy, as an operator copies it: with other addresses, and with the
//! changes of the test.
//!
//! It never waits until Envoy answers: each test knows an answer that shows it.

use crate::ports;
use crate::yaml::documents;
use crate::{root, wasm_path};
use mcp_policy_cli::Input;
use mcp_policy_cli::envoy::render::{Options, PolicySource, render};
use serde_json::Value;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{self, Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// The objects of Kubernetes in a file of `envoy/`.
///
/// # Panics
/// When it is not there, or is not YAML.
pub fn objects(file: &str) -> Vec<Value> {
    let text = fs::read_to_string(root().join("envoy").join(file));
    documents(&text.unwrap_or_else(|error| panic!("{file}: {error}")))
}

/// An Envoy with a shipped configuration, in a folder of its own. Dropping it ends the process and removes the folder.
#[derive(Debug)]
pub struct Shipped {
    process: Child,
    folder: PathBuf,
    addr: SocketAddr,
    admin: SocketAddr,
}

impl Shipped {
    /// Starts Envoy on this port with a file of `envoy/`. `prepare` may write files into the folder, from where Envoy
    /// runs, and change the text of the configuration.
    ///
    /// # Panics
    /// When a file cannot be read or written, or Envoy does not start.
    pub fn start(
        file: &str,
        port: u16,
        upstream: SocketAddr,
        prepare: impl FnOnce(&Path, String) -> String,
    ) -> Self {
        let options = options(port, upstream);
        Self::run(&options, |folder| {
            let ports = [port, options.admin.port()];
            prepare(folder, configuration(file, ports, upstream, folder))
        })
    }

    /// Starts Envoy with a configuration of these options, which may name files in the folder from where Envoy runs.
    ///
    /// # Panics
    /// When a file cannot be written, or Envoy does not start.
    pub fn run(options: &Options, configuration: impl FnOnce(&Path) -> String) -> Self {
        let folder = new_folder();
        let text = configuration(&folder);
        let path = folder.join("envoy.yaml");
        fs::write(&path, text).expect("the configuration can be written");
        let process = run(&folder, &path);
        Self {
            process,
            folder,
            addr: options.listen,
            admin: options.admin,
        }
    }

    /// The address of the admin interface.
    pub fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// The address of the gateway.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The folder of its files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The log so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("envoy.log")).unwrap_or_default()
    }
}

impl Drop for Shipped {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn new_folder() -> PathBuf {
    static STARTED: AtomicU32 = AtomicU32::new(0);
    let number = STARTED.fetch_add(1, Ordering::Relaxed);
    let name = format!("mcp-policy-{}-{number}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// The options of a gateway on this machine, with the policy inside its configuration.
///
/// # Panics
/// Never: the names in it are valid.
pub fn options(port: u16, upstream: SocketAddr) -> Options {
    let module = path::absolute(wasm_path()).expect("a path");
    let name = || "mcp_policy".parse().expect("a name");
    Options {
        upstreams: vec![format!("http://{upstream}").parse().expect("a URL")],
        authorities: None,
        listen: (Ipv4Addr::LOCALHOST, port).into(),
        admin: (Ipv4Addr::LOCALHOST, ports::free()).into(),
        domains: Vec::new(),
        wasm: module.display().to_string(),
        source: PolicySource::Inline,
        name: name(),
        vm_id: name(),
    }
}

/// The configuration that `mcp-policy envoy render` writes.
///
/// # Panics
/// When the policy has mistakes.
pub fn rendered(policy: &Value, options: &Options) -> String {
    let policy = Input {
        name: "policy.json".into(),
        bytes: policy.to_string().into(),
    };
    let report = render(Some(&policy), options).expect("it renders");
    report
        .configuration()
        .expect("the policy is valid")
        .to_owned()
}

/// The shipped configuration with other addresses and files.
fn configuration(
    file: &str,
    [port, admin]: [u16; 2],
    upstream: SocketAddr,
    folder: &Path,
) -> String {
    let text = fs::read_to_string(root().join("envoy").join(file));
    let mut text = text.expect("the configuration can be read");
    let module = path::absolute(wasm_path()).expect("a path");
    for (shipped, here) in [
        ("port_value: 10000", format!("port_value: {port}")),
        ("port_value: 9901", format!("port_value: {admin}")),
        (
            "port_value: 18080",
            format!("port_value: {}", upstream.port()),
        ),
        ("/etc/envoy/mcp-policy.wasm", module.display().to_string()),
        ("/etc/envoy/mcp-policy", folder.display().to_string()),
    ] {
        text = text.replace(shipped, &here);
    }
    text
}

fn run(folder: &Path, configuration: &Path) -> Child {
    let log = fs::File::create(folder.join("envoy.log")).expect("a log");
    let envoy =
        std::env::var("ENVOY_BIN").expect("ENVOY_BIN is not set: run this through `make test`");
    let options = ["--disable-hot-restart", "--concurrency", "2"];
    let mut command = Command::new(envoy);
    command.arg("-c").arg(configuration).args(options);
    command.args(["--component-log-level", "main:warning"]);
    command
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(log);
    command.spawn().expect("Envoy starts")
}
