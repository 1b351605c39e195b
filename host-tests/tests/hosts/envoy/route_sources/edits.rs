//! Tests what the edits of headers by mcp-policy itself do to the route.

use super::super::gateway::LIMIT;
use super::super::probe::oldest_and_current;
use super::later::{header_mutation, with_header};
use super::setting::{SERVERS, before_servers};
use host_tests::bootstrap::Listener;
use host_tests::envoy::Envoy;
use host_tests::routing::{route, routes};
use host_tests::rpc;
use host_tests::upstream::Upstream;
use host_tests::wasm_path;
use host_tests::wire::http1;
use serde_json::{Value, json};
use std::path::PathBuf;

/// A policy that reads results, so that the server must not encode them.
const READS_RESULTS: &str = r#"{ "version": "1", "default": "deny", "host": { "hold_request_headers": true },
    "tools": { "run": { "result": { "redact": ["secrets"] } } } }"#;
/// A policy under which no server gets the caller's token. `printf %s token | sha256sum`
const HAS_GRANTS: &str = r#"{ "version": "1", "default": "deny", "host": { "hold_request_headers": true },
    "tools": { "run": {} },
    "grants": { "alice": { "policy": "main", "match": { "bearer_sha256":
        "3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0" } } } }"#;

/// An Envoy with mcp-policy, behind a filter that writes a header, in front of servers.
struct Gateway {
    envoy: Envoy,
    upstreams: [Upstream; 3],
}

impl Gateway {
    fn start(binary: Option<PathBuf>, policy: &str, all: &[Value]) -> Self {
        let upstreams = SERVERS.map(|_| Upstream::start().expect("the upstream starts"));
        let mut listener = Listener::new("mcp", policy, upstreams[0].addr(), &wasm_path());
        listener.before = vec![header_mutation()];
        listener.connection_manager = routes(all);
        let envoy = before_servers(listener, binary, &upstreams);
        Self { envoy, upstreams }
    }

    /// The server that gets a call with these headers.
    fn server(&self, headers: &[(&str, &str)]) -> &'static str {
        let mut request = rpc::post(rpc::call("run"));
        for (name, value) in headers {
            request.headers.push(((*name).into(), (*value).into()));
        }
        http1(self.envoy.addr("mcp"), &request, LIMIT).expect("an answer");
        let taken = SERVERS.iter().zip(&self.upstreams);
        let taken = taken.filter(|(_, upstream)| upstream.take().len() == 1);
        match taken.map(|(name, _)| *name).collect::<Vec<_>>()[..] {
            [name] => name,
            ref names => panic!("{names:?}\n{}", self.envoy.log()),
        }
    }
}

#[test]
fn request_for_an_unencoded_response_makes_envoy_choose_the_route_again() {
    for (version, binary) in oldest_and_current() {
        let late = route(with_header("/mcp", "x-late"), "files-mcp");
        let all = [late, route(json!({ "path": "/mcp" }), "python-mcp")];
        let gateway = Gateway::start(binary, READS_RESULTS, &all);
        assert_eq!(gateway.server(&[]), "python-mcp", "{version}");
        let encoded = [("accept-encoding", "gzip")];
        assert_eq!(gateway.server(&encoded), "files-mcp", "{version}");
    }
}

#[test]
fn removed_token_makes_envoy_choose_the_route_again() {
    for (version, binary) in oldest_and_current() {
        let with_token = route(with_header("/mcp", "authorization"), "python-mcp");
        let all = [with_token, route(json!({ "path": "/mcp" }), "files-mcp")];
        let token = [("authorization", "Bearer token")];
        let gateway = Gateway::start(binary, HAS_GRANTS, &all);
        assert_eq!(gateway.server(&token), "files-mcp", "{version}");
    }
}
