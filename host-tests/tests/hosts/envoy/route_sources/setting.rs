//! Turns routes into an Envoy with a plugin that only reads, in front of three servers, and requests into the server that
//! got them with what the plugin read.
//!
//! It never expects an outcome.

use super::super::probe::{Gateway, LIMIT, Probe, Property, Seen, properties};
use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::upstream::Upstream;
use host_tests::wire::{Http1Request, Response, http1};
use serde_json::Value;
use std::path::PathBuf;

/// The cluster that the route chose.
pub(super) const CLUSTER: &str = "xds|cluster_name";
pub(super) const PATH: &str = "request|headers|:path";
pub(super) const AUTHORITY: &str = "request|headers|:authority";
/// All that can tell servers apart.
pub(super) const SOURCES: [&str; 3] = [CLUSTER, PATH, AUTHORITY];
/// The names of the servers and of their clusters.
pub(super) const SERVERS: [&str; 3] = ["python-mcp", "files-mcp", "git-mcp"];

/// An Envoy without listeners, with the three servers.
pub(super) fn servers(binary: Option<PathBuf>) -> Probe {
    SERVERS.into_iter().fold(Probe::new(binary), Probe::server)
}

/// An Envoy with this listener in front of the three servers.
pub(super) fn before_servers(
    listener: Listener,
    binary: Option<PathBuf>,
    upstreams: &[Upstream; SERVERS.len()],
) -> Envoy {
    let mut config = Config::new(vec![listener]);
    config.binary = binary;
    for (name, upstream) in SERVERS.into_iter().zip(upstreams) {
        config.servers.insert(name.to_owned(), upstream.addr());
    }
    Envoy::start(&config).expect("Envoy starts")
}

/// A listener with these fields of the connection manager, and filters behind the plugin.
pub(super) fn listener(probe: Probe, name: &str, manager: Value, after: Vec<Value>) -> Probe {
    probe.listener_with(name, &SOURCES, |listener: &mut Listener| {
        listener.connection_manager = manager;
        listener.after = after;
    })
}

/// The answer to a request with exactly this target.
pub(super) fn answer(
    gateway: &Gateway,
    listener: &str,
    target: &str,
    headers: &[(&str, &str)],
) -> Response {
    let headers = headers.iter();
    let request = Http1Request {
        method: "GET".to_owned(),
        path: target.to_owned(),
        headers: headers
            .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()))
            .collect(),
        ..Http1Request::default()
    };
    http1(gateway.addr(listener), &request, LIMIT).expect("an answer")
}

/// The server that got such a request with what the plugin read, or the status of Envoy's own answer.
pub(super) fn sent(
    gateway: &Gateway,
    listener: &str,
    target: &str,
    headers: &[(&str, &str)],
) -> Result<Seen, u16> {
    gateway.seen(&answer(gateway, listener, target, headers))
}

/// The status of Envoy's own answer, and the cluster that the plugin read before it.
pub(super) fn unsent(
    gateway: &Gateway,
    target: &str,
    headers: &[(&str, &str)],
) -> (u16, Option<Property>) {
    let answer = answer(gateway, "mcp", target, headers);
    let read = properties(&answer).into_iter();
    let cluster = read.filter(|(path, _)| path == CLUSTER);
    let status = gateway.seen(&answer).expect_err("no server gets it");
    (status, cluster.map(|(_, read)| read).next())
}

/// A property as a text; `-` where it is absent.
pub(super) fn text(property: &Property) -> String {
    match property {
        Property::Found(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Property::Absent => "-".to_owned(),
        Property::Unreadable => panic!("not readable"),
    }
}
