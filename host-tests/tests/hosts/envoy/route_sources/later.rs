//! Tests edits of headers, by filters and by the plugin, after which a request goes to another server than the plugin
//! read.

use super::super::probe::{Gateway, oldest_and_current};
use super::setting::{CLUSTER, sent, servers, text};
use host_tests::routing::{chosen_route, lua, route, routes};
use serde_json::{Value, json};

/// A filter that writes the header by which routes choose.
pub(super) fn header_mutation() -> Value {
    json!({ "name": "envoy.filters.http.header_mutation", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation",
        "mutations": { "request_mutations": [{ "append": {
            "header": { "key": "x-late", "value": "1" },
            "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
        } }] },
    } })
}

/// A route whose cluster a tree of matchers chooses by the same header.
fn matcher() -> Value {
    const MATCHER: &str =
        "type.googleapis.com/envoy.extensions.router.cluster_specifiers.matcher.v3.";
    let cluster = |name: &str| {
        let action = json!({ "@type": format!("{MATCHER}ClusterAction"), "cluster": name });
        json!({ "action": { "name": "cluster", "typed_config": action } })
    };
    let header = json!({
        "@type": "type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput",
        "header_name": "x-late",
    });
    let tree = json!({
        "input": { "name": "header", "typed_config": header },
        "exact_match_map": { "map": { "1": cluster("files-mcp") } },
    });
    let plugin = json!({
        "@type": format!("{MATCHER}MatcherClusterSpecifier"),
        "cluster_matcher": { "matcher_tree": tree, "on_no_match": cluster("python-mcp") },
    });
    let extension =
        json!({ "name": "envoy.router.cluster_specifier_plugin.matcher", "typed_config": plugin });
    json!({ "match": { "path": "/matcher" }, "route": {
        "inline_cluster_specifier_plugin": { "extension": extension },
    } })
}

pub(super) fn with_header(path: &str, name: &str) -> Value {
    json!({ "path": path, "headers": [{ "name": name, "present_match": true }] })
}

const WRITE: &str = "handle:headers():replace('x-late', '1')";

/// The cluster, read when the headers of the response arrive.
const USED: &str = "<xds|cluster_name";
/// What the plugin reads, where it adds no header and where it adds one in between.
const READS: [(&str, &[&str]); 2] = [
    ("", &[CLUSTER, CLUSTER, USED]),
    ("_edited", &[CLUSTER, "+x-own", CLUSTER, USED]),
];

fn on_each(test: impl Fn(&Gateway)) {
    let all = [
        route(with_header("/late", "x-late"), "files-mcp"),
        route(json!({ "path": "/late" }), "python-mcp"),
        route(with_header("/own", "x-own"), "files-mcp"),
        route(json!({ "path": "/own" }), "python-mcp"),
        matcher(),
    ];
    let clear = format!("{WRITE} handle:clearRouteCache()");
    for (version, binary) in oldest_and_current() {
        println!("Envoy {version}");
        let filters = [
            ("none", vec![], vec![]),
            ("clears", vec![], vec![lua(&clear, false)]),
            ("writes", vec![], vec![lua(WRITE, true)]),
            ("writes_only", vec![], vec![lua(WRITE, false)]),
            ("mutation", vec![], vec![header_mutation()]),
            ("earlier", vec![header_mutation()], vec![]),
            ("earlier_clears", vec![lua(&clear, false)], vec![]),
            (
                "chosen_again",
                vec![lua(&clear, false), chosen_route()],
                vec![],
            ),
        ];
        let mut probe = servers(binary);
        for (name, before, after) in filters {
            for (edited, properties) in READS {
                probe = probe.listener_with(&format!("{name}{edited}"), properties, |listener| {
                    listener.connection_manager = routes(&all);
                    listener.before = before.clone();
                    listener.after = after.clone();
                });
            }
        }
        test(&probe.start());
    }
}

/// The cluster that the plugin read, also once it has edited the headers, and the server.
fn read_and_used(gateway: &Gateway, listener: &str, target: &str) -> [String; 2] {
    let seen = sent(gateway, listener, target, &[]).expect("it is forwarded");
    let [first, second] = seen.reads(CLUSTER)[..] else {
        panic!("it reads twice")
    };
    assert_eq!(first, second, "an edit does not change what is read");
    assert_eq!(text(seen.read(USED)), seen.server, "the response has it");
    [text(first), seen.server]
}

const SAME: [&str; 2] = ["python-mcp", "python-mcp"];
const ELSEWHERE: [&str; 2] = ["python-mcp", "files-mcp"];
const LATE: [&str; 2] = ["files-mcp", "files-mcp"];

#[test]
fn later_filter_that_clears_the_route_cache_sends_a_request_elsewhere() {
    on_each(|gateway| {
        for target in ["/late", "/matcher"] {
            for (listener, expected) in [
                ("none", SAME),
                ("clears", ELSEWHERE),
                ("writes", ELSEWHERE),
                ("writes_only", SAME),
                ("mutation", SAME),
            ] {
                let found = read_and_used(gateway, listener, target);
                assert_eq!(found, expected, "{listener} {target}");
            }
        }
    });
}

#[test]
fn header_that_the_plugin_edits_makes_envoy_choose_the_route_again() {
    on_each(|gateway| {
        for (target, listener, expected) in [
            ("/own", "none", SAME),
            ("/own", "none_edited", ELSEWHERE),
            ("/late", "none_edited", SAME),
            ("/late", "mutation_edited", ELSEWHERE),
            ("/late", "earlier", SAME),
            ("/late", "earlier_edited", ELSEWHERE),
        ] {
            let found = read_and_used(gateway, listener, target);
            assert_eq!(found, expected, "{listener} {target}");
        }
    });
}

#[test]
fn cluster_is_outdated_where_an_earlier_filter_cleared_the_route_cache_until_another_filter_uses_the_route()
 {
    on_each(|gateway| {
        for target in ["/late", "/matcher"] {
            for (listener, expected) in [("earlier_clears", ELSEWHERE), ("chosen_again", LATE)] {
                for edited in ["", "_edited"] {
                    let listener = format!("{listener}{edited}");
                    let found = read_and_used(gateway, &listener, target);
                    assert_eq!(found, expected, "{listener} {target}");
                }
            }
        }
    });
}
