//! Tests limits under load, and calls that do not count.

use super::gateway::{LIMIT, limited, post, raw, start, verdict};
use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::hosts::envoys;
use host_tests::ports;
use host_tests::require::{ENVOY, lacks};
use host_tests::rpc::{self, call};
use host_tests::upstream::Upstream;
use host_tests::wasm_path;
use host_tests::wire::{Connection, http1};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// Sends `calls` calls on `clients` connections at once. Returns the number that passed.
pub(super) fn flood(addr: SocketAddr, clients: u64, calls: u64) -> u64 {
    let left = AtomicU64::new(calls);
    let admitted = AtomicU64::new(0);
    let request = raw("run");
    let client = || {
        let mut connection = Connection::open(addr).expect("a connection");
        while left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(1)
            })
            .is_ok()
        {
            let response = connection.send(&request).expect("an answer");
            admitted.fetch_add(
                u64::from(verdict(&response) == "forwarded"),
                Ordering::Relaxed,
            );
        }
    };
    thread::scope(|scope| (0..clients).for_each(|_| drop(scope.spawn(client))));
    admitted.into_inner()
}

pub(super) fn exactly_the_limit(rounds: u32) {
    for round in 1..=rounds {
        let upstream = Upstream::counting().expect("the upstream starts");
        let envoy = start(&limited(1000), &upstream, 2);
        let admitted = flood(envoy.addr("mcp"), 64, 20_000);
        assert_eq!((admitted, upstream.count()), (1000, 1000), "round {round}");
        println!("round {round}: 64 clients, 2 workers, 20,000 calls: 1000 reached the server");
    }
}

#[test]
fn concurrent_clients_are_admitted_exactly_up_to_the_limit() {
    if lacks(&[ENVOY]) {
        return;
    }
    exactly_the_limit(2);
}

#[test]
#[ignore = "the long form: `make soak`"]
fn concurrent_clients_in_ten_rounds_are_admitted_exactly_up_to_the_limit() {
    if lacks(&[ENVOY]) {
        return;
    }
    exactly_the_limit(10);
}

#[test]
fn call_that_reached_no_server_is_refunded() {
    if lacks(&[ENVOY]) {
        return;
    }
    let addr = ports::refusing();
    for (version, binary) in envoys() {
        let mut config = Config::new(vec![Listener::new("mcp", &limited(2), addr, &wasm_path())]);
        config.binary = binary;
        let envoy = Envoy::start(&config).expect("Envoy starts");
        let run = || post(envoy.addr("mcp"), call("run")).status;
        assert_eq!(
            [run(), run(), run(), run()],
            [503; 4],
            "{version}: none is counted, so none is refused"
        );
        let log = envoy.log();
        let refunds = log
            .lines()
            .filter(|line| line.contains(r#"{"v":1,"event":"refund""#));
        assert_eq!(refunds.count(), 4, "{log}");
    }
}

/// Two calls a month for each address of a peer.
const BY_ADDRESS: &str = r#"{ "version": "1", "default": "deny", "tools": { "run": {
    "limits": [ { "counter": "runs", "window": "month", "max": 2, "scope": "ip" } ] } } }"#;

/// Calls of one client, each with an address that it claims.
fn claiming(addr: SocketAddr, addresses: [&str; 4]) -> [String; 4] {
    addresses.map(|address| {
        let mut request = rpc::post(call("run"));
        request
            .headers
            .push(("x-forwarded-for".into(), address.into()));
        verdict(&http1(addr, &request, LIMIT).expect("an answer"))
    })
}

/// For this reason `check` warns, and every shipped configuration sets `use_remote_address`.
#[test]
fn client_claims_another_address_only_where_envoy_believes_it() {
    if lacks(&[ENVOY]) {
        return;
    }
    let upstream = Upstream::start().expect("the upstream starts");
    let listener = |name: &str, use_remote_address| Listener {
        vm_id: name.into(),
        use_remote_address,
        ..Listener::new(name, BY_ADDRESS, upstream.addr(), &wasm_path())
    };
    let config = Config::new(vec![listener("own", true), listener("claimed", false)]);
    let envoy = Envoy::start(&config).expect("Envoy starts");
    let others = ["192.0.2.1", "192.0.2.2", "198.51.100.7", "10.0.0.1"];
    let (passed, refused) = ("forwarded", "200 rate_limited");
    let limited = [passed, passed, refused, refused];
    assert_eq!(claiming(envoy.addr("own"), others), limited);
    let claimed = envoy.addr("claimed");
    assert_eq!(
        claiming(claimed, others),
        [passed; 4],
        "a quota for each address"
    );
    assert_eq!(
        claiming(claimed, ["203.0.113.9"; 4]),
        limited,
        "and for this one"
    );
}
