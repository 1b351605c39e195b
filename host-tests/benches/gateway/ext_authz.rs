//! Starts the authorizer, and makes the filter by which Envoy asks it.
//!
//! It decides nothing.

use crate::filter::filter;
use host_tests::program::Program;
use host_tests::samples::LONGEST;
use host_tests::samples::requests::HEADERS;
use serde_json::{Value, json};
use std::env;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;

/// The first argument with which this program is an authorizer; the second names the policy.
pub(crate) const ARGUMENT: &str = "authorizer";

/// A running authorizer. Dropping it ends the process.
pub(crate) struct AuthorizerProcess {
    program: Program,
    pub(crate) addr: SocketAddr,
}

impl AuthorizerProcess {
    /// Starts this program once more, with the policy in a file of the folder.
    pub(crate) fn start(policy: &str, folder: &Path, number: usize) -> Self {
        let file = folder.join(format!("authorizer-{number}.json"));
        fs::write(&file, policy).expect("the policy can be written");
        let mut command = Command::new(env::current_exe().expect("this program is a file"));
        command.arg(ARGUMENT).arg(file);
        let mut program = Program::run(command);
        let addr = (Ipv4Addr::LOCALHOST, program.port()).into();
        Self { program, addr }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.program.pid()
    }
}

/// Sends the authorizer each request with its body, and with the headers that the engine reads.
pub(crate) fn asking(addr: SocketAddr) -> Value {
    let names = HEADERS.iter().map(|(name, _)| *name);
    let names = names.chain(["mcp-session-id", "x-request-id"]);
    let allowed: Vec<_> = names.map(|name| json!({ "exact": name })).collect();
    filter(
        "ext_authz",
        "ExtAuthz",
        json!({
            "http_service": { "server_uri": {
                "uri": format!("http://{addr}"), "cluster": addr.to_string(), "timeout": "5s" } },
            "with_request_body": { "max_request_bytes": LONGEST, "allow_partial_message": false },
            "allowed_headers": { "patterns": allowed },
        }),
    )
}
