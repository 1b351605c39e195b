//! Tests which hosts lead to a server, and that a comparison of the host with its name, without regard to case, never
//! names another server.

use super::super::probe::{Gateway, oldest_and_current};
use super::frames;
use super::setting::{AUTHORITY, CLUSTER, SOURCES, listener, sent, servers, text};
use host_tests::routing::{host, hosts, route};
use serde_json::{Value, json};

const GIT: &str = "git.mcp.example";
/// The ways of a connection manager to compare hosts, and the fields for each.
const WAYS: [&str; 3] = ["as_written", "any_port", "stripped"];

/// The host's header, and the listeners on which it leads to the server of [`GIT`] and not to that of all other hosts.
const HEADERS: [(&str, &[&str]); 14] = [
    (GIT, &WAYS),
    ("GIT.mcp.Example", &WAYS),
    (" git.mcp.example ", &WAYS),
    ("git.mcp.example:80", &["any_port", "stripped"]),
    ("git.mcp.example:8443", &["any_port", "stripped"]),
    ("git.mcp.example:", &["any_port"]),
    ("git.mcp.example.", &["stripped"]),
    ("git.mcp.example.:80", &["stripped"]),
    ("git.mcp.example:80:80", &[]),
    ("git.mcp.example,git.mcp.example", &[]),
    ("user@git.mcp.example", &[]),
    ("x.git.mcp.example", &[]),
    ("git%2emcp.example", &[]),
    ("", &[]),
];
/// The request target and the host's header, and the same.
const TARGETS: [(&str, &str, &[&str]); 5] = [
    ("http://git.mcp.example/mcp", "other.example", &WAYS),
    ("http://other.example/mcp", GIT, &[]),
    ("http://user@git.mcp.example/mcp", "other.example", &WAYS),
    (
        "http://GIT.mcp.example:80/mcp",
        "other.example",
        &["any_port", "stripped"],
    ),
    (
        "http://git.mcp.example./mcp",
        "other.example",
        &["stripped"],
    ),
];

fn managed(way: &str) -> Value {
    let any = json!({ "prefix": "/" });
    let mut manager = hosts(&[
        host(&[GIT], &[route(any.clone(), "git-mcp")]),
        host(&["*"], &[route(any, "python-mcp")]),
    ]);
    match way {
        "any_port" => manager["route_config"]["ignore_port_in_host_matching"] = true.into(),
        "stripped" => {
            manager["strip_any_host_port"] = true.into();
            manager["strip_trailing_host_dot"] = true.into();
        }
        _ => {}
    }
    manager
}

fn on_each(test: impl Fn(&Gateway)) {
    for (version, binary) in oldest_and_current() {
        println!("Envoy {version}");
        let probe = WAYS.into_iter().fold(servers(binary), |probe, way| {
            listener(probe, way, managed(way), Vec::new())
        });
        test(&probe.start());
    }
}

/// The server of a request; and a name that equals the host is that server's.
fn server(gateway: &Gateway, way: &str, target: &str, headers: &[(&str, &str)]) -> String {
    let seen = sent(gateway, way, target, headers);
    let seen = seen.unwrap_or_else(|status| panic!("{status} for {target} {headers:?}"));
    let [cluster, _, host] = SOURCES.map(|source| text(seen.read(source)));
    assert_eq!(cluster, seen.server, "{CLUSTER}");
    if host.eq_ignore_ascii_case(GIT) {
        assert_eq!(seen.server, "git-mcp", "{AUTHORITY} {host:?}");
    }
    seen.server
}

#[test]
fn host_that_equals_a_name_without_regard_to_case_is_that_of_the_server() {
    on_each(|gateway| {
        for way in WAYS {
            for (header, led) in HEADERS {
                let server = server(gateway, way, "/mcp", &[("host", header)]);
                assert_eq!(server == "git-mcp", led.contains(&way), "{way} {header:?}");
            }
        }
    });
}

#[test]
fn host_in_the_target_replaces_the_header() {
    on_each(|gateway| {
        for way in WAYS {
            for (target, header, led) in TARGETS {
                let server = server(gateway, way, target, &[("host", header)]);
                assert_eq!(server == "git-mcp", led.contains(&way), "{way} {target}");
            }
        }
    });
}

#[test]
fn hosts_of_two_headers_are_one_text() {
    on_each(|gateway| {
        let two = [("host", GIT), ("host", "other.example")];
        for way in WAYS {
            let seen = sent(gateway, way, "/mcp", &two).expect("it is forwarded");
            assert_eq!(text(seen.read(AUTHORITY)), "git.mcp.example,other.example");
            assert_eq!(seen.server, "python-mcp");
        }
    });
}

#[test]
fn hosts_with_a_delimiter_are_refused() {
    on_each(|gateway| {
        for host in ["git.mcp.example/x", "git.mcp.example?x", "git.mcp.example#"] {
            let refused = sent(gateway, "as_written", "/mcp", &[("host", host)]);
            assert_eq!(refused.err(), Some(400), "{host}");
        }
    });
}

#[test]
fn authority_of_http2_replaces_the_host_header() {
    on_each(|gateway| {
        let arrived = |fields: &[(&str, &str)]| {
            let always = [(":method", "GET"), (":scheme", "http"), (":path", "/mcp")];
            frames::get(gateway.addr("as_written"), &[&always, fields].concat());
            match &gateway.arrived()[..] {
                [(server, request)] => {
                    let host = request.header("host").map(String::from_utf8_lossy);
                    Some((server.clone(), host.unwrap_or_default().into_owned()))
                }
                requests => requests.first().map(|_| panic!("{requests:?}")),
            }
        };
        let git = Some(("git-mcp".to_owned(), GIT.to_owned()));
        let other = Some(("python-mcp".to_owned(), "other.example".to_owned()));
        let [one, two] = [GIT, "other.example"];
        assert_eq!(arrived(&[(":authority", one)]), git);
        assert_eq!(arrived(&[("host", one)]), git);
        assert_eq!(arrived(&[(":authority", one), ("host", two)]), git);
        assert_eq!(arrived(&[(":authority", two), ("host", one)]), other);
        for refused in [
            &[][..],
            &[(":authority", one), (":authority", two)],
            &[(":authority", "user@git.mcp.example")],
            &[(":authority", "git.mcp.example ")],
            &[(":authority", one), (":path", "/other")],
        ] {
            assert_eq!(arrived(refused), None, "{refused:?}");
        }
    });
}
