//! Turns the trace of a decision into the server, the grant and the policies that applied.
//!
//! It never guesses: they are those that the engine recorded.

use crate::rule_set_pointer::of_policy;
use crate::sanitize::printable;
use crate::source_map::pointer_token;
use mcp_policy::trace::RuleTrace;
use serde::Serialize;
use serde_json::Value as Json;
use std::fmt::Write as _;

/// What chose the rules of a call.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Applied {
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant: Option<String>,
    /// The names of the policies in their order, `main` for the rules at the top.
    policies: Vec<String>,
    /// The grant's own `tools` applied too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    own_tools: bool,
}

impl Applied {
    pub(crate) fn of(rules: &[RuleTrace], policy: &Json) -> Self {
        let chosen = |key: &str| {
            let members = policy.get(key)?.as_object()?;
            members.iter().find(|(name, _)| {
                let pointer = format!("/{key}/{}", pointer_token(name));
                let mut rules = rules.iter();
                rules.any(|trace| trace.rule.as_ref() == Some(&pointer))
            })
        };
        let (server, grant) = (chosen("servers"), chosen("grants"));
        let mut applied = Self {
            server: server.map(|(name, _)| name.clone()),
            grant: grant.map(|(name, _)| name.clone()),
            policies: Vec::new(),
            own_tools: grant.is_some_and(|(_, grant)| grant.get("tools").is_some()),
        };
        applied.add(server.and_then(|(_, server)| policy_of(server)));
        let of_caller = match policy.get("grants") {
            Some(_) => grant.and_then(|(_, grant)| policy_of(grant)),
            None => Some("main"),
        };
        applied.add(of_caller);
        applied
    }

    fn add(&mut self, policy: Option<&str>) {
        let new = policy.filter(|name| self.policies.iter().all(|own| own != name));
        self.policies.extend(new.map(str::to_owned));
    }

    /// The JSON Pointers of the rule sets that applied.
    pub(crate) fn rule_sets(&self) -> Vec<String> {
        let own = self.grant.as_ref().filter(|_| self.own_tools);
        let own = own.map(|name| format!("/grants/{}", pointer_token(name)));
        let policies = self.policies.iter().map(|name| of_policy(name));
        policies.chain(own).collect()
    }

    /// A line for each; none where the policy has neither servers nor grants.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        if self.server.is_none() && self.grant.is_none() {
            return text;
        }
        let own = self.own_tools.then_some("the grant's own `tools`");
        let policies = self.policies.iter().map(|name| printable(name));
        let policies: Vec<_> = policies.chain(own.map(str::to_owned)).collect();
        let server = self.server.as_deref().map(printable);
        let grant = self.grant.as_deref().map(printable);
        let named = [("server", server), ("grant", grant)];
        let named = named
            .into_iter()
            .filter_map(|(key, name)| Some((key, name?)));
        let policies = (!policies.is_empty()).then(|| ("policies", policies.join(", ")));
        for (key, value) in named.chain(policies) {
            let _ = writeln!(text, "  {key:<12} {value}");
        }
        text
    }
}

fn policy_of(of: &Json) -> Option<&str> {
    of.get("policy").and_then(Json::as_str)
}
