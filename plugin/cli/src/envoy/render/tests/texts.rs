//! What each flag writes.

use super::super::{Options, PolicySource};
use super::{POLICY, options, rendered, report};
use crate::report::Report as _;

fn written(change: impl FnOnce(&mut Options)) -> String {
    let mut options = options();
    change(&mut options);
    rendered(POLICY, &options)
}

/// Asserts that each text is in the configuration this many times.
fn has(yaml: &str, texts: &[(&str, usize)]) {
    for (text, times) in texts {
        assert_eq!(yaml.matches(text).count(), *times, "{text} in\n{yaml}");
    }
}

#[test]
fn server_by_its_name_over_tls_is_verified_by_this_name() {
    let yaml = written(|options| {
        options.upstreams = vec!["https://server.example/mcp".parse().expect("a URL")];
        options.authorities = Some("/etc/ca.pem".into());
    });
    has(
        &yaml,
        &[
            ("type: STRICT_DNS", 1),
            ("dns_lookup_family: V4_PREFERRED", 1),
            (r#"host_rewrite_literal: "server.example" "#, 5),
            (r#"address: "server.example", port_value: 443"#, 1),
            (r#"sni: "server.example""#, 1),
            (r#"trusted_ca: { filename: "/etc/ca.pem" }"#, 1),
            (
                r#"{ san_type: DNS, matcher: { exact: "server.example" } }"#,
                1,
            ),
        ],
    );
}

#[test]
fn server_by_its_address_has_no_name_for_tls() {
    let yaml = written(|options| {
        options.upstreams = vec!["https://[2001:DB8::1]:8443".parse().expect("a URL")];
        options.authorities = Some("/etc/ca.pem".into());
    });
    has(
        &yaml,
        &[
            ("type: STATIC", 1),
            ("dns_lookup_family", 0),
            (r#"host_rewrite_literal: "[2001:db8::1]:8443" "#, 5),
            (r#"address: "2001:db8::1", port_value: 8443"#, 1),
            ("sni:", 0),
            (
                r#"{ san_type: IP_ADDRESS, matcher: { exact: "2001:db8::1" } }"#,
                1,
            ),
        ],
    );
}

#[test]
fn server_without_tls_has_none() {
    let yaml = written(|options| options.authorities = Some("/etc/ca.pem".into()));
    has(&yaml, &[("transport_socket", 0), ("/etc/ca.pem", 0)]);
}

#[test]
fn addresses_and_names_are_written_where_they_belong() {
    let yaml = written(|options| {
        options.listen = ([10, 0, 0, 1], 8080).into();
        options.admin = ([127, 0, 0, 2], 9902).into();
        options.domains = ["mcp.example", "*.mcp.example"]
            .map(|name| name.parse().expect("a name"))
            .into();
        options.name = "first".parse().expect("a name");
        options.vm_id = "second".parse().expect("a name");
        options.wasm = "/opt/a.wasm".into();
    });
    has(
        &yaml,
        &[
            (r#"{ address: "10.0.0.1", port_value: 8080 }"#, 1),
            (r#"{ address: "127.0.0.2", port_value: 9902 }"#, 1),
            (r#"domains: ["mcp.example", "*.mcp.example"]"#, 1),
            (r#"name: "first""#, 2),
            (r#"root_id: "first""#, 1),
            (r#""first": "#, 2),
            (r#"vm_id: "second""#, 1),
            (r#"filename: "/opt/a.wasm""#, 1),
            ("mcp_policy", 0),
        ],
    );
}

#[test]
fn policy_from_elsewhere_has_a_default_that_refuses() {
    let from_file = written(|options| {
        options.source = PolicySource::File("/srv/policy/plugin.json".into());
    });
    has(
        &from_file,
        &[
            (r#"path: "/srv/policy/plugin.json""#, 1),
            (r#"watched_directory: { path: "/srv/policy" }"#, 1),
            ("default_config:", 1),
            ("name: xds", 0),
        ],
    );
    let from_server = written(|options| {
        options.source = PolicySource::Xds("127.0.0.1:18000".parse().expect("an address"));
    });
    has(
        &from_server,
        &[
            ("path_config_source", 0),
            ("envoy_grpc: { cluster_name: xds }", 1),
            ("default_config:", 1),
            ("- name: xds\n    type: STATIC\n", 1),
            (r#"{ address: "127.0.0.1", port_value: 18000 }"#, 1),
            ("http2_protocol_options: { connection_keepalive", 1),
        ],
    );
    has(&written(|_| {}), &[("config_discovery", 0), ("node:", 0)]);
}

#[test]
fn headers_by_which_callers_are_known_are_removed_from_requests_with_a_warning() {
    let policy = r#"{ "version": "1", "default": "deny", "host": { "hold_request_headers": true }, "identity": {
        "from": [ { "jwt_claim": "sub" }, { "header": "X-User", "set_by_gateway": true } ],
        "trusted_headers": [ "x-team", { "header": "x-groups", "encoding": "base64_json" } ] } }"#;
    let text = rendered(policy, &options());
    for header in ["x-user", "x-team", "x-groups"] {
        assert!(
            text.contains(&format!("- remove: \"{header}\"")),
            "{header}"
        );
    }
    let told = report(policy, &options()).expect("it renders").text();
    assert!(told.contains("`x-groups`, `x-team`, `x-user`"), "{told}");
    let nobody = rendered(POLICY, &options());
    assert!(!nobody.contains("              - remove: "), "control");
}

const APPROVALS: &str = r#"{ "version": "1", "default": "deny", "host": { "hold_request_headers": true }, "approvals": {
    "keys": [ "NEW_KEY", "OLD_KEY" ], "url": "https://mcp.example:8443/a/approvals",
    "approvers": { "ops": { "claim": { "groups": "ops" } } } } }"#;

#[test]
fn page_of_approvals_has_a_route_past_all_servers_and_its_keys_come_from_the_environment() {
    let keys = r#"host_env_keys: ["NEW_KEY", "OLD_KEY"]"#;
    let route = r#"- match: { path_separated_prefix: "/a/approvals" }"#;
    let in_file = PolicySource::File("/srv/policy/plugin.json".into());
    for source in [PolicySource::Inline, in_file] {
        let options = Options {
            source,
            ..options()
        };
        let yaml = rendered(APPROVALS, &options);
        let names = r#"["127.0.0.1", "localhost", "[::1]", "mcp.example"]"#;
        has(&yaml, &[(keys, 1), (route, 1), (names, 1)]);
        let first = yaml.split("- match:").nth(1).expect("a route");
        assert!(first.contains("direct_response"), "{first}");
        let told = report(APPROVALS, &options).expect("it renders").text();
        let step = "next: add the filter by which approvers sign in at `/a/approvals`";
        assert!(told.starts_with(step), "{told}");
        assert!(told.contains("`NEW_KEY` and `OLD_KEY`"), "{told}");
    }
    let without = written(|_| {});
    has(&without, &[("host_env_keys", 0), ("path_separated", 0)]);
}

#[test]
fn service_of_approvals_has_no_page_and_needs_a_cluster() {
    let policy = r#"{ "version": "1", "default": "deny", "approvals": { "keys": [ "KEY" ],
        "service": { "cluster": "decisions", "path": "/ask", "key": "SERVICE_KEY" } } }"#;
    let yaml = rendered(policy, &options());
    let keys = r#"host_env_keys: ["KEY", "SERVICE_KEY"]"#;
    has(&yaml, &[(keys, 1), ("path_separated", 0)]);
    let told = report(policy, &options()).expect("it renders").text();
    assert!(told.contains("next: add the cluster `decisions`"), "{told}");
    assert!(!told.contains("sign in"), "{told}");
}

#[test]
fn service_that_counts_needs_its_cluster_and_its_key() {
    let policy = r#"{ "version": "1", "default": "deny", "counters": { "backend": "rate_limit_service",
        "cluster": "counters", "domain": "mcp", "key": "COUNTERS_KEY" } }"#;
    let yaml = rendered(policy, &options());
    has(&yaml, &[(r#"host_env_keys: ["COUNTERS_KEY"]"#, 1)]);
    let told = report(policy, &options()).expect("it renders").text();
    assert!(told.contains("next: set `COUNTERS_KEY`"), "{told}");
    assert!(told.contains("next: add the cluster `counters`"), "{told}");
}
