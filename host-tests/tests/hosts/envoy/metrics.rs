//! Tests that Envoy's metrics count the decisions, with the labels that `envoy/envoy.yaml` configures.

use super::gateway::raw;
use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::require::{ENVOY, lacks};
use host_tests::upstream::Upstream;
use host_tests::wire::Connection;
use host_tests::{root, wasm_path};
use serde_json::{Value, json};
use std::fs;
use std::thread::sleep;
use std::time::Duration;

const POLICY: &str = r#"{ "version": "1", "default": "deny",
    "tools": {
        "run": { "limits": [{ "counter": "runs", "window": "month", "max": 5 }] },
        "git.*": {},
        "try": { "mode": "shadow", "action": "deny" },
        "guess": { "require": [{ "conditions": [{ "path": "args.a", "op": "lt", "value": 1, "if_present": true }] }] }
    },
    "host": { "metrics": true } }"#;

/// The labels in `envoy/envoy.yaml`.
pub(super) fn shipped_tags() -> Vec<(String, String)> {
    let yaml = fs::read_to_string(root().join("envoy/envoy.yaml")).expect("the file is there");
    let tag = |line: &str| {
        let (name, regex) = line.split_once("tag_name: ")?.1.split_once(", regex: '")?;
        Some((name.to_owned(), regex.split_once('\'')?.0.to_owned()))
    };
    yaml.lines().filter_map(tag).collect()
}

fn started(policy: &str, upstream: &Upstream) -> Envoy {
    let listener = Listener::new("mcp", policy, upstream.addr(), &wasm_path());
    let mut config = Config::new(vec![listener]);
    config.concurrency = 2;
    config.stats_tags = shipped_tags();
    Envoy::start(&config).expect("Envoy starts")
}

/// Plays one call of each of these tools, on one connection.
fn call(envoy: &Envoy, tools: &[&str]) {
    let mut connection = Connection::open(envoy.addr("mcp")).expect("a connection");
    for tool in tools {
        connection.send(&raw(tool)).expect("an answer");
    }
}

/// The value of a series, which workers may report a moment later; `None` where it stays absent.
fn value(envoy: &Envoy, series: &str, expected: u64) -> Option<u64> {
    let read = || {
        let text = envoy.prometheus();
        let line = text.lines().find_map(|line| line.strip_prefix(series));
        line.and_then(|value| value.trim().parse().ok())
    };
    for _ in 0..100 {
        if read() == Some(expected) {
            break;
        }
        sleep(Duration::from_millis(50));
    }
    read()
}

fn decisions(tool: &str, decision: &str, reason: &str) -> String {
    format!(
        r#"mcp_policy_decisions_total{{mcp_server="none",mcp_caller="anonymous",mcp_tool="{tool}",mcp_decision="{decision}",mcp_reason="{reason}"}}"#
    )
}

#[test]
fn decisions_are_counted_by_tool_outcome_and_reason() {
    if lacks(&[ENVOY]) {
        return;
    }
    let upstream = Upstream::start().expect("the upstream starts");
    let envoy = started(POLICY, &upstream);
    call(&envoy, &["run"; 6]);
    call(
        &envoy,
        &["git.push", "git.pull", "drop_1", "drop_2", "drop_3", "try"],
    );
    for (tool, decision, reason, count) in [
        ("run", "allow", "none", 5),
        ("run", "deny", "rate_limited", 1),
        ("git_*", "allow", "none", 2),
        ("other", "deny", "not_allowed", 3),
        ("try", "shadow", "none", 1),
    ] {
        let series = decisions(tool, decision, reason);
        assert_eq!(
            value(&envoy, &series, count),
            Some(count),
            "{series}\n{}",
            envoy.prometheus()
        );
    }
    let near =
        r#"mcp_policy_near_limits_total{mcp_server="none",mcp_caller="anonymous",mcp_tool="run"}"#;
    assert_eq!(
        value(&envoy, near, 2),
        Some(2),
        "the fourth and the fifth of five"
    );
    let accepted = r#"mcp_policy_reloads_total{mcp_result="accepted"}"#;
    assert!(value(&envoy, accepted, 3).is_some());
    let text = envoy.prometheus();
    assert!(!text.contains("drop_1"), "no client chooses a label");
}

#[test]
fn policy_without_the_option_counts_no_decision() {
    if lacks(&[ENVOY]) {
        return;
    }
    let upstream = Upstream::start().expect("the upstream starts");
    let policy = POLICY.replace(r#""metrics": true"#, r#""metrics": false"#);
    let envoy = started(&policy, &upstream);
    call(&envoy, &["run", "drop_1"]);
    sleep(Duration::from_millis(300));
    assert!(!envoy.prometheus().contains("mcp_policy_decisions"));
}

/// The logger in `envoy/METRICS.md`.
fn refusals_logger() -> Value {
    json!({
        "name": "envoy.access_loggers.stats",
        "filter": { "extension_filter": {
            "name": "envoy.access_loggers.extension_filters.cel",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter",
                "expression": r#"response.code_details.startsWith("mcp_policy_")"#,
            },
        } },
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.stats.v3.Config",
            "stats_scope": { "prefix": "mcp" },
            "counters": [{
                "stat": {
                    "name": "refusals_total",
                    "tags": [{ "name": "reason", "value_format": "%RESPONSE_CODE_DETAILS%" }],
                },
                "value_fixed": 1,
            }],
        },
    })
}

#[test]
fn access_log_counts_refusals_by_reason_without_the_option() {
    if lacks(&[ENVOY]) {
        return;
    }
    let upstream = Upstream::start().expect("the upstream starts");
    let policy = POLICY.replace(r#""metrics": true"#, r#""metrics": false"#);
    let mut listener = Listener::new("mcp", &policy, upstream.addr(), &wasm_path());
    listener.access_logs = vec![refusals_logger()];
    let envoy = Envoy::start(&Config::new(vec![listener])).expect("Envoy starts");
    call(&envoy, &["run"; 7]);
    call(&envoy, &["drop_1"]);
    for (reason, count) in [("rate_limited", 2), ("not_allowed", 1)] {
        let series = format!(r#"envoy_mcp_refusals_total{{reason="mcp_policy_{reason}"}}"#);
        let counted = value(&envoy, &series, count);
        assert_eq!(counted, Some(count), "{}", envoy.prometheus());
    }
    let series = envoy.prometheus();
    assert_eq!(series.matches("envoy_mcp_refusals_total{").count(), 2);
}
