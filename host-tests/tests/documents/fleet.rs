//! Compares the configurations in `envoy/FLEET.md` with those that tests run, and plays `envoy/fleet/run.py`.

use crate::pages::{blocks, page};
use host_tests::front::{caller, owners, routes, sticky_sessions, tokens};
use host_tests::require::{ENVOY, RATE_LIMIT_PEER, REDIS, lacks};
use host_tests::yaml::{as_texts, read};
use host_tests::{ports, root};
use serde_json::{Value, json};
use std::fs;
use std::process::{Command, Stdio};

/// The folder of an operator's files; those of the tests are in the folder from where Envoy runs.
const FOLDER: &str = "/etc/envoy/";

fn shown() -> Vec<Value> {
    let text = page("envoy/FLEET.md").text.replace(FOLDER, "");
    let blocks = blocks(&text, "yaml");
    blocks.iter().map(|block| read(block)).collect()
}

#[test]
fn configurations_of_the_page_are_those_of_the_tests() {
    let addrs = ["10.0.0.11:10000", "10.0.0.12:10000"].map(|addr| addr.parse().expect("one"));
    let run = [
        read(&fs::read_to_string(root().join("envoy/fleet/counters.yaml")).expect("a cluster")),
        as_texts(json!([tokens(), caller()])),
        as_texts(routes()),
        as_texts(json!([owners(&addrs, "RING_HASH")])),
        as_texts(json!([sticky_sessions()])),
    ];
    let shown = shown();
    assert_eq!(shown.len(), run.len(), "the page has other blocks");
    for (shown, run) in shown.iter().zip(&run) {
        let pretty = |value| serde_json::to_string_pretty(value).expect("JSON");
        assert_eq!(shown, run, "{}\nis not\n{}", pretty(shown), pretty(run));
    }
}

/// Two gateways, a service and a Redis; each row of the program's table has its expected outcome.
#[test]
fn fleet_of_the_page_counts_together() {
    if lacks(&[ENVOY, REDIS, RATE_LIMIT_PEER]) {
        return;
    }
    let folder = std::env::temp_dir().join(format!("mcp-policy-fleet-{}", ports::free()));
    let python = std::env::var("MCP_PYTHON").expect("run this through `make test`");
    let mut run = Command::new(python);
    run.arg(root().join("envoy/fleet/run.py")).arg("--once");
    run.arg("--work").arg(&folder).stdin(Stdio::null());
    for two in ["--ports", "--admin-ports"] {
        run.arg(two)
            .arg(format!("{},{}", ports::free(), ports::free()));
    }
    for one in ["--server-port", "--engine-port", "--redis-port"] {
        run.arg(one).arg(ports::free().to_string());
    }
    let output = run.output().expect("the program runs");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("10 of them run"), "{text}");
    assert!(text.contains("All outcomes are as expected."), "{text}");
    assert!(!text.contains("next: "), "{text}");
    fs::remove_dir_all(&folder).expect("the folder can be removed");
}
