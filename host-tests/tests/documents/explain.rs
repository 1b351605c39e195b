//! Tests the engine's explanations of decisions. Every case checks that they agree with the decision.

use host_tests::gateway::Gateway;
use mcp_policy::host::Millis;
use serde_json::{Value, json};

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

/// Calls under one policy, and their traces.
struct Traced(Gateway);

impl Traced {
    fn new() -> Self {
        Self(Gateway::new(POLICY.as_bytes()).expect("a policy"))
    }

    /// The trace of a call.
    fn call(&mut self, tool: &str, arguments: &Value, now: u64) -> Value {
        let params = json!({ "name": tool, "arguments": arguments });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let context = self.0.context(None, true);
        let bytes = body.to_string().into_bytes();
        let (_, step) = self.0.post(&[], bytes, context, Millis(now));
        let audit = step.audit.expect("a decision");
        serde_json::to_value(audit.trace().expect("a trace")).expect("JSON")
    }
}

#[test]
fn trace_lists_every_rule_up_to_the_one_that_refuses() {
    let mut gateway = Traced::new();
    let cheap = json!({ "to": "bob", "amount": 7, "items": [ { "name": "tin" } ] });
    let require = json!({ "rule": "/tools/pay/require/0", "outcome": "allow", "conditions": [
        { "path": "args.to", "op": "regex", "value": "\"bob\"", "truth": "true" } ] });
    let deny_if = json!({ "rule": "/tools/pay/deny_if/0", "outcome": "allow", "conditions": [
        { "path": "args.amount", "op": "gt", "value": "7", "truth": "false" },
        { "path": "args.items[*].name", "op": "eq", "value": "[{\"name\":\"tin\"}]", "truth": "false" },
        { "path": "header.x-team", "op": "exists", "truth": "false" } ] });
    let all_tools = json!({ "rule": "/all_tools/deny_if/0", "outcome": "allow", "conditions": [
        { "path": "args[\"odd key\"]", "op": "lt", "truth": "false" } ] });
    let entry = json!({ "rule": "/tools/pay", "outcome": "allow" });
    let sequence = json!({ "rule": "/sequence/0", "outcome": "allow" });
    assert_eq!(
        gateway.call("pay", &cheap, 0),
        json!([
            entry, sequence, require, deny_if, all_tools,
            { "rule": "/tools/pay/limits/0", "outcome": "allow", "detail": "7 of 500 used" },
            { "rule": "/tools/pay/limits/1", "outcome": "allow", "detail": "1 of 1 used" },
        ])
    );
    assert_eq!(
        gateway.call("pay", &cheap, 0),
        json!([
            entry, sequence, require, deny_if, all_tools,
            { "rule": "/tools/pay/limits/0", "outcome": "allow" },
            { "rule": "/tools/pay/limits/1", "outcome": "deny", "detail": "1 of 1 used" },
        ])
    );
    let vague = json!({ "to": "bob", "amount": "7", "odd key": "2" });
    assert_eq!(
        gateway.call("pay", &vague, 0),
        json!([entry, sequence, require, { "rule": "/tools/pay/deny_if/0", "outcome": "allow", "conditions": [
            { "path": "args.amount", "op": "gt", "value": "\"7\"", "truth": "unknown" },
            { "path": "args.items[*].name", "op": "eq", "truth": "false" },
            { "path": "header.x-team", "op": "exists", "truth": "false" } ] },
            { "rule": "/all_tools/deny_if/0", "outcome": "deny", "conditions": [
            { "path": "args[\"odd key\"]", "op": "lt", "value": "\"2\"", "truth": "unknown" } ] },
        ])
    );
    gateway.call("read", &json!({}), 0);
    assert_eq!(
        gateway.call("pay", &cheap, 0),
        json!([entry, { "rule": "/sequence/0", "outcome": "deny" }]),
        "what comes behind is not looked at"
    );
}

#[test]
fn unlisted_tools_and_shadow_rules_are_explained() {
    let mut gateway = Traced::new();
    let nothing = json!({});
    assert_eq!(
        gateway.call("other", &nothing, 0),
        json!([{ "rule": "/default", "outcome": "deny" }])
    );
    assert_eq!(
        gateway.call("tried", &nothing, 0),
        json!([
            { "rule": "/tools/tried", "outcome": "allow" },
            { "rule": "/tools/tried/action", "outcome": "would_deny" },
            { "rule": "/all_tools/deny_if/0", "outcome": "allow", "conditions": [
                { "path": "args[\"odd key\"]", "op": "lt", "truth": "false" } ] },
        ])
    );
}
