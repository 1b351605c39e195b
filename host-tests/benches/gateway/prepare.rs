//! Plays each kind of call once on each of its chains, and checks that the rules of its policy take effect.
//!
//! It never measures. The measured calls pass; those that are refused here are the control.

use crate::chains::{Chain, Setting};
use crate::comparisons::Comparison;
use crate::gateway::Gateway;
use crate::rounds::Prepared;
use crate::server::{LEAK, SECRET, SLOW, WHILE};
use host_tests::samples::policies::conditioned_arguments;
use host_tests::samples::{LIMITED, Workload, call_with_arguments};
use host_tests::wire::Response;
use serde_json::{Value, json};
use std::thread;

/// Prepares a kind of call, and starts the gateways that are not running yet.
pub(crate) fn prepare<'c>(
    comparison: &'c Comparison,
    setting: &Setting,
    gateways: &mut Vec<Gateway>,
) -> Prepared<'c> {
    let mut first = |chain: &Chain| {
        let position = position(*chain, comparison, setting, gateways);
        let gateway = &gateways[position];
        let status = answered(gateway, comparison);
        if *chain == Chain::Plugin {
            rules(gateway, &comparison.workload);
        }
        (position, status)
    };
    let chains = comparison.chains.iter().map(&mut first).collect();
    eprintln!("{}: ready", comparison.workload.name);
    Prepared { comparison, chains }
}

fn position(
    chain: Chain,
    comparison: &Comparison,
    setting: &Setting,
    gateways: &mut Vec<Gateway>,
) -> usize {
    let policy = &comparison.workload.policy;
    let configuration = chain.configuration(policy);
    let same = |own: &Gateway| own.chain == chain && own.configuration == configuration;
    gateways.iter().position(same).unwrap_or_else(|| {
        gateways.push(Gateway::start(setting, chain, policy));
        gateways.len() - 1
    })
}

/// Plays the call and returns the status of the answer. A forwarded call must get the server's answer, or a shorter
/// list.
fn answered(gateway: &Gateway, comparison: &Comparison) -> u16 {
    let Comparison { workload, path, .. } = comparison;
    let play = || gateway.client.once(path, &workload.request);
    let Some(answer) = &workload.answer else {
        // Envoy's filters cannot limit a tool to no calls: the first call may pass.
        play();
        return play().status;
    };
    let Response { status, body, .. } = play();
    let whole = body == answer.body;
    assert!(
        whole || shortened(workload, &body),
        "{} of {}: {status} {}\n{}",
        workload.name,
        gateway.chain.name(),
        String::from_utf8_lossy(&body),
        gateway.envoy.log()
    );
    status
}

/// Whether the list in the body has lost exactly the tools that the policy does not list.
fn shortened(workload: &Workload, body: &[u8]) -> bool {
    let last = |number| {
        workload.policy["tools"]
            .get(format!("tool_{number}"))
            .is_some()
    };
    let tools: Value = serde_json::from_slice(body).unwrap_or_default();
    let tools = tools["result"]["tools"].as_array();
    tools.is_some_and(|tools| !tools.is_empty() && last(tools.len() - 1) && !last(tools.len()))
}

fn rules(gateway: &Gateway, workload: &Workload) {
    let rule = |place| workload.policy.pointer(place).is_some();
    if rule("/tools/run/deny_if") {
        conditions(gateway);
    }
    if rule("/all_tools/result/redact") {
        let answer = gateway.client.once(LEAK, &workload.request);
        assert!(!contains(&answer, SECRET), "a secret reaches the client");
    }
    let mut tools = workload.policy["tools"].as_object().into_iter().flatten();
    if tools.any(|(_, tool)| tool.get("result").is_some()) {
        ids(gateway, &workload.request);
    }
}

fn conditions(gateway: &Gateway) {
    let mut arguments = conditioned_arguments();
    arguments["amount"] = json!(666);
    let call = call_with_arguments(LIMITED, &arguments);
    let answer = gateway.client.once(LEAK, &call);
    assert!(contains(&answer, "POLICY DENIED"), "a condition is ignored");
}

/// Two calls with one id in a session: the second must be refused while the first is under way.
fn ids(gateway: &Gateway, request: &[u8]) {
    let client = &gateway.client;
    let play = || client.once(SLOW, request);
    thread::scope(|scope| {
        let first = scope.spawn(play);
        thread::sleep(WHILE / 2);
        let second = play();
        let first = first.join().expect("it is played");
        assert!(!contains(&first, "-32600"), "the first call is refused");
        assert!(contains(&second, "-32600"), "an id is not remembered");
    });
}

fn contains(answer: &Response, text: &str) -> bool {
    String::from_utf8_lossy(&answer.body).contains(text)
}
