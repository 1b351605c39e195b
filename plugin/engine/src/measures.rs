//! Turns a decision into the counters of a host's metrics that it adds to, each with its labels.
//!
//! Labels are names of the policy and words of the engine: no text of a client is one, so that no client adds to their
//! number.

use crate::decide::{Caller, tool_key};
use crate::model::Policy;
use crate::read::Call;

/// The measures of one decision.
#[derive(Clone, Debug)]
pub(crate) struct Measures {
    server: Box<str>,
    caller: &'static str,
    tool: Box<str>,
    /// The number of limits of which four fifths or more are used after the call.
    pub(crate) near_limits: u64,
    /// The new standings of approvals.
    pub(crate) approvals: Vec<&'static str>,
    /// The number of groups of conditions that are unknown.
    pub(crate) unknown_groups: u64,
    /// The rules used up the steps of the message.
    pub(crate) uses_up_budget: bool,
}

/// The label of something that does not apply.
const NONE: &str = "none";

/// The label of tools without an entry in the policy.
const OTHER: &str = "other";

/// The longest name in a label, in characters.
const LONGEST: usize = 64;

impl Measures {
    /// The measures of a caller's exchange; `None` where the policy asks for none.
    pub(crate) fn new(policy: &Policy, caller: &Caller) -> Option<Box<Self>> {
        policy.host.metrics.then(|| {
            Box::new(Self {
                server: caller.server.name().map_or_else(|| NONE.into(), label),
                caller: caller.principal.class(),
                tool: NONE.into(),
                near_limits: 0,
                approvals: Vec::new(),
                unknown_groups: 0,
                uses_up_budget: false,
            })
        })
    }

    /// Names the tool that is called.
    pub(crate) fn called(&mut self, policy: &Policy, caller: &Caller, call: &Call<'_>) {
        if let Some(key) = tool_key(policy, caller, call) {
            self.tool = key.map_or_else(|| OTHER.into(), label);
        }
    }

    /// The name of a counter: its own name, then each label and its value.
    pub(crate) fn counter(&self, name: &str, further: &[(&str, &str)]) -> String {
        let own = [
            ("server", &*self.server),
            ("caller", self.caller),
            ("tool", &*self.tool),
        ];
        let mut text = format!("mcp_policy_{name}_total");
        for (label, value) in own.iter().chain(further) {
            text.extend([".mcp_", label, ".", value]);
        }
        text
    }

    /// The counters of a decision beside its own, each with the number to add.
    pub(crate) fn more(&self) -> Vec<(String, u64)> {
        let more = [
            ("near_limits", self.near_limits),
            ("unknown_conditions", self.unknown_groups),
            ("used_up_budgets", u64::from(self.uses_up_budget)),
        ];
        let counted = more.into_iter().filter(|(_, number)| *number > 0);
        let mut counters: Vec<_> = counted
            .map(|(name, number)| (self.counter(name, &[]), number))
            .collect();
        for standing in &self.approvals {
            let counter = self.counter("approvals", &[("standing", standing)]);
            counters.push((counter, 1));
        }
        counters
    }
}

/// The name as a label. A dot would end it.
fn label(name: &str) -> Box<str> {
    let characters = name.chars().take(LONGEST);
    let text: String = characters.map(|c| if c == '.' { '_' } else { c }).collect();
    match text.is_empty() {
        true => NONE.into(),
        false => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_in_a_label_has_no_dot_and_a_bounded_length() {
        for (name, expected) in [
            ("run", "run".to_owned()),
            ("git.*", "git_*".to_owned()),
            ("", "none".to_owned()),
            (&"é".repeat(100), "é".repeat(64)),
        ] {
            assert_eq!(*label(name), *expected);
        }
    }
}
