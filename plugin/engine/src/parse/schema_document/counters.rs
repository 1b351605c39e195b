//! Describes `counters`: the service that counts the limits of a fleet.
//!
//! It describes no limit; `limits` does.

use super::approvals::variable;
use super::build::{about, choice, flag, object};
use super::host::visible;
use crate::parse::shared_counters::{BACKENDS, COUNTERS, ON_UNAVAILABLE};
use serde_json::{Value, json};

pub(super) fn counters() -> Value {
    let backend = "The kind of service: a rate limit service of Envoy's protocol `envoy.service.ratelimit.v3`, such as Limitador or envoyproxy/ratelimit.";
    let domain = "The domain of the limits at the service.";
    let timeout =
        "The longest wait for an answer, from a millisecond to five seconds (default `50ms`).";
    let on_unavailable = "The decision for a call that the service does not count: `deny` (the default), or `local`: this gateway counts it alone.";
    let atomic = "The service adds to all counters of a question, or to none. Without it each call has one limit.";
    let key = "The environment variable of the VM with the key of the names that callers and values have at the service, the same in the whole fleet.";
    let time = json!({ "anyOf": [{ "type": "string", "pattern": "^(([1-9][0-9]{0,3})ms|[1-5]s)$" }, { "type": "integer", "minimum": 1, "maximum": 5 }] });
    let members = vec![
        ("backend", choice(BACKENDS, backend)),
        (
            "cluster",
            visible("The name of the cluster in Envoy's configuration."),
        ),
        ("domain", visible(domain)),
        ("timeout", about(time, timeout)),
        ("on_unavailable", choice(ON_UNAVAILABLE, on_unavailable)),
        ("atomic", flag(atomic)),
        ("key", about(variable(), key)),
    ];
    about(
        object(&COUNTERS, &["backend", "cluster", "domain"], members),
        "The service that counts the limits, for several gateways together. Without it each gateway counts by itself.",
    )
}
