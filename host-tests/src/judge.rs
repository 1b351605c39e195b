//! One condition of a policy, whose truth value is probed from outside: true if `require` admits, false if `deny_if`
//! admits, unknown if neither does.
//!
//! It uses no internals of the engine: each value is the argument of a whole call.

use crate::gateway::Gateway;
use mcp_policy::host::{Millis, Next, PolicyError};
use serde_json::{Value, json};

/// The value of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Truth {
    /// Certainly true.
    True,
    /// Certainly false.
    False,
    /// Neither.
    Unknown,
}

/// A policy with one condition.
#[derive(Debug)]
pub struct Judge(Gateway);

impl Judge {
    /// The condition of an operator and its operand on one argument.
    ///
    /// # Panics
    /// When the policy is refused.
    pub fn new(operator: &str, operand: &Value) -> Self {
        Self::parse(operator, operand).expect("a valid policy")
    }

    /// Like [`Judge::new`], with an operand that may be invalid.
    ///
    /// # Errors
    /// The mistakes in the policy.
    pub fn parse(operator: &str, operand: &Value) -> Result<Self, Vec<PolicyError>> {
        let condition = json!({ "path": "args.value", "op": operator, "value": operand });
        let groups = json!([{ "conditions": [condition] }]);
        let policy = json!({
            "version": "1",
            "default": "deny",
            "tools": { "true": { "require": groups }, "false": { "deny_if": groups } }
        });
        Gateway::new(policy.to_string().as_bytes()).map(Self)
    }

    /// The condition's value for a text.
    ///
    /// # Panics
    /// When it is true and false.
    pub fn of(&mut self, text: &str) -> Truth {
        self.of_json(&json!(text).to_string())
    }

    /// The condition's value for a JSON value, given as text.
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
        let params = format!(r#"{{"name":"{tool}","arguments":{{"value":{value}}}}}"#);
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#);
        let context = self.0.context(None, false);
        let (_, step) = self.0.post(&[], body.into_bytes(), context, Millis(0));
        matches!(step.next, Next::Forward)
    }
}
