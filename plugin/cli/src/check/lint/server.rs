//! Servers that are known by a fact which a gateway can get wrong.
//!
//! It never reads a gateway's configuration.

use super::rule_set::members;
use crate::check::diagnostic::Diagnostic;
use mcp_policy::document::Value;

pub(super) fn all(root: Value<'_>) -> Option<Diagnostic> {
    let by_cluster = members(root, "servers").filter(|server| {
        let matched = server.value.get("match");
        matched.is_some_and(|matched| matched.get("cluster").is_some())
    });
    let places = by_cluster.map(|server| format!("{}/match/cluster", server.at));
    Diagnostic::once(places, |at| {
        let message = "Envoy names the cluster of its first choice: another server gets the request if a filter then changes a header by which routes choose";
        let help = "let routes choose by path and host, and by no header that a filter or this plugin changes (`authorization`, `accept-encoding`)";
        Diagnostic::note("server-by-cluster", at, message).help(help)
    })
}
