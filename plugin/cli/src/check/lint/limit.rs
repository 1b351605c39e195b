//! Limits that hold less than they seem to.

use super::{Finding, entries, text, texts};
use mcp_policy::{Policy, Value, Window};

pub(super) fn all(policy: &Policy, root: Value<'_>) -> Vec<Finding> {
    let resets = policy
        .limits_seen()
        .into_iter()
        .filter(|limit| is_long(limit.window));
    let resets = Finding::once(resets.map(|limit| limit.pointer), |at| {
        let message = "counts live in the gateway's process: a restart begins them at 0, and two gateways count apart";
        Finding::note("counts-restart", at, message)
    });
    sessions(root).into_iter().chain(resets).collect()
}

fn is_long(window: Window) -> bool {
    const HOUR: u64 = 3600;
    match window {
        Window::Seconds(seconds) | Window::Sliding(seconds) => seconds >= HOUR,
        Window::Week | Window::Month => true,
        Window::Lasting(_) => false,
    }
}

/// Whoever may open a session may open another.
fn sessions(root: Value<'_>) -> Vec<Finding> {
    let bounded_by_all = root.get("all_tools").is_some_and(has_bound);
    let mut findings = Vec::new();
    let all = root
        .get("all_tools")
        .map(|value| ("/all_tools".to_owned(), value));
    let rules = entries(root).map(|entry| (entry.at, entry.value));
    for (at, value) in all.into_iter().chain(rules) {
        if bounded_by_all && (at.starts_with("/tools/") || at == "/all_tools") || has_bound(value) {
            continue;
        }
        findings.extend(open_limits(&at, value).into_iter().map(|at| {
            let message = "this counts for each session, and a client opens as many sessions as it likes";
            let help = "put a limit beside it that counts for the grant: { \"counter\": \"…\", \"window\": …, \"max\": …, \"scope\": \"grant\" }";
            Finding::warning("session-scope", at, message).help(help)
        }));
    }
    findings
}

/// One of the limits counts sessions together.
fn has_bound(rules: Value<'_>) -> bool {
    let mut limits = rules.get("limits").into_iter().flat_map(Value::elements);
    let rate = rules
        .get("rate_limit")
        .filter(|rate| rate.get("scope").is_some());
    limits.any(|limit| !counts_sessions(limit)) || rate.is_some_and(|rate| !counts_sessions(rate))
}

fn counts_sessions(limit: Value<'_>) -> bool {
    texts(limit.get("scope"))
        .iter()
        .any(|scope| scope == "session")
}

/// The limits that count each session apart.
fn open_limits(at: &str, rules: Value<'_>) -> Vec<String> {
    let limits = rules
        .get("limits")
        .into_iter()
        .flat_map(Value::elements)
        .enumerate();
    let limits = limits.filter(|(_, limit)| counts_sessions(*limit));
    let limits = limits.map(|(index, _)| format!("{at}/limits/{index}"));
    let rate = rules.get("rate_limit");
    let rate = rate.filter(|rate| {
        counts_sessions(*rate) || text(*rate, "scope").is_empty() && rate.get("scope").is_none()
    });
    limits
        .chain(rate.map(|_| format!("{at}/rate_limit")))
        .collect()
}
