//! Ways by which a secret leaves although a rule of all tools looks for secrets.
//!
//! It knows no server: which of these ways leads out is for the policy's author to say.

use super::entry::{Condition, Rules};
use super::member::text;
use super::rule_set::{RuleSet, rule_sets};
use crate::check::diagnostic::Diagnostic;
use mcp_policy::document::Value;

pub(super) fn all(root: Value<'_>) -> Vec<Diagnostic> {
    rule_sets(root).filter_map(|set| other_ways(&set)).collect()
}

/// The ways of a set whose `all_tools` looks for secrets.
fn other_ways(set: &RuleSet<'_>) -> Option<Diagnostic> {
    let rules: Vec<_> = set.rules().collect();
    let of_all_tools = rules.iter().filter(|rules| rules.entry.is_none());
    let found = of_all_tools.filter_map(search).next()?;
    let allows = text(set.value, "default") == "allow";
    let is_open = |section: &&str| {
        let is_in = |rules: &&Rules<'_>| {
            let entry = rules.entry.as_ref();
            entry.is_some_and(|entry| entry.section == *section)
        };
        let covered = rules
            .iter()
            .filter(is_in)
            .any(|rules| search(rules).is_some());
        !covered && (allows || set.value.get(section).is_some())
    };
    let open = ["resources", "prompts"].into_iter().filter(is_open);
    let open: Vec<_> = open.collect();
    let message = format!(
        "this rule reads calls of tools: a secret can leave by {} too",
        open.join(" and by ")
    );
    let help = "write `deny_if` with `secret` into those entries: on `uri` for resources, on `args.**` for prompts";
    let note = Diagnostic::note("other-ways-out", found.at, message).help(help);
    (!open.is_empty()).then_some(note)
}

/// The first condition of these rules that looks for secrets.
fn search<'a>(rules: &Rules<'a>) -> Option<Condition<'a>> {
    let mut conditions = rules.clone().conditions("deny_if", false);
    conditions.find(|condition| text(condition.value, "op") == "secret")
}
