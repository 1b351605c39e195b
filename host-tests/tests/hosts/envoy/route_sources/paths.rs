//! Tests which paths lead to a server, as Envoy writes them by default and in the shipped configurations, and that a
//! comparison of the path with that of a route never names another server.

use super::super::probe::{Gateway, oldest_and_current};
use super::frames;
use super::setting::{CLUSTER, PATH, SOURCES, listener, sent, servers, text};
use host_tests::routing::{normalized, route, routes};
use serde_json::{Value, json};

/// The path of a route, and its server; those below [`PREFIX`] have another one, and all others a third.
const FILES: &str = "/files/mcp";
const PREFIX: &str = "/git/";

/// A target, and the path at the plugin with its server: without normalization, and with that of `envoy.yaml`. `=` is the
/// path of the target; `400` means that Envoy refuses it.
const TARGETS: [(&str, [&str; 2], [&str; 2]); 29] = [
    ("/files/mcp", ["=", "files-mcp"], ["=", "files-mcp"]),
    ("/files/mcp?x", ["=", "files-mcp"], ["=", "files-mcp"]),
    ("/files/mcp?/../x", ["=", "files-mcp"], ["=", "files-mcp"]),
    ("//files/mcp", ["=", "python-mcp"], [FILES, "files-mcp"]),
    ("/files//mcp", ["=", "python-mcp"], [FILES, "files-mcp"]),
    ("/files/./mcp", ["=", "python-mcp"], [FILES, "files-mcp"]),
    ("/files/%2e/mcp", ["=", "python-mcp"], [FILES, "files-mcp"]),
    ("/x/../files/mcp", ["=", "python-mcp"], [FILES, "files-mcp"]),
    ("/../files/mcp", ["=", "python-mcp"], [FILES, "files-mcp"]),
    ("/%66iles/mcp", ["=", "python-mcp"], [FILES, "files-mcp"]),
    ("/files\\mcp", ["=", "python-mcp"], [FILES, "files-mcp"]),
    (
        "/files/mcp/../../git/x",
        ["=", "python-mcp"],
        ["/git/x", "git-mcp"],
    ),
    ("/git/../files/mcp", ["=", "git-mcp"], [FILES, "files-mcp"]),
    (
        "/git/%2e%2e/files/mcp",
        ["=", "git-mcp"],
        [FILES, "files-mcp"],
    ),
    ("/git/..\\files/mcp", ["=", "git-mcp"], [FILES, "files-mcp"]),
    ("/git/..%2ffiles/mcp", ["=", "git-mcp"], ["400", ""]),
    ("/files%2Fmcp", ["=", "python-mcp"], ["400", ""]),
    ("/files%5Cmcp", ["=", "python-mcp"], ["400", ""]),
    ("/files/mcp%00", ["=", "python-mcp"], ["400", ""]),
    ("/files/mcp%3Fx", ["=", "python-mcp"], ["=", "python-mcp"]),
    ("/files/mcp%23x", ["=", "python-mcp"], ["=", "python-mcp"]),
    ("/files/mcp%20", ["=", "python-mcp"], ["=", "python-mcp"]),
    ("/files/mcp;x", ["=", "python-mcp"], ["=", "python-mcp"]),
    ("/files/mcp/", ["=", "python-mcp"], ["=", "python-mcp"]),
    ("/FILES/mcp", ["=", "python-mcp"], ["=", "python-mcp"]),
    ("/re/mcp;x", ["=", "python-mcp"], ["=", "python-mcp"]),
    ("/re/mcp?x", ["=", "git-mcp"], ["=", "git-mcp"]),
    ("/CASE/MCP", ["=", "git-mcp"], ["=", "git-mcp"]),
    (
        "http://other.example/files/mcp",
        [FILES, "files-mcp"],
        [FILES, "files-mcp"],
    ),
];
/// Refused in both.
const REFUSED: [&str; 6] = [
    "/files/mcp#x",
    "files/mcp",
    "*",
    "",
    "/files/mcp\tx",
    "/files/mcp\u{e4}",
];

fn managed() -> Value {
    routes(&[
        route(json!({ "path": FILES }), "files-mcp"),
        route(json!({ "prefix": PREFIX }), "git-mcp"),
        route(
            json!({ "safe_regex": { "regex": "/re/[a-z]+" } }),
            "git-mcp",
        ),
        route(
            json!({ "path": "/case/mcp", "case_sensitive": false }),
            "git-mcp",
        ),
        route(json!({ "prefix": "/" }), "python-mcp"),
    ])
}

fn on_each(test: impl Fn(&str, &Gateway)) {
    for (version, binary) in oldest_and_current() {
        println!("Envoy {version}");
        let probe = listener(servers(binary), "default", managed(), Vec::new());
        let probe = listener(probe, "normalized", normalized(managed()), Vec::new());
        test(version, &probe.start());
    }
}

/// The path at the plugin with its server; and a path that equals that of a route is that of its server.
fn led(gateway: &Gateway, listener: &str, target: &str) -> [String; 2] {
    let seen = match sent(gateway, listener, target, &[]) {
        Ok(seen) => seen,
        Err(status) => return [status.to_string(), String::new()],
    };
    let [cluster, path, _] = SOURCES.map(|source| text(seen.read(source)));
    assert_eq!(cluster, seen.server, "{CLUSTER} {target}");
    assert_eq!(path, seen.request.path, "{PATH} {target}");
    let equal = path.split('?').next() == Some(FILES);
    assert_eq!(equal, seen.server == "files-mcp", "{target}");
    [path, seen.server]
}

#[test]
fn path_that_equals_that_of_a_route_is_that_of_its_server() {
    on_each(|_, gateway| {
        for (target, default, normalized) in TARGETS {
            for (listener, [path, server]) in [("default", default), ("normalized", normalized)] {
                let path = if path == "=" { target } else { path };
                assert_eq!(
                    led(gateway, listener, target),
                    [path, server],
                    "{listener} {target}"
                );
            }
        }
    });
}

#[test]
fn target_that_is_no_path_is_refused() {
    on_each(|_, gateway| {
        for target in REFUSED {
            for listener in ["default", "normalized"] {
                let refused = led(gateway, listener, target);
                assert_eq!(refused, ["400", ""], "{listener} {target:?}");
            }
        }
    });
}

#[test]
fn dot_segment_with_a_parameter_is_resolved_since_1_40() {
    on_each(|version, gateway| {
        let target = "/git/..;/files/mcp";
        assert_eq!(led(gateway, "default", target), [target, "git-mcp"]);
        let normalized = match version {
            "1.36.4" => [target, "git-mcp"],
            _ => [FILES, "files-mcp"],
        };
        assert_eq!(led(gateway, "normalized", target), normalized, "{version}");
    });
}

#[test]
fn path_of_http2_is_a_path_alone() {
    on_each(|_, gateway| {
        let arrived = |fields: &[(&str, &str)]| {
            let always = [(":method", "GET"), (":scheme", "http"), (":authority", "h")];
            frames::get(gateway.addr("default"), &[&always, fields].concat());
            let requests = gateway.arrived();
            requests
                .first()
                .map(|(server, request)| (server.clone(), request.path.clone()))
        };
        let files = Some(("files-mcp".to_owned(), FILES.to_owned()));
        assert_eq!(arrived(&[(":path", FILES)]), files);
        for refused in [
            "/files/mcp#x",
            "http://h/files/mcp",
            "files/mcp",
            "/files/mcp ",
            "*",
            "",
        ] {
            assert_eq!(arrived(&[(":path", refused)]), None, "{refused:?}");
        }
        assert_eq!(arrived(&[(":path", FILES), (":path", "/other")]), None);
    });
}
