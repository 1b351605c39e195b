//! Turns the needs of a test into a skip on a machine that lacks one of them.
//!
//! It never lets a test pass silently: a test that cannot run is printed and noted in `target/skipped`, which `make`
//! prints at its end. With `$REQUIRE` set to `all` it fails.

use crate::root;
use crate::say::say;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::thread;

/// Something that `make hosts` installs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    name: &'static str,
    /// The file that exists once all of it is installed.
    ready: &'static str,
}

/// The current Envoy, and Python with the newer MCP SDK.
pub const ENVOY: Need = need("Envoy and the MCP SDK for Python", "target/venv/ready");
/// The Envoys of `older-envoys.txt`.
pub const OLDER_ENVOYS: Need = need("the older Envoys", "target/envoy/ready");
/// Python with the older MCP SDK.
pub const OLDER_SDK: Need = need("the older MCP SDK for Python", "target/venv-mcp-1/ready");
/// An older package for the older MCP SDK for Python.
pub const OLDER_SSE: Need = need(
    "the older reader of event streams for Python",
    "target/httpx-sse/ready",
);
/// Node for the project's own programs.
pub const NODE: Need = need("Node", "target/node/ready");
/// Node for the conformance suite.
pub const NODE_22: Need = need("Node 22", "target/node-22/ready");
/// The JavaScript package as a user installs it.
pub const PACKAGE: Need = need("the JavaScript package", "target/npm/ready");
/// The runtime with which Python embeds the component.
pub const COMPONENT_PYTHON: Need = need("Wasmtime for Python", "target/venv/component");
/// The program that turns the component into JavaScript.
pub const COMPONENT_NODE: Need = need("jco", "target/component-node/ready");
/// The MCP SDKs for TypeScript.
pub const TYPESCRIPT_SDKS: Need = need(
    "the MCP SDKs for TypeScript",
    "host-tests/clients/node_modules/.package-lock.json",
);
/// Published MCP servers for Node.
pub const NODE_SERVERS: Need = need(
    "MCP servers for Node",
    "host-tests/servers/node_modules/.package-lock.json",
);
/// Published MCP servers for Python.
pub const PYTHON_SERVERS: Need = need("MCP servers for Python", "target/venv/servers");
/// The official conformance suite.
pub const CONFORMANCE: Need = need(
    "the conformance suite",
    "host-tests/conformance/node_modules/.package-lock.json",
);
/// The tests of the JSON Schema organisation.
pub const SCHEMA_TESTS: Need = need("the tests of JSON Schema", "target/json-schema-tests/ready");
/// The Open Cybersecurity Schema Framework.
pub const OCSF: Need = need(
    "the Open Cybersecurity Schema Framework",
    "target/ocsf/ready",
);
/// What checks workflows, hooks and shell scripts.
pub const CI_PROGRAMS: Need = need("what checks workflows and hooks", "target/ci/ready");
/// The schema of SARIF.
pub const SARIF: Need = need("the schema of SARIF", "target/sarif/ready");
/// Prometheus and its tool.
pub const PROMETHEUS: Need = need("Prometheus", "target/prometheus/ready");

/// Redis, the store of the rate limit service.
pub const REDIS: Need = need("Redis", "target/redis/ready");
/// The rate limit service of `rate-limit-peer`.
pub const RATE_LIMIT_PEER: Need = need(
    "the rate limit service of the tests",
    "target/rate-limit-peer/ready",
);

/// A browser.
pub const CHROMIUM: Need = need("Chromium", "target/chromium/ready");
/// The packages that drive a browser.
pub const BROWSER: Need = need(
    "the packages that drive a browser",
    "host-tests/browser/node_modules/.package-lock.json",
);

/// The playground, as a web server hands it out.
pub const PLAYGROUND: Need = need("the playground", "target/site/playground/index.html");

/// The packages that write the site.
pub const SITE: Need = need(
    "the packages that write the site",
    "plugin/js/site/node_modules/.package-lock.json",
);

/// The bundlers for JavaScript, and the runtimes beside Node: Bun, Deno and that of Cloudflare Workers.
pub const BUNDLERS: Need = need(
    "the bundlers for JavaScript",
    "host-tests/bundlers/node_modules/.package-lock.json",
);

/// The published models of the objects of Kubernetes.
pub const KUBERNETES_MODELS: Need = need(
    "the models of Kubernetes",
    "host-tests/kubernetes/node_modules/.package-lock.json",
);

/// The tool as a program for Linux on x86_64, and its wheel.
pub const X86_64: Need = need(
    "the program for x86_64",
    "target/dist/bin/mcp-policy-x86_64-unknown-linux-musl",
);
/// The same on aarch64.
pub const AARCH64: Need = need(
    "the program for aarch64",
    "target/dist/bin/mcp-policy-aarch64-unknown-linux-musl",
);
/// The tool as a program for Windows.
pub const WINDOWS: Need = need(
    "the program for Windows",
    "target/dist/bin/mcp-policy-x86_64-pc-windows-gnu.exe",
);
/// The files of a release.
pub const RELEASE: Need = need("the release", "target/dist/release/SHA256SUMS");
/// Skopeo, which reads images.
pub const SKOPEO: Need = need("Skopeo", "target/skopeo/ready");
/// The schema of bills of materials.
pub const BILLS: Need = need("the schema of bills of materials", "target/bills/ready");
/// The program that reads packages of Debian.
pub const DPKG: Need = need("dpkg-deb", "/usr/bin/dpkg-deb");
/// The checks of Python wheels.
pub const PACKAGERS: Need = need("the checks of Python wheels", "target/cross/ready");
/// QEMU for programs of another processor.
pub const EMULATOR: Need = need("QEMU", "target/qemu/ready");
/// A Debian with Python, and one without it.
pub const ROOTS: Need = need("a bare Debian", "target/roots/ready");
/// Node for a Debian without it.
pub const ROOTS_NODE: Need = need("Node for a bare Debian", "target/roots-node/ready");
/// The JavaScript package as `make package` leaves it.
pub const MODULES: Need = need(
    "the built JavaScript package",
    "target/dist/js/tool_bg.wasm",
);

const fn need(name: &'static str, ready: &'static str) -> Need {
    Need { name, ready }
}

/// True where one of these is not installed; the test must return. Notes the skip under the name of the test.
///
/// # Panics
/// When one is not installed and `$REQUIRE` is `all`.
pub fn lacks(needs: &[Need]) -> bool {
    let test = thread::current();
    lacks_for(test.name().unwrap_or("a test"), needs)
}

/// The same as [`lacks`] for a part of a test, under a name of its own.
///
/// # Panics
/// When one is not installed and `$REQUIRE` is `all`.
pub fn lacks_for(part: &str, needs: &[Need]) -> bool {
    let missing = needs.iter().find(|need| !root().join(need.ready).exists());
    missing.inspect(|need| skip(part, need.name)).is_some()
}

fn skip(part: &str, name: &str) {
    let all = std::env::var("REQUIRE").is_ok_and(|require| require == "all");
    assert!(
        !all,
        "{name}: not installed, run `make hosts`, or `make soak` for what only that needs"
    );
    say(&format!("{part}: skipped without {name}"));
    let notes = root().join("target/skipped");
    let notes = OpenOptions::new().create(true).append(true).open(notes);
    let mut notes = notes.expect("the folder `target` is there");
    writeln!(notes, "{name}\t{part}").expect("a skip can be noted");
}
