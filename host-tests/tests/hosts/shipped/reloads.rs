//! Applies a hundred policies to an Envoy with two workers under load, and reads from its log by which policy each call was
//! decided.
//!
//! It never expects a time: it prints the times that it measures.

use super::apply::apply_with;
use super::gateway::{Gateway, call_of, deliver};
use host_tests::observation::audit_of;
use host_tests::require::{ENVOY, lacks};
use host_tests::upstream::Upstream;
use host_tests::wire::Http1Request;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

const RELOADS: usize = 100;
/// More calls than this are made, and no more are admitted.
const MAX: usize = 300;
/// The calls that one policy decides in four ways.
const TOOLS: [&str; 4] = ["even", "odd", "counted", "stated"];

/// The policy of this number. It is refused by its number, so that a line that two policies wrote together shows.
fn policy(number: usize) -> String {
    let is_odd = number % 2 == 1;
    let denied = |is_denied: bool| match is_denied {
        true => format!(r#"{{ "action": "deny", "reason": "By policy {number}." }}"#),
        false => "{}".into(),
    };
    let (even, odd) = (denied(is_odd), denied(!is_odd));
    // printf %s person-token | sha256sum
    let person = "50ab6f55a8f63dd9ee461a43bdda4b15dbcf9f1d64d04504d1d7d6be8472e172";
    format!(
        r#"{{ "version": "1", "default": "deny", "description": "{number}", "host": {{ "hold_request_headers": true }},
        "tools": {{ "even": {even}, "odd": {odd}, "stated": {{ "frozen": "By policy {number}." }},
            "counted": {{ "limits": [ {{ "counter": "calls", "window": "month", "max": {MAX} }} ] }} }},
        "grants": {{
            "load": {{ "match": {{ "anonymous": true }}, "policy": "main" }},
            "person": {{ "match": {{ "bearer_sha256": "{person}" }}, "policy": "main", "revoked": {is_odd} }} }} }}"#
    )
}

/// Calls by a person whose grant is revoked by every odd policy, each on a connection of its own.
fn calls_of_person(gateway: &Gateway, number: usize) -> Vec<String> {
    let mut call = call_of(if number % 2 == 1 { "odd" } else { "even" });
    let token = ("authorization".into(), "Bearer person-token".into());
    call.headers.push(token);
    let calls = (0..6).map(|_| gateway.send(&call).expect("an answer"));
    calls.collect()
}

/// What happened while the policies changed.
#[derive(Default)]
struct Load {
    sent: AtomicUsize,
    /// Calls without an answer of the policy or the server.
    lost: AtomicUsize,
    forwarded: AtomicUsize,
    is_over: AtomicBool,
}

impl Load {
    fn send(&self, gateway: &Gateway) {
        for tool in TOOLS.iter().cycle() {
            if self.is_over.load(Ordering::SeqCst) {
                return;
            }
            let call: Http1Request = call_of(tool);
            let answer = gateway.send(&call).unwrap_or_default();
            self.sent.fetch_add(1, Ordering::SeqCst);
            match &*answer {
                "forwarded" => drop(self.forwarded.fetch_add(1, Ordering::SeqCst)),
                "denied" | "frozen" | "rate_limited" => {}
                _ => drop(self.lost.fetch_add(1, Ordering::SeqCst)),
            }
        }
    }
}

/// Applies the policies one after another. Each is in force with the next call.
fn reload(gateway: &Gateway) -> Vec<u64> {
    let reload = |number: usize| {
        let (code, told) = apply_with(&policy(number), gateway, &["--json"]);
        assert_eq!(code, Some(0), "{number}: {told}");
        let expected = if number % 2 == 1 {
            "identity"
        } else {
            "forwarded"
        };
        assert_eq!(calls_of_person(gateway, number), [expected; 6], "{number}");
        let told: Value = serde_json::from_str(&told).expect("JSON");
        told["envoys"][0]["after_ms"].as_u64().expect("a time")
    };
    (1..=RELOADS).map(reload).collect()
}

/// The decisions of the log by the policy that they name.
fn decisions(log: &str) -> BTreeMap<String, BTreeSet<String>> {
    let lines = log.lines().filter_map(audit_of);
    let lines = lines.map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let mut decisions = BTreeMap::<_, BTreeSet<_>>::new();
    for line in lines.filter(|line| line["grant"] == "load") {
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let decided = ["tool", "decision", "message"].map(text).join(" ");
        let of_policy = decisions.entry(text("policy")).or_default();
        // The gateway's start asks for another tool, and the answers about counted calls change with the counts.
        if ["even", "odd", "stated"].contains(&&*text("tool")) {
            of_policy.insert(decided);
        }
    }
    decisions
}

/// The decisions that one policy makes.
fn expected(number: usize) -> BTreeSet<String> {
    let denied = format!("deny By policy {number}.");
    let (even, odd) = match number % 2 {
        1 => (&*denied, "allow "),
        _ => ("allow ", &*denied),
    };
    let decided = [("even", even), ("odd", odd), ("stated", &denied)];
    decided
        .map(|(tool, decided)| format!("{tool} {decided}"))
        .into()
}

#[test]
fn hundred_reloads_under_load_mix_no_policies_and_lose_no_call() {
    if lacks(&[ENVOY]) {
        return;
    }
    let upstream = Upstream::start().expect("the upstream starts");
    let gateway = Gateway::start("envoy-ecds.yaml", &upstream, |folder| {
        deliver(&policy(0), folder)
    });
    let load = Load::default();
    let mut times = thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| load.send(&gateway));
        }
        let times = reload(&gateway);
        load.is_over.store(true, Ordering::SeqCst);
        times
    });
    let [sent, lost, forwarded] =
        [&load.sent, &load.lost, &load.forwarded].map(|count| count.load(Ordering::SeqCst));
    assert_eq!(lost, 0, "of {sent} calls");
    let decisions = decisions(&gateway.log());
    let possible: Vec<_> = (0..=RELOADS).map(expected).collect();
    for (policy, decided) in &decisions {
        let one = possible.iter().any(|one| decided.is_subset(one));
        assert!(one, "{policy} decided as several policies do: {decided:?}");
    }
    let of_counted = upstream.take().into_iter();
    let of_counted =
        of_counted.filter(|request| request.body.windows(7).any(|part| part == b"counted"));
    assert_eq!(of_counted.count(), MAX, "admitted in all, of {sent} calls");
    times.sort_unstable();
    let (median, longest) = (times[RELOADS / 2], times[RELOADS - 1]);
    println!(
        "{RELOADS} reloads, {sent} calls of which {forwarded} were forwarded, by {} policies: in force {median} ms after the file was written (median), {longest} ms at most",
        decisions.len()
    );
}
