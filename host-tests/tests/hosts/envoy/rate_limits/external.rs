//! Tests that a limit is exact by the rate limit service of an operator, at `$RLS`.
//!
//! It never starts or configures that service: it prints the limits that the service needs.

use super::exact::{CALLS, MAX};
use super::fleet::{Setting, crowd, envoys, policy};
use host_tests::rate_limits::limits_of;
use host_tests::require::{ENVOY, lacks};
use host_tests::say::say;
use host_tests::upstream::Upstream;
use mcp_policy_cli::limits::Format;
use serde_json::json;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::SystemTime;

/// The limits, in the formats of both services.
fn print_limits(policy: &str) {
    for (service, format) in [
        ("envoyproxy/ratelimit", Format::EnvoyRatelimit),
        ("Limitador", Format::Limitador),
    ] {
        let limits = limits_of(policy, format).expect("limits that it can count");
        println!("The limits for {service}:\n\n{limits}");
    }
}

/// The address of the service; `None` where the variable is missing.
fn service() -> Option<SocketAddr> {
    let named = std::env::var("RLS")
        .ok()
        .filter(|named| !named.is_empty())?;
    let mut addrs = named.to_socket_addrs().expect("RLS is host:port");
    addrs.next()
}

/// The service may keep the counts of an earlier run, so each run has a count of its own.
#[allow(clippy::disallowed_methods, reason = "no two runs have one time")]
fn own_round() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    format!("run {}", now.expect("a time").as_nanos())
}

#[test]
#[ignore = "make fleet RLS=host:port"]
fn external_service_is_exact() {
    let Some(service) = service() else {
        say("no rate limit service to play against: write RLS=host:port");
        return;
    };
    if lacks(&[ENVOY]) {
        return;
    }
    let policy = policy(MAX, &json!({}));
    print_limits(&policy);
    let upstream = Upstream::counting().expect("the upstream starts");
    let envoys = envoys(&policy, Setting::default(), &upstream, service);
    let round = own_round();
    let passed = crowd(
        [envoys[0].addr("mcp"), envoys[1].addr("mcp")],
        &round,
        CALLS,
    );
    let served = upstream.count();
    assert_ne!(
        passed, 0,
        "no call passed: does the service at {service} have these limits?"
    );
    assert_eq!((passed, served), (MAX, MAX), "of {CALLS} calls");
    println!("{served} of {CALLS} calls of 64 clients at two Envoys passed, as the limit says");
}
