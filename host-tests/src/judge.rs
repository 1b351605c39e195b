//! One condition of a policy, asked for its three values from outside: what `require` lets through is true, what
//! `deny_if` lets through is false, and unknown is what neither does.
//!
//! It never looks into the engine: each value is the argument of a whole call.

use crate::native::Memory;
use mcp_policy::{Event, Exchange, Facts, Headers, Millis, Next, Policy, PolicyError, Store};
use serde_json::{Value, json};
use std::sync::Arc;

/// What a condition says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Truth {
    /// Certainly so.
    True,
    /// Certainly not so.
    False,
    /// Neither.
    Unknown,
}

/// A policy of one condition.
#[derive(Debug)]
pub struct Judge {
    policy: Arc<Policy>,
    store: Store,
    memory: Memory,
}

impl Judge {
    /// The condition of an operator and its operand on an argument.
    ///
    /// # Panics
    /// When the policy is refused.
    pub fn new(operator: &str, operand: &Value) -> Self {
        Self::parse(operator, operand).expect("a valid policy")
    }

    /// The same, of an operand that may be wrong.
    ///
    /// # Errors
    /// The mistakes in the policy.
    ///
    /// # Panics
    /// When memory fails.
    pub fn parse(operator: &str, operand: &Value) -> Result<Self, Vec<PolicyError>> {
        let condition = json!({ "path": "args.value", "op": operator, "value": operand });
        let groups = json!([{ "conditions": [condition] }]);
        let policy = json!({
            "version": "1",
            "default": "deny",
            "tools": { "true": { "require": groups }, "false": { "deny_if": groups } }
        });
        let policy = Arc::new(Policy::parse(policy.to_string().as_bytes())?);
        let mut memory = Memory::default();
        let store =
            Store::prepare(&mut memory, "test", &policy, [7; 16]).expect("memory does not fail");
        Ok(Self {
            policy,
            store,
            memory,
        })
    }

    /// What the condition says of a text.
    ///
    /// # Panics
    /// When it is true and false.
    pub fn of(&mut self, text: &str) -> Truth {
        self.of_json(&json!(text).to_string())
    }

    /// What the condition says of a JSON value, as it is written.
    ///
    /// # Panics
    /// When it is true and false.
    pub fn of_json(&mut self, value: &str) -> Truth {
        match (self.lets("true", value), self.lets("false", value)) {
            (true, false) => Truth::True,
            (false, true) => Truth::False,
            (false, false) => Truth::Unknown,
            (true, true) => panic!("{value:?} is true and false"),
        }
    }

    fn lets(&mut self, tool: &str, value: &str) -> bool {
        let headers = [(":method", "POST"), ("content-type", "application/json")];
        let headers = Headers::from_iter(headers);
        let params = format!(r#"{{"name":"{tool}","arguments":{{"value":{value}}}}}"#);
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#);
        let bytes = body.into_bytes();
        let facts = Facts {
            peer: None,
            seed: self.store.seed(),
            explain: false,
        };
        let (mut exchange, _) =
            Exchange::new(self.policy.clone(), &headers, false, facts, Millis(0));
        let step = exchange.feed(Event::Body { bytes, end: true }, Millis(0));
        let step = exchange.settle(step, &self.store, &mut self.memory, Millis(0));
        matches!(step.next, Next::Forward)
    }
}
