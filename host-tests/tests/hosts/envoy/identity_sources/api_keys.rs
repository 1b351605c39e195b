//! Tests what `api_key_auth` tells a plugin about the owner of a key.

use super::super::gateway::verdict;
use super::super::probe::{
    Gateway, LIMIT, METADATA, Probe, Property, disabled, oldest_and_current,
};
use host_tests::authentication::{API_KEY_AUTH, KEYS, api_key_auth};
use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::rpc::{call, post};
use host_tests::upstream::Upstream;
use host_tests::wasm_path;
use host_tests::wire::http1;

/// Each client has one call.
const POLICY: &str = r#"{ "version": "1", "default": "deny",
    "identity": { "from": [ { "header": "x-client-id", "set_by_gateway": true } ] },
    "tools": { "run": { "limits": [ { "counter": "runs", "window": "month", "max": 1 } ] } } }"#;
const HEADER: &str = "request|headers|x-client-id";
const FILTER_STATE: &str = "filter_state|envoy.filters.http.api_key_auth";

fn on_each(test: impl Fn(&Gateway)) {
    for (version, binary) in oldest_and_current() {
        println!("Envoy {version}");
        let paths = [METADATA, HEADER, FILTER_STATE];
        let gateway = Probe::new(binary)
            .listener("forwarding", &paths, vec![api_key_auth(&KEYS, true)])
            .listener_with("disabled", &paths, |listener| {
                listener.before = vec![api_key_auth(&KEYS, true)];
                listener.connection_manager = disabled(API_KEY_AUTH, listener.upstream);
            })
            .listener("silent", &paths, vec![api_key_auth(&KEYS, false)])
            .start();
        test(&gateway);
    }
}

#[test]
fn forwarded_header_replaces_that_of_the_client() {
    on_each(|gateway| {
        for (key, client) in KEYS {
            let headers = [("x-api-key", key), ("x-client-id", "root")];
            let seen = gateway
                .get("forwarding", &headers)
                .expect("the key is listed");
            assert_eq!(*seen.read(HEADER), Property::text(client));
            let ids = seen.request.headers.iter();
            let ids: Vec<_> = ids.filter(|(name, _)| name == "x-client-id").collect();
            assert_eq!(
                ids,
                [&("x-client-id".to_owned(), client.as_bytes().to_vec())]
            );
            assert_eq!(seen.header("x-api-key"), None);
        }
    });
}

#[test]
fn header_without_forwarding_is_that_of_the_client() {
    on_each(|gateway| {
        let headers = [("x-api-key", KEYS[0].0), ("x-client-id", "root")];
        let seen = gateway.get("silent", &headers).expect("the key is listed");
        assert_eq!(*seen.read(HEADER), Property::text("root"));
        assert_eq!(seen.header("x-api-key").as_deref(), Some(KEYS[0].0));
    });
}

#[test]
fn header_on_a_route_that_disables_the_filter_is_that_of_the_client() {
    on_each(|gateway| {
        let seen = gateway.get("disabled", &[("x-client-id", "root")]);
        let seen = seen.expect("no key is needed");
        assert_eq!(*seen.read(HEADER), Property::text("root"));
    });
}

#[test]
fn key_leaves_no_metadata() {
    on_each(|gateway| {
        for listener in ["forwarding", "silent"] {
            let seen = gateway.get(listener, &[("x-api-key", KEYS[0].0)]);
            let seen = seen.expect("the key is listed");
            assert_eq!(*seen.read(METADATA), Property::text(""));
            assert_eq!(*seen.read(FILTER_STATE), Property::Absent);
        }
    });
}

#[test]
fn unknown_or_missing_key_is_refused() {
    on_each(|gateway| {
        for listener in ["forwarding", "silent"] {
            let unknown = [("x-api-key", "another"), ("x-client-id", "client-one")];
            assert_eq!(gateway.get(listener, &unknown).err(), Some(401));
            assert_eq!(gateway.get(listener, &unknown[1..]).err(), Some(401));
        }
    });
}

#[test]
fn plugin_counts_by_the_client_of_the_key_not_by_the_header_that_was_sent() {
    for (version, binary) in oldest_and_current() {
        let upstream = Upstream::start().expect("the upstream starts");
        let mut listener = Listener::new("mcp", POLICY, upstream.addr(), &wasm_path());
        listener.before = vec![api_key_auth(&KEYS, true)];
        let mut config = Config::new(vec![listener]);
        config.binary = binary;
        let envoy = Envoy::start(&config).expect("Envoy starts");
        let call = |key: &str, sent: &str| {
            let mut request = post(call("run"));
            for (name, value) in [("x-api-key", key), ("x-client-id", sent)] {
                request.headers.push((name.into(), value.into()));
            }
            verdict(&http1(envoy.addr("mcp"), &request, LIMIT).expect("an answer"))
        };
        let [one, two] = KEYS.map(|(key, _)| key);
        assert_eq!(call(one, "root"), "forwarded", "{version}");
        assert_eq!(call(one, "someone-else"), "200 rate_limited", "{version}");
        assert_eq!(call(two, "client-one"), "forwarded", "{version}");
    }
}
