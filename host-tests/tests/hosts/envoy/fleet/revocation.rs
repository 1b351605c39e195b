//! Tests grants that end while their callers call: revoked by a reload, and expired by the clock.

use super::super::gateway::eventually;
use super::setting::{caller, on_current, policy, server, verdict_of};
use host_tests::fleet::{Caller, Fleet, Setting};
use serde_json::Value;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

fn reloads(setting: &mut Setting) {
    setting.reloads = true;
}

fn with(grant: &str, key: &str, value: Value) -> String {
    let mut policy = policy();
    policy["grants"][grant][key] = value;
    policy.to_string()
}

/// Calls an unlimited tool on new connections until the end, and returns the verdicts.
fn call_until(ended: &AtomicBool, fleet: &Fleet, caller: &Caller, tool: &str) -> Vec<String> {
    let mut verdicts = Vec::new();
    while !ended.load(Ordering::Relaxed) {
        verdicts.push(verdict_of(fleet, caller, server("files-mcp"), tool));
        thread::sleep(Duration::from_millis(2));
    }
    verdicts
}

/// The verdicts without repetitions.
fn changes(mut verdicts: Vec<String>) -> Vec<String> {
    verdicts.dedup();
    verdicts
}

/// Every call for a while gets this verdict, on each worker.
fn always(fleet: &Fleet, caller: &Caller, tool: &str, expected: &str) {
    for _ in 0..32 {
        assert_eq!(
            verdict_of(fleet, caller, server("files-mcp"), tool),
            expected
        );
    }
}

#[test]
fn revoked_grant_ends_at_the_reload_while_its_callers_call() {
    on_current(&policy(), reloads, |fleet| {
        let [alice, agent, one] =
            ["acme-alice", "agent-one", "client-one"].map(|name| caller(fleet, name));
        let ended = AtomicBool::new(false);
        let (agents, ones) = thread::scope(|scope| {
            let alices = scope.spawn(|| call_until(&ended, fleet, &alice, "deploy"));
            let ones = scope.spawn(|| call_until(&ended, fleet, &one, "report"));
            thread::sleep(Duration::from_millis(200));
            fleet.reload(&with("engineering", "revoked", true.into()));
            eventually("the grant is revoked", || {
                verdict_of(fleet, &alice, server("files-mcp"), "deploy") == "200 identity"
            });
            fleet.arrived();
            always(fleet, &alice, "deploy", "200 identity");
            let late = fleet.arrived();
            ended.store(true, Ordering::Relaxed);
            assert!(late.keys().all(|(own, ..)| own == "client-one"), "{late:?}");
            assert!(!late.is_empty(), "others go on");
            (
                alices.join().expect("no panic"),
                ones.join().expect("no panic"),
            )
        });
        assert_eq!(agents.first().map(String::as_str), Some("forwarded"));
        assert_eq!(agents.last().map(String::as_str), Some("200 identity"));
        assert_eq!(changes(ones), ["forwarded"], "others do not notice");
        always(fleet, &agent, "search", "forwarded");
        fleet.reload(&policy().to_string());
        eventually("the grant is back", || {
            verdict_of(fleet, &alice, server("files-mcp"), "deploy") == "forwarded"
        });
    });
}

/// The time in so many seconds, by RFC 3339.
fn in_seconds(seconds: u32) -> String {
    let mut date = Command::new("date");
    let date = date.args(["-u", &format!("--date={seconds} seconds"), "+%FT%TZ"]);
    let text = date.output().expect("`date` runs").stdout;
    String::from_utf8(text).expect("text").trim().to_owned()
}

#[test]
fn grant_with_an_end_is_refused_from_then_on_without_a_reload() {
    on_current(&policy(), reloads, |fleet| {
        let [agent, one] = ["agent-one", "client-one"].map(|name| caller(fleet, name));
        fleet.reload(&with("agents", "expires", in_seconds(3).into()));
        always(fleet, &agent, "search", "forwarded");
        thread::sleep(Duration::from_millis(3100));
        fleet.arrived();
        always(fleet, &agent, "search", "200 identity");
        assert!(fleet.arrived().is_empty());
        always(fleet, &one, "report", "forwarded");
    });
}
