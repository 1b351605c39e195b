//! Turns a policy and the answers of a server into pins.
//!
//! It never pins an entry that denies or hides, or one for a prefix.

use super::definitions::Definitions;
use super::edit;
use super::outcome::{Outcome, PinReport};
use crate::input::Input;
use crate::listed_tools::ListedTools;
use crate::report::{CommandError, CommandResult};
use crate::rule_set_pointer::of_policy;
use crate::source_map::pointer_token;
use mcp_policy::document::{Document, Kind, Value};
use mcp_policy::host::Policy;
use std::borrow::Cow;

/// A valid policy whose tools can be pinned.
#[derive(Debug)]
pub struct PinnablePolicy<'a> {
    name: &'a str,
    text: Cow<'a, str>,
    document: Document<'a>,
}

impl<'a> PinnablePolicy<'a> {
    /// Reads a policy.
    ///
    /// # Errors
    /// Every mistake of the policy.
    pub fn read(policy: &'a Input) -> CommandResult<Self> {
        let error = |message: String| CommandError::about(&policy.name, message);
        if let Err(errors) = Policy::parse(&policy.bytes) {
            let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
            return Err(error(lines.join("\n")));
        }
        let document = Policy::document(&policy.bytes);
        Ok(Self {
            name: &policy.name,
            text: String::from_utf8_lossy(&policy.bytes),
            document: document.map_err(|cause| error(cause.to_string()))?,
        })
    }

    /// Compares the pins with the definitions that a server lists.
    ///
    /// # Errors
    /// When the list does not hold the definitions as the server sends them.
    pub fn check(&self, server: &str, listed: &ListedTools) -> CommandResult<PinReport> {
        Ok(PinReport {
            outcomes: self.outcomes(server, listed)?,
            check: true,
            changed: None,
        })
    }

    /// Pins the definitions that a server lists.
    ///
    /// # Errors
    /// When the list does not hold the definitions as the server sends them, or the policy would not be valid with the pins.
    pub fn pin(&self, server: &str, listed: &ListedTools) -> CommandResult<PinReport> {
        let outcomes = self.outcomes(server, listed)?;
        let pinned = edit::pinned(&self.text, self.document.root(), &outcomes);
        Policy::parse(pinned.as_bytes()).map_err(|_| {
            CommandError::about(self.name, "the policy would be invalid with its pins")
        })?;
        Ok(PinReport {
            outcomes,
            check: false,
            changed: (pinned != self.text).then_some(pinned),
        })
    }

    fn outcomes(&self, server: &str, listed: &ListedTools) -> CommandResult<Vec<Outcome>> {
        let definitions = Definitions::read(listed);
        let definitions = definitions.map_err(|error| CommandError::about(server, error))?;
        Ok(outcomes(self.document.root(), &definitions))
    }
}

/// The pins of the entries that can have one: of the rules at the top, and of those of `policies`.
pub(super) fn outcomes(policy: Value<'_>, listed: &Definitions) -> Vec<Outcome> {
    let named = policy.get("policies").into_iter().flat_map(Value::members);
    let named = named.map(|(name, set)| (Some(name), set));
    let sets = [(None, policy)].into_iter().chain(named);
    sets.flat_map(|(name, set)| of_set(name.as_deref(), set, listed))
        .collect()
}

fn of_set(policy: Option<&str>, set: Value<'_>, listed: &Definitions) -> Vec<Outcome> {
    let tools = set.get("tools");
    let entries = tools.into_iter().flat_map(Value::members);
    let pinnable = entries.filter(|(name, entry)| !name.contains('*') && allows(*entry));
    pinnable
        .map(|(tool, entry)| outcome(policy, tool, entry, listed))
        .collect()
}

fn outcome(
    policy: Option<&str>,
    tool: Cow<'_, str>,
    entry: Value<'_>,
    listed: &Definitions,
) -> Outcome {
    let found = listed.pin(&tool);
    let set = policy.map(of_policy).unwrap_or_default();
    Outcome {
        at: format!("{set}/tools/{}", pointer_token(&tool)),
        policy: policy.map(Into::into),
        tool: tool.into_owned(),
        was: entry.get("pin").and_then(Value::string).map(Into::into),
        now: found.as_ref().ok().cloned(),
        problem: found.err(),
    }
}

fn allows(entry: Value<'_>) -> bool {
    let action = entry.get("action").and_then(Value::string);
    entry.kind() == Kind::Object && action.is_none_or(|action| action == "allow")
}
