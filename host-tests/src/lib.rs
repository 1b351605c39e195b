//! The hosts that run mcp-policy in tests, and the corpus of `policies/`, which each of them plays.
//!
//! A host is a function from cases to observations. The runner compares; no host sees the expectation.

pub mod abi;
pub mod approval_service;
pub mod approvals;
pub mod authentication;
pub mod bootstrap;
pub mod cells;
pub mod certificates;
pub mod compat;
pub mod component;
pub mod contest;
pub mod corpus;
pub mod embedder;
pub mod envoy;
pub mod fleet;
pub mod front;
pub mod host;
pub mod hosts;
pub mod http2;
pub mod interference;
pub mod judge;
pub mod machine;
pub mod node;
pub mod on_envoy;
pub mod oracle;
pub mod ports;
pub mod program;
pub mod proxy_wasm;
pub mod rate_limits;
pub mod recorder;
pub mod require;
pub mod routing;
pub mod rpc;
pub mod samples;
pub mod say;
pub mod shipped;
pub mod spread;
pub mod table;
pub mod tls;
pub mod tokens;
pub mod tool;
pub mod upstream;
pub mod verdict;
pub mod wire;
pub mod yaml;

/// The environment variables with keys of approvals, in every host that plays cases.
pub const APPROVAL_KEYS: [&str; 2] = ["MCP_POLICY_APPROVAL_KEY", "MCP_POLICY_APPROVAL_KEY_2"];

pub use mcp_policy_cases::{
    APPROVAL_KEY, Captured, case, expectation, gateway, observation, request_events, runner,
    server_response, split,
};
use std::path::PathBuf;

/// The root of the repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map_or_else(PathBuf::new, PathBuf::from)
}

/// The proxy-wasm module in `$MODULE`, a path from the root of the repository, instead of the built one.
///
/// # Panics
/// When the file is missing.
pub fn other_module() -> Option<PathBuf> {
    module_of("MODULE")
}

/// The proxy-wasm module in a variable, a path from the root of the repository.
///
/// # Panics
/// When the file is missing.
pub fn module_of(variable: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable).filter(|named| !named.is_empty())?;
    let path = root().join(named);
    assert!(
        path.exists(),
        "{variable} names {}, which is not there",
        path.display()
    );
    Some(path)
}

/// The plugin: [`other_module`], or the one that `make build` made.
///
/// # Panics
/// When the file is missing.
pub fn wasm_path() -> PathBuf {
    other_module().unwrap_or_else(|| built("mcp-policy.wasm"))
}

/// The plugin with the names of its functions that `make build` made.
///
/// # Panics
/// When the file is missing.
pub fn named_path() -> PathBuf {
    built("mcp-policy.debug.wasm")
}

/// The component that `make build` made.
///
/// # Panics
/// When the file is missing.
pub fn component_path() -> PathBuf {
    built("mcp-policy.component.wasm")
}

fn built(name: &str) -> PathBuf {
    let path = root().join("target/dist").join(name);
    assert!(
        path.exists(),
        "{} is missing: run `make build`",
        path.display()
    );
    path
}

/// The bytes of the plugin.
///
/// # Panics
/// When they cannot be read.
pub fn wasm() -> Vec<u8> {
    std::fs::read(wasm_path()).expect("the plugin can be read")
}
