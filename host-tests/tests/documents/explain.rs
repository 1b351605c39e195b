//! What the engine tells people who ask why. That it tells what was decided is checked with every case.

use host_tests::native::Memory;
use mcp_policy::{Event, Exchange, Facts, Headers, Millis, Policy, Store};
use serde_json::{Value, json};
use std::sync::Arc;

const POLICY: &str = r#"{
    "version": "1",
    "default": "deny",
    "tools": {
        "pay": {
            "require": [ { "conditions": [ { "path": "args.to", "op": "regex", "value": "^[a-z]+$" } ] } ],
            "deny_if": [
                { "conditions": [
                    { "path": "args.amount", "op": "gt", "value": 100 },
                    { "path": "args.items[*].name", "op": "eq", "value": "gold" },
                    { "path": "header.x-team", "op": "exists", "value": true } ] } ],
            "limits": [
                { "counter": "paid", "window": "day", "max": 500, "cost": "args.amount" },
                { "counter": "calls", "window": "day", "max": 1 } ] },
        "tried": { "action": "deny", "mode": "shadow" },
        "read": {} },
    "sequence": [ { "after": ["read"], "deny": ["pay"], "for": "1m" } ],
    "all_tools": { "deny_if": [ { "conditions": [ { "path": "args[\"odd key\"]", "op": "lt", "value": 3 } ] } ] } }"#;

struct Gateway {
    policy: Arc<Policy>,
    store: Store,
    memory: Memory,
}

impl Gateway {
    fn new() -> Self {
        let policy = Arc::new(Policy::parse(POLICY.as_bytes()).expect("a policy"));
        let mut memory = Memory::default();
        let store = Store::prepare(&mut memory, "test", &policy, [1; 16]).expect("memory");
        Self {
            policy,
            store,
            memory,
        }
    }

    /// What is told of a call.
    fn explain(&mut self, tool: &str, arguments: &Value, now: u64) -> Value {
        let now = Millis(now);
        let headers = [(":method", "POST"), ("content-type", "application/json")];
        let headers = Headers::from_iter(headers);
        let facts = Facts {
            explain: true,
            ..Facts::default()
        };
        let (mut exchange, _) = Exchange::new(self.policy.clone(), &headers, false, facts, now);
        let params = json!({ "name": tool, "arguments": arguments });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let bytes = body.to_string().into_bytes();
        let step = exchange.feed(Event::Body { bytes, end: true }, now);
        let step = exchange.settle(step, &self.store, &mut self.memory, now);
        let audit = step.audit.expect("a decision");
        serde_json::to_value(audit.findings().expect("an explanation")).expect("JSON")
    }
}

#[test]
fn every_rule_up_to_the_one_that_refuses() {
    let mut gateway = Gateway::new();
    let cheap = json!({ "to": "bob", "amount": 7, "items": [ { "name": "tin" } ] });
    let require = json!({ "rule": "/tools/pay/require/0", "said": "passes", "conditions": [
        { "path": "args.to", "op": "regex", "value": "\"bob\"", "truth": "true" } ] });
    let deny_if = json!({ "rule": "/tools/pay/deny_if/0", "said": "passes", "conditions": [
        { "path": "args.amount", "op": "gt", "value": "7", "truth": "false" },
        { "path": "args.items[*].name", "op": "eq", "value": "[{\"name\":\"tin\"}]", "truth": "false" },
        { "path": "header.x-team", "op": "exists", "truth": "false" } ] });
    let all_tools = json!({ "rule": "/all_tools/deny_if/0", "said": "passes", "conditions": [
        { "path": "args[\"odd key\"]", "op": "lt", "truth": "false" } ] });
    let entry = json!({ "rule": "/tools/pay", "said": "passes" });
    let sequence = json!({ "rule": "/sequence/0", "said": "passes" });
    assert_eq!(
        gateway.explain("pay", &cheap, 0),
        json!([
            entry, sequence, require, deny_if, all_tools,
            { "rule": "/tools/pay/limits/0", "said": "passes", "found": "7 of 500 used" },
            { "rule": "/tools/pay/limits/1", "said": "passes", "found": "1 of 1 used" },
        ])
    );
    assert_eq!(
        gateway.explain("pay", &cheap, 0),
        json!([
            entry, sequence, require, deny_if, all_tools,
            { "rule": "/tools/pay/limits/0", "said": "passes" },
            { "rule": "/tools/pay/limits/1", "said": "refuses", "found": "1 of 1 used" },
        ])
    );
    let vague = json!({ "to": "bob", "amount": "7", "odd key": "2" });
    assert_eq!(
        gateway.explain("pay", &vague, 0),
        json!([entry, sequence, require, { "rule": "/tools/pay/deny_if/0", "said": "passes", "conditions": [
            { "path": "args.amount", "op": "gt", "value": "\"7\"", "truth": "unknown" },
            { "path": "args.items[*].name", "op": "eq", "truth": "false" },
            { "path": "header.x-team", "op": "exists", "truth": "false" } ] },
            { "rule": "/all_tools/deny_if/0", "said": "refuses", "conditions": [
            { "path": "args[\"odd key\"]", "op": "lt", "value": "\"2\"", "truth": "unknown" } ] },
        ])
    );
    gateway.explain("read", &json!({}), 0);
    assert_eq!(
        gateway.explain("pay", &cheap, 0),
        json!([entry, { "rule": "/sequence/0", "said": "refuses" }]),
        "what comes behind is not looked at"
    );
}

#[test]
fn what_no_entry_names_and_what_is_only_tried() {
    let mut gateway = Gateway::new();
    let nothing = json!({});
    assert_eq!(
        gateway.explain("other", &nothing, 0),
        json!([{ "rule": "/default", "said": "refuses" }])
    );
    assert_eq!(
        gateway.explain("tried", &nothing, 0),
        json!([
            { "rule": "/tools/tried", "said": "passes" },
            { "rule": "/tools/tried/action", "said": "would_refuse" },
            { "rule": "/all_tools/deny_if/0", "said": "passes", "conditions": [
                { "path": "args[\"odd key\"]", "op": "lt", "truth": "false" } ] },
        ])
    );
}
