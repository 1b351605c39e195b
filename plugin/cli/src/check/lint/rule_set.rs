//! Walks over the rule sets of a policy: the rules at the top, those of `policies`, and the `tools` of grants.
//!
//! It never reports a mistake: the engine accepted the policy already.

use super::entry::{Condition, Entry, Rules};
use super::member::list;
use crate::rule_set_pointer::{PLACES, of_policy};
use crate::source_map::pointer_token;
use mcp_policy::document::Value;

/// A set of rules that apply together.
#[derive(Clone)]
pub(super) struct RuleSet<'a> {
    /// Its JSON Pointer: empty for the rules at the top.
    pub(super) at: String,
    pub(super) value: Value<'a>,
}

/// The rules at the top, then those of `policies`, then the grants with `tools` of their own.
pub(super) fn rule_sets<'a>(root: Value<'a>) -> impl Iterator<Item = RuleSet<'a>> {
    let main = RuleSet {
        at: String::new(),
        value: root,
    };
    let named = PLACES
        .into_iter()
        .flat_map(move |place| members(root, place));
    let named =
        named.filter(|set| set.at.starts_with("/policies/") || set.value.get("tools").is_some());
    [main].into_iter().chain(named)
}

/// The members of `policies`, `grants` or `servers`.
pub(super) fn members<'a>(
    root: Value<'a>,
    place: &'static str,
) -> impl Iterator<Item = RuleSet<'a>> {
    let members = root.get(place).into_iter().flat_map(Value::members);
    members.map(move |(name, value)| RuleSet {
        at: format!("/{place}/{}", pointer_token(&name)),
        value,
    })
}

/// The entries of all tables of all rule sets.
pub(super) fn entries<'a>(root: Value<'a>) -> impl Iterator<Item = Entry<'a>> {
    rule_sets(root).flat_map(|set| set.entries().collect::<Vec<_>>())
}

/// For each rule set the rules of all tools, then every entry.
pub(super) fn rules<'a>(root: Value<'a>) -> impl Iterator<Item = Rules<'a>> {
    rule_sets(root).flat_map(|set| set.rules().collect::<Vec<_>>())
}

/// Every condition.
pub(super) fn conditions<'a>(root: Value<'a>) -> impl Iterator<Item = Condition<'a>> {
    rules(root).flat_map(|rules| {
        let lists = [("require", true), ("deny_if", false)];
        let approval = rules.clone().approval_conditions();
        lists
            .into_iter()
            .flat_map(move |(list, required)| rules.clone().conditions(list, required))
            .chain(approval)
    })
}

impl<'a> RuleSet<'a> {
    /// The entries of all tables.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry<'a>> {
        let sections = ["tools", "prompts", "resources"];
        sections
            .into_iter()
            .flat_map(|section| self.entries_of(section).collect::<Vec<_>>())
    }

    /// The entries of one table.
    pub(super) fn entries_of(&self, section: &'static str) -> impl Iterator<Item = Entry<'a>> {
        let members = self.value.get(section).into_iter().flat_map(Value::members);
        let at = self.at.clone();
        members.map(move |(key, value)| Entry {
            section,
            at: format!("{at}/{section}/{}", pointer_token(&key)),
            key,
            value,
        })
    }

    /// The rules of all tools, then every entry, also those of methods.
    pub(super) fn rules(&self) -> impl Iterator<Item = Rules<'a>> {
        let all = self.value.get("all_tools").map(|value| Rules {
            at: format!("{}/all_tools", self.at),
            value,
            entry: None,
        });
        let entries = self.entries().chain(self.entries_of("methods"));
        let entries = entries.map(|entry| Rules {
            at: entry.at.clone(),
            value: entry.value,
            entry: Some(entry),
        });
        all.into_iter().chain(entries)
    }

    /// The rules of `sequence`, each with its JSON Pointer.
    pub(super) fn sequence(&self) -> impl Iterator<Item = (String, Value<'a>)> {
        let at = self.at.clone();
        let rules = list(self.value, "sequence");
        rules.map(move |(index, rule)| (format!("{at}/sequence/{index}"), rule))
    }

    /// `hide` with its JSON Pointer.
    pub(super) fn hide(&self) -> Option<(String, Value<'a>)> {
        let names = self.value.get("hide")?;
        Some((format!("{}/hide", self.at), names))
    }

    /// The JSON Pointer of the rule set that applies beside it, for the `tools` of a grant.
    pub(super) fn beside(&self) -> Option<String> {
        let is_grant = self.at.starts_with("/grants/");
        let policy = self.value.get("policy").filter(|_| is_grant)?;
        Some(of_policy(&policy.string()?))
    }
}
