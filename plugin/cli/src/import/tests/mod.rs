//! Decisions of imported policies, compared with those of Intercept: recorded by hand in `tests/import/`, and, for generated
//! documents and calls, by a model of Intercept.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "a test may panic: that is how it fails"
)]

mod cases;
mod model;
mod random;

use mcp_policy::host::Millis;
use mcp_policy_cases::{Runner, Split, Step};
use serde_json::{Value as Json, json};

/// The imported policy in the engine.
struct Ours(Runner);

impl Ours {
    fn new(policy: &Json) -> Self {
        Self(Runner::new(policy.to_string().as_bytes()).expect("an imported policy is a policy"))
    }

    fn allows(&mut self, tool: &str, arguments: Option<&Json>, now: u64) -> bool {
        self.decides(tool, arguments, now) == Ok(())
    }

    /// `Err` has the reason of a refusal.
    fn decides(&mut self, tool: &str, arguments: Option<&Json>, now: u64) -> Result<(), String> {
        let mut params = json!({ "name": tool });
        if let Some(arguments) = arguments {
            params["arguments"] = arguments.clone();
        }
        let message =
            json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let step = Step::post(message.to_string().into_bytes());
        let played = self
            .0
            .play(&step, Split::Whole, Millis(now))
            .expect("a verdict");
        assert_ne!(played.seen.code, Some(-32700), "{message}");
        let line: Json = serde_json::from_str(&played.line).expect("a line");
        match played.seen.forward {
            true => Ok(()),
            false => Err(line["reason"].as_str().expect("a reason").into()),
        }
    }
}
