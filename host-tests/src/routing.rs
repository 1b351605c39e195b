//! Turns the choices of a test into the parts of Envoy's configuration that lead requests to servers: routes, virtual
//! hosts, and a filter that makes Envoy choose the route.
//!
//! It starts no server: routes name clusters, which [`Config::servers`] has.
//!
//! [`Config::servers`]: crate::bootstrap::Config::servers

use serde_json::{Value, json};

const LUA: &str = "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua";

/// A route of requests that match to a cluster, for answers of any length.
pub fn route(matched: Value, cluster: &str) -> Value {
    json!({ "match": matched, "route": { "cluster": cluster, "timeout": "0s" } })
}

/// A virtual host of these names.
pub fn host(domains: &[&str], routes: &[Value]) -> Value {
    json!({ "name": domains.join(","), "domains": domains, "routes": routes })
}

/// Fields of the connection manager with these virtual hosts.
pub fn hosts(hosts: &[Value]) -> Value {
    json!({ "route_config": { "virtual_hosts": hosts, "validate_clusters": false } })
}

/// Fields of the connection manager with these routes for every host.
pub fn routes(all: &[Value]) -> Value {
    hosts(&[host(&["*"], all)])
}

/// Fields of the connection manager by which one spelling of each path remains, as in `envoy/envoy.yaml`.
pub fn normalized(mut manager: Value) -> Value {
    manager["normalize_path"] = true.into();
    manager["merge_slashes"] = true.into();
    manager["path_with_escaped_slashes_action"] = "REJECT_REQUEST".into();
    manager
}

/// A Lua filter whose code runs for each request as `handle`. Where it writes headers, `clears` makes Envoy choose the
/// route again.
pub fn lua(code: &str, clears: bool) -> Value {
    let code = format!("function envoy_on_request(handle) {code} end");
    let mut filter = json!({ "name": "envoy.filters.http.lua", "typed_config": {
        "@type": LUA,
        "default_source_code": { "inline_string": code },
    } });
    if !clears {
        filter["typed_config"]["clear_route_cache"] = false.into();
    }
    filter
}

/// A filter that changes nothing, and for which Envoy chooses the route if an earlier filter cleared the choice.
pub fn chosen_route() -> Value {
    json!({ "name": "chosen_route", "typed_config": {
        "@type": LUA,
        "default_source_code": { "inline_string": "function envoy_on_request(handle) end" },
    } })
}
