//! A policy with servers has a route and a cluster for each of them.

use super::{options, rendered, report};
use crate::envoy::render::Options;
use crate::envoy::render::servers::{Route, servers};
use crate::input::Input;
use serde_json::json;

const POLICY: &str = r#"{ "version": "1", "default": "deny", "host": { "hold_request_headers": true }, "servers": {
    "files": { "match": { "cluster": [ "files_1", "files_2" ], "path": [ "/files/mcp", "/f" ] } },
    "git": { "match": { "host": "Git.example:8443" } },
    "wiki": { "match": { "cluster": "wiki" } } } }"#;

const URLS: [&str; 3] = [
    "files=http://10.0.0.1:9000/mcp",
    "wiki=https://wiki.example/mcp",
    "git=http://git:9000",
];

fn with(urls: &[&str]) -> Options {
    Options {
        upstreams: urls.iter().map(|url| url.parse().expect("a URL")).collect(),
        authorities: Some("/ca.pem".into()),
        ..options()
    }
}

fn route(path: Option<&str>, host: Option<&str>, rewrite: Option<&str>) -> Route {
    let [path, host, rewrite] = [path, host, rewrite].map(|text| text.map(Into::into));
    Route {
        path,
        host,
        rewrite,
    }
}

#[test]
fn each_server_has_the_routes_by_which_the_policy_knows_it() {
    let policy = Input {
        name: "policy.json".into(),
        bytes: POLICY.into(),
    };
    let options = with(&URLS);
    let found = servers(Some(&policy), &options.upstreams).expect("servers");
    let found: Vec<_> = found
        .iter()
        .map(|server| (server.cluster.as_str(), server.routes.as_slice()))
        .collect();
    let files = [
        route(Some("/files/mcp"), None, Some("/mcp")),
        route(Some("/f"), None, Some("/mcp")),
    ];
    let git = [route(None, Some("Git.example:8443"), None)];
    let wiki = [route(Some("/wiki/mcp"), None, Some("/mcp"))];
    assert_eq!(
        found,
        [
            ("files_1", &files[..]),
            ("git", &git[..]),
            ("wiki", &wiki[..])
        ]
    );
}

#[test]
fn hosts_of_servers_are_names_of_the_gateway() {
    let text = rendered(POLICY, &with(&URLS));
    let domains = r#"domains: ["127.0.0.1", "localhost", "[::1]", "git.example"]"#;
    assert!(text.contains(domains), "{text}");
    assert!(
        !text.contains("nothing_of_mcp"),
        "no route bypasses the plugin"
    );
}

#[test]
fn server_without_a_url_and_url_without_a_server_are_errors() {
    let error = |policy: &str, urls: &[&str]| {
        let error = report(policy, &with(urls)).expect_err("an error");
        error.to_string()
    };
    for (urls, part) in [
        (
            &URLS[..2],
            "the policy has a server `git`; write its URL once",
        ),
        (&["http://a"], "the policy has a server `files`"),
        (
            &[URLS[0], URLS[1], URLS[2], URLS[2]],
            "a server `git`; write its URL once",
        ),
        (
            &[URLS[0], URLS[1], URLS[2], "other=http://a"],
            "no server `other`",
        ),
        (
            &[URLS[0], URLS[1], URLS[2], "http://a"],
            "a URL has no name",
        ),
    ] {
        let told = error(POLICY, urls);
        assert!(told.contains(part), "{told}");
    }
    let plain = json!({ "version": "1", "default": "deny" }).to_string();
    for urls in [&["files=http://a"][..], &["http://a", "http://b"], &[]] {
        let told = error(&plain, urls);
        assert!(told.contains("the policy has no `servers`"), "{told}");
    }
    let one = |server: &str, matched: &str| {
        let policy = format!(
            r#"{{ "version": "1", "default": "deny", "servers": {{ "{server}": {{ "match": {{ {matched} }} }} }} }}"#
        );
        error(&policy, &[&format!("{server}=http://a")])
    };
    assert!(one("a b", r#""cluster": "a""#).contains("write `path` into its `match`"));
    assert!(one("a", r#""cluster": "xds""#).contains("the cluster of the control plane"));
    let twice = r#"{ "version": "1", "default": "deny", "servers": {
        "a": { "match": { "cluster": "c", "path": "/a" } }, "b": { "match": { "cluster": "c", "path": "/b" } } } }"#;
    assert!(
        error(twice, &["a=http://a", "b=http://a"])
            .contains("begin their `match.cluster` with `c`")
    );
}
