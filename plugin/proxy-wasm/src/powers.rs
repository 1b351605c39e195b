//! Turns the wishes of a policy that this host cannot keep into lines for the operator.
//!
//! It makes only calls that change nothing. It cannot try an HTTP call: nginx ends a plugin that makes one while it is
//! configured.

use crate::host;
use crate::metrics;
use mcp_policy::host::Policy;

/// A line for each wish that needs a function which the host lacks.
pub(crate) fn lacking(policy: &Policy) -> Vec<String> {
    let host = &policy.host;
    let timed = [
        (host.hold_request_headers, "/host/hold_request_headers"),
        (host.audit_collector.is_some(), "/host/audit_collector"),
        (policy.notified().is_some(), "/approvals/notify"),
    ];
    let timed = timed
        .into_iter()
        .filter_map(|(wanted, at)| wanted.then_some(at));
    let mut lines: Vec<_> = timed
        .map(|at| format!("{at}: this host has no timer, which this needs; leave it out"))
        .collect();
    if !lines.is_empty() && host::set_tick_period(0).is_ok() {
        lines.clear();
    }
    if host.metrics && !metrics::exist() {
        lines.push("/host/metrics: this host has no metrics; leave it out, or write false".into());
    }
    lines
}
