//! Tests that the property of the cluster names the server that gets the request, for each way in which a route chooses.

use super::super::probe::{Gateway, Property, oldest_and_current, properties};
use super::setting::{
    AUTHORITY, CLUSTER, PATH, SERVERS, answer, listener, sent, servers, text, unsent,
};
use host_tests::bootstrap::WHEREVER;
use host_tests::routing::routes;
use host_tests::upstream::Upstream;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn to(path: &str, action: Value) -> Value {
    json!({ "match": { "path": path }, "route": action })
}

fn on_each(test: impl Fn(&Gateway)) {
    let weights = [("python-mcp", 30), ("files-mcp", 70)]
        .map(|(name, weight)| json!({ "name": name, "weight": weight }));
    let all = [
        to("/plain", json!({ "cluster": "git-mcp" })),
        to(
            "/weighted",
            json!({ "weighted_clusters": { "clusters": weights } }),
        ),
        to("/header", json!({ "cluster_header": "x-cluster" })),
        to("/unknown", json!({ "cluster": "none" })),
        to(
            "/rewritten",
            json!({ "cluster": "git-mcp", "prefix_rewrite": "/files/mcp", "host_rewrite_literal": "files.example" }),
        ),
        to(
            "/by-regex",
            json!({
                "cluster": "git-mcp", "host_rewrite_header": "x-host",
                "regex_rewrite": { "pattern": { "regex": "^.*$" }, "substitution": "/files/mcp" },
            }),
        ),
        json!({ "match": { "path": "/direct" }, "direct_response": { "status": 204 } }),
    ];
    for (version, binary) in oldest_and_current() {
        println!("Envoy {version}");
        test(&listener(servers(binary), "mcp", routes(&all), Vec::new()).start());
    }
}

#[test]
fn cluster_of_a_route_is_that_of_the_server() {
    on_each(|gateway| {
        let seen = sent(gateway, "mcp", "/plain", &[]).expect("it is forwarded");
        assert_eq!(*seen.read(CLUSTER), Property::text("git-mcp"));
        assert_eq!(seen.server, "git-mcp");
    });
}

#[test]
fn cluster_chosen_by_weight_is_that_of_the_server() {
    on_each(|gateway| {
        let mut requests = BTreeMap::<_, u32>::new();
        for _ in 0..200 {
            let seen = sent(gateway, "mcp", "/weighted", &[]).expect("it is forwarded");
            assert_eq!(text(seen.read(CLUSTER)), seen.server);
            *requests.entry(seen.server).or_default() += 1;
        }
        println!("{requests:?}");
        assert_eq!(requests.len(), 2, "each gets some: {requests:?}");
    });
}

#[test]
fn cluster_in_a_header_is_that_of_the_server_and_the_clients_choice() {
    on_each(|gateway| {
        for name in SERVERS {
            let seen = sent(gateway, "mcp", "/header", &[("x-cluster", name)]);
            let seen = seen.expect("it is forwarded");
            assert_eq!(text(seen.read(CLUSTER)), name);
            assert_eq!(seen.server, name);
        }
        let two = [("x-cluster", "git-mcp"), ("x-cluster", "files-mcp")];
        let seen = sent(gateway, "mcp", "/header", &two).expect("it is forwarded");
        assert_eq!(text(seen.read(CLUSTER)), seen.server);
        assert_eq!(seen.server, "git-mcp", "the first");
    });
}

#[test]
fn request_without_a_known_cluster_has_no_name() {
    on_each(|gateway| {
        let absent = Some(Property::Absent);
        for (target, headers, status) in [
            ("/header", &[("x-cluster", "none")][..], 503),
            ("/header", &[], 503),
            ("/unknown", &[], 503),
            ("/direct", &[], 204),
            ("/no-route", &[], 404),
        ] {
            let (own, cluster) = unsent(gateway, target, headers);
            assert_eq!((own, &cluster), (status, &absent), "{target} {headers:?}");
        }
    });
}

#[test]
fn path_and_host_are_read_before_the_route_rewrites_them() {
    on_each(|gateway| {
        for target in ["/rewritten", "/by-regex"] {
            let headers = [("host", "git.example"), ("x-host", "files.example")];
            let seen = sent(gateway, "mcp", target, &headers).expect("it is forwarded");
            assert_eq!(text(seen.read(PATH)), target);
            assert_eq!(text(seen.read(AUTHORITY)), "git.example");
            assert_eq!(seen.request.path, "/files/mcp");
            assert_eq!(seen.header("host").as_deref(), Some("files.example"));
        }
    });
}

#[test]
fn cluster_of_wherever_a_client_wants_has_one_name_for_all_servers() {
    for (version, binary) in oldest_and_current() {
        let one = Upstream::start().expect("the upstream starts");
        let probe = servers(binary).listener_with("mcp", &[CLUSTER], |listener| {
            listener.upstream = WHEREVER;
        });
        let gateway = probe.start();
        let target = one.addr().to_string();
        let answer = answer(
            &gateway,
            "mcp",
            "/",
            &[("x-envoy-original-dst-host", &target)],
        );
        let [(_, cluster)] = &properties(&answer)[..] else {
            panic!("{answer:?}")
        };
        assert_eq!(text(cluster), WHEREVER.to_string(), "{version}");
        assert_eq!(one.count(), 1, "{version}");
    }
}
