//! Turns several gateways with the plugin, the owners of their callers, into the parts of the configuration of an Envoy in
//! front of them: which owner a request reaches.
//!
//! It never reads a header for it that a client can choose, except the session in [`sticky_sessions`].

use crate::authentication::{ACME, Tokens, jwt_authn};
use crate::bootstrap::address;
use serde_json::{Value, json};
use std::net::SocketAddr;

/// The name of the owners' cluster.
pub const OWNERS: &str = "owners";
/// The name of the caller, which [`caller`] writes and [`routes`] reads.
const CALLER: &str = "mcp.caller";

/// The filter that verifies tokens and leaves them in the request, so that the owner verifies them too.
pub fn tokens() -> Value {
    let mut filter = jwt_authn(&[ACME], Tokens::One);
    filter["typed_config"]["providers"][ACME.name]["forward"] = true.into();
    filter
}

/// The filter that names the caller by two verified claims.
pub fn caller() -> Value {
    let claim = |name| format!("%DYNAMIC_METADATA(envoy.filters.http.jwt_authn:jwt:{name})%");
    let name = format!("{} {}", claim("iss"), claim("sub"));
    json!({ "name": "envoy.filters.http.set_filter_state", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.set_filter_state.v3.Config",
        "on_request_headers": [{
            "object_key": CALLER,
            "factory_key": "envoy.hashable_string",
            "format_string": { "text_format_source": { "inline_string": name } },
        }],
    } })
}

/// The filter that adds the owner to the session id in its answer, and reads it from the requests of the session.
pub fn sticky_sessions() -> Value {
    json!({ "name": "envoy.filters.http.stateful_session", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.stateful_session.v3.StatefulSession",
        "session_state": { "name": "envoy.http.stateful_session.envelope", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.http.stateful_session.envelope.v3.EnvelopeSessionState",
            "header": { "name": "mcp-session-id" },
        } },
        "strict": true,
    } })
}

/// Fields of the connection manager that lead each caller to its owner.
pub fn routes() -> Value {
    json!({ "route_config": { "virtual_hosts": [{
        "name": "gateway",
        "domains": ["*"],
        "routes": [{
            "match": { "prefix": "/" },
            "route": {
                "cluster": OWNERS,
                "timeout": "0s",
                "hash_policy": [{ "filter_state": { "key": CALLER } }],
            },
        }],
    }] } })
}

/// The cluster of the owners. `policy` is the choice among them, `RING_HASH` or another.
pub fn owners(addrs: &[SocketAddr], policy: &str) -> Value {
    let endpoint = |addr: &SocketAddr| json!({ "endpoint": { "address": address(*addr) } });
    let endpoints: Vec<_> = addrs.iter().map(endpoint).collect();
    json!({
        "name": OWNERS,
        "type": "STATIC",
        "lb_policy": policy,
        // Otherwise callers of owners that run reach those that do not, once half of all are gone.
        "common_lb_config": { "healthy_panic_threshold": { "value": 0 } },
        "health_checks": [{
            "timeout": "1s",
            "interval": "1s",
            "no_traffic_interval": "1s",
            "unhealthy_threshold": 2,
            "healthy_threshold": 1,
            "tcp_health_check": {},
        }],
        "load_assignment": {
            "cluster_name": OWNERS,
            "endpoints": [{ "lb_endpoints": endpoints }],
        },
    })
}
