//! Compares the outcome of every message on every host with the written one.
//!
//! A host that is better than its row has a wrong row, and fails too.

use super::super::vm::MODULE;
use super::messages::{COUNTING, DENIED, POLICY, bodiless, messages};
use host_tests::abi::constraints::{
    APISIX, Constraints, ENVOY, ENVOY_GATEWAY, GOOGLE, HIGRESS, ISTIO, NGINX, NO_ENDS, OLDER_NGINX,
    SIMULATED,
};
use host_tests::abi::exchange::{Gateway, Message};

const PASSED: &str = "forwarded";
const LIMITED: &str = "200 mcp_policy_rate_limited";
const UNREADABLE: &str = "400 mcp_policy_unreadable";
const NO_VERB: &str = "405 mcp_policy_unreadable";
const TOO_LARGE: &str = "413 of the host";
/// The host ends the plugin, and the request with it.
const ENDED: &str = "500 of the host";
/// Nothing but the host's own timeout ends the request. It never reaches a server.
const TIMEOUT: &str = "504 of the host";

/// The outcomes on Envoy, in the order of the messages.
pub(super) const ALL: [(&str, &str); 17] = [
    ("allowed call", PASSED),
    ("denied call", DENIED),
    ("call within the limit", PASSED),
    ("call beyond the limit", LIMITED),
    ("list with a hidden tool", PASSED),
    ("list that ends in trailers", PASSED),
    ("allowed call of 40 KiB", PASSED),
    ("denied call of 40 KiB", DENIED),
    ("allowed call in pieces", PASSED),
    ("denied call in pieces", DENIED),
    ("allowed call with trailers", PASSED),
    ("denied call with trailers", DENIED),
    ("GET without a body", PASSED),
    ("DELETE without a body", PASSED),
    ("PATCH without a body", NO_VERB),
    ("POST without a body", UNREADABLE),
    ("stream that is refused midway", PASSED),
];

/// The outcome of a message on a host, where it is not that on Envoy.
fn differs(host: &str, message: &str) -> Option<&'static str> {
    let large = message.ends_with("40 KiB");
    let limited = message.contains("the limit");
    let stateless = [APISIX.name, GOOGLE.name];
    let without_body = message.ends_with("without a body");
    match host {
        _ if host == ENVOY_GATEWAY.name && large => Some(TOO_LARGE),
        // The body is in a file.
        _ if host == NGINX.name && large => Some(UNREADABLE),
        _ if host == NGINX.name && message.ends_with("midway") => Some(ENDED),
        // It holds no message, and no callback tells its end.
        _ if [NGINX.name, APISIX.name].contains(&host) && message == "POST without a body" => {
            Some(PASSED)
        }
        // Each body contradicts the end that the host told before it.
        _ if host == OLDER_NGINX.name && !without_body => Some(UNREADABLE),
        // The policy with limits was refused, and the tool is not in the other one.
        _ if stateless.contains(&host) && limited => Some(DENIED),
        _ if host == NO_ENDS.name && !without_body => Some(TIMEOUT),
        _ => None,
    }
}

/// All outcomes with the policy that the host can keep.
fn played(host: Constraints) -> Vec<(&'static str, String)> {
    let policy = match host.lacks.contains(&"proxy_get_shared_data") {
        true => POLICY,
        false => COUNTING,
    };
    let mut gateway = Gateway::start(&MODULE, host, policy).expect("the policy is accepted");
    let outcomes = messages().into_iter().map(|named| {
        let played = gateway.play(&named.message);
        named.check(&played, host.name);
        (named.name, played.end)
    });
    outcomes.collect()
}

#[test]
fn every_message_ends_as_written_on_every_host() {
    let hosts = [ENVOY, NO_ENDS].into_iter().chain(SIMULATED);
    for host in hosts {
        let expected = ALL.map(|(message, on_envoy)| {
            let end = differs(host.name, message).unwrap_or(on_envoy);
            (message, end.to_owned())
        });
        assert_eq!(played(host), expected, "on {}", host.name);
    }
}

#[test]
fn istio_and_higress_differ_from_envoy_in_no_outcome() {
    for host in [ISTIO, HIGRESS] {
        let differing = ALL
            .iter()
            .filter(|(message, _)| differs(host.name, message).is_some());
        assert_eq!(differing.count(), 0, "{}", host.name);
    }
}

/// nginx and APISIX call nothing after the headers of such a request.
#[test]
fn request_without_a_body_is_judged_with_its_headers() {
    let refused = POLICY.replace(r#""default""#, r#""frozen": true, "default""#);
    let lengths = [None, Some("0")];
    let ways = ["GET", "DELETE"]
        .into_iter()
        .flat_map(|method| lengths.map(|length| (method, length)));
    for ((method, length), host) in ways.flat_map(|way| [NGINX, APISIX].map(|host| (way, host))) {
        for (policy, passes) in [(POLICY, true), (&refused, false)] {
            let mut gateway = Gateway::start(&MODULE, host, policy).expect("it is accepted");
            let length = length.map(|length| ("content-length", length.to_owned()));
            let played = gateway.play(&Message {
                fields: Vec::from_iter(length),
                ..bodiless(method)
            });
            let at = format!("{method} on {}: {played:?}", host.name);
            assert_eq!(played.server.is_some(), passes, "{at}");
            assert_eq!(played.decisions.len(), 1, "{at}");
        }
    }
}

/// A body after a verdict on the headers alone is refused.
#[test]
fn body_that_no_header_announced_does_not_pass() {
    for host in [NGINX, OLDER_NGINX, APISIX] {
        let mut gateway = Gateway::start(&MODULE, host, POLICY).expect("it is accepted");
        let played = gateway.play(&Message {
            pieces: vec![b"{}".to_vec()],
            hides_length: true,
            ..bodiless("GET")
        });
        assert_eq!(
            (&*played.end, played.server),
            (UNREADABLE, None),
            "{}",
            host.name
        );
    }
}
