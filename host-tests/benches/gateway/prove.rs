//! Checks that each chain counts, refuses and logs as the report says, before anything is measured.
//!
//! It measures nothing. It starts its own gateways, with a low limit.

use crate::chains::{Chain, Setting};
use crate::gateway::Gateway;
use crate::native;
use host_tests::on_envoy::wait_for_room_in_the_minute;
use host_tests::samples::workloads::BODY;
use host_tests::samples::{LIMITED, UNLISTED, call, policy};
use serde_json::Value;
use std::thread;
use std::time::Duration;

/// The limit of the tool.
const FEW: u64 = 3;
/// The workload: calls up to the limit, one more, and one of an unlisted tool. The last two are refused.
const CALLS: [(&str, bool); 5] = [
    (LIMITED, false),
    (LIMITED, false),
    (LIMITED, false),
    (LIMITED, true),
    (UNLISTED, true),
];
/// The path of the first kind of call.
const PATH: &str = "/mcp/0";
/// How long to wait for the log, which Envoy writes every ten seconds.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(100);

const PROVED: [Chain; 8] = [
    Chain::Bare,
    Chain::Native,
    Chain::Logged,
    Chain::Authorizer,
    Chain::Empty,
    Chain::HostCalls,
    Chain::Plugin,
    Chain::Old,
];

/// # Panics
/// When a chain lets a call through that it should refuse, or the other way round, or lacks a line of a call.
pub(crate) fn prove(setting: &Setting) {
    let chains = PROVED.into_iter().filter(|chain| chain.is_measured());
    let gateways: Vec<_> = chains.map(|chain| counts(setting, chain)).collect();
    for gateway in gateways {
        logs(&gateway);
        eprintln!("{}: does what it is measured for", gateway.chain.name());
    }
}

fn counts(setting: &Setting, chain: Chain) -> Gateway {
    let gateway = Gateway::start(setting, chain, &policy(1, FEW));
    wait_for_room_in_the_minute();
    for (number, (tool, refused)) in CALLS.into_iter().enumerate() {
        let before = setting.upstream.count();
        gateway.client.once(PATH, &call(tool, BODY));
        assert_eq!(
            setting.upstream.count() == before,
            refused && chain.enforces(),
            "{}: call {number} is refused\n{}",
            chain.name(),
            gateway.envoy.log()
        );
    }
    gateway
}

fn logs(gateway: &Gateway) {
    match gateway.chain {
        Chain::Plugin | Chain::Old => {
            has_lines(|| gateway.envoy.log(), |line| line["decision"] == "deny");
        }
        Chain::Logged => {
            has_lines(
                || gateway.envoy.written(native::LOG),
                |line| line["status"] != 200,
            );
        }
        _ => {}
    }
}

#[track_caller]
fn has_lines(log: impl Fn() -> String, refused: impl Fn(&Value) -> bool) {
    let expected = CALLS.map(|(tool, refused)| (tool.into(), refused));
    let seen = || -> Vec<(String, bool)> {
        let tool = |line: &Value| line["tool"].as_str().unwrap_or_default().into();
        let seen = |line: Value| (tool(&line), refused(&line));
        calls(&log()).into_iter().map(seen).collect()
    };
    let mut waited = Duration::ZERO;
    while seen().len() < expected.len() && waited < PATIENCE {
        thread::sleep(PAUSE);
        waited += PAUSE;
    }
    assert_eq!(seen(), expected, "{}", log());
}

/// The lines of calls, without Envoy's prefix.
fn calls(log: &str) -> Vec<Value> {
    let lines = log.lines().filter_map(|line| line.get(line.find('{')?..));
    let lines = lines.filter_map(|line| serde_json::from_str(line).ok());
    lines
        .filter(|line: &Value| line["method"] == "tools/call")
        .collect()
}
