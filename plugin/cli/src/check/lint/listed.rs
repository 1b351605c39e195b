//! Validates a policy against the tools that a server lists.
//!
//! It never reports an argument of a tool without a schema.

use super::entry::{Condition, Entry};
use super::member::{list, text, texts};
use super::names::Names;
use super::rule_set::{RuleSet, conditions, entries, rule_sets};
use crate::argument_path::first_member;
use crate::check::diagnostic::Diagnostic;
use crate::check::tool_index::{Tool, ToolIndex};
use crate::nearest::nearest;
use mcp_policy::document::Star;
use mcp_policy::document::Value;

pub(super) fn all(root: Value<'_>, listed: &ToolIndex) -> Vec<Diagnostic> {
    let mut found: Vec<_> = rule_sets(root)
        .flat_map(|set| names(&set))
        .filter_map(|name| unmatched(name, listed))
        .collect();
    found.extend(conditions(root).filter_map(|condition| argument(&condition, listed)));
    found.extend(entries(root).flat_map(|entry| costs(&entry, listed)));
    found.extend(rule_sets(root).filter_map(|set| allowed_by_default(&set, listed)));
    found
}

/// A name or a prefix of tools.
struct Name {
    at: String,
    name: String,
    /// It is the name of a member, not an element of a list.
    is_key: bool,
}

/// Every name of tools in a rule set.
fn names(set: &RuleSet<'_>) -> Vec<Name> {
    let keys = set.entries_of("tools").map(|entry| Name {
        at: entry.at,
        name: entry.key.into_owned(),
        is_key: true,
    });
    let hide = set.hide().into_iter();
    let hide = hide.flat_map(|(at, names)| names_in(at, Some(names)));
    let sequence = set.sequence().flat_map(|(at, rule)| {
        let keys = ["after", "deny"].into_iter();
        keys.flat_map(move |key| names_in(format!("{at}/{key}"), rule.get(key)))
    });
    keys.chain(hide).chain(sequence).collect()
}

fn names_in(at: String, list: Option<Value<'_>>) -> impl Iterator<Item = Name> {
    let names = texts(list).into_iter().enumerate();
    names.map(move |(index, name)| Name {
        at: format!("{at}/{index}"),
        name: name.into_owned(),
        is_key: false,
    })
}

fn unmatched(Name { at, name, is_key }: Name, listed: &ToolIndex) -> Option<Diagnostic> {
    if !listed.matching(&name).is_empty() {
        return None;
    }
    let message = format!("no listed tool is named `{name}`");
    let found = Diagnostic::warning("unmatched-name", at, message);
    let found = if is_key { found.on_name() } else { found };
    let meant = nearest(&name, listed.tools.iter().map(|tool| tool.name.as_str()));
    Some(found.did_you_mean(meant))
}

/// The listed tools that an entry is for; all of them for the rules of all tools.
fn tools<'l>(entry: Option<&Entry<'_>>, listed: &'l ToolIndex) -> Vec<&'l Tool> {
    match entry {
        None => listed.tools.iter().collect(),
        Some(entry) if entry.section == "tools" => listed.matching(&entry.key),
        Some(_) => Vec::new(),
    }
}

fn argument(condition: &Condition<'_>, listed: &ToolIndex) -> Option<Diagnostic> {
    let tools = tools(condition.entry.as_ref(), listed);
    let paths = condition.paths().into_iter();
    let mut lacking = paths.filter_map(|(at, path)| lacking(at, &path, &tools));
    lacking
        .next()
        .or_else(|| undecidable(condition, &condition.text("path"), &tools))
}

/// An argument that no listed tool has.
fn lacking(at: String, path: &str, tools: &[&Tool]) -> Option<Diagnostic> {
    let (name, _) = first_member(path)?;
    let mut arguments = Vec::new();
    for tool in tools {
        arguments.extend(tool.arguments()?);
    }
    if tools.is_empty() || arguments.contains(&name.as_str()) {
        return None;
    }
    let message = format!("no listed tool that this applies to has an argument `{name}`");
    let meant = nearest(&name, arguments.into_iter());
    Some(Diagnostic::warning("unknown-argument", at, message).did_you_mean(meant))
}

/// An operator that is never true of an argument's type.
fn undecidable(condition: &Condition<'_>, path: &str, tools: &[&Tool]) -> Option<Diagnostic> {
    let (name, rest) = first_member(path)?;
    let op = condition.text("op").into_owned();
    let judged = judged_types(&op)?;
    let types = tools.iter().filter_map(|tool| tool.type_of(&name));
    let types: Vec<_> = types.collect();
    if !rest.is_empty() || types.iter().any(|of| judged.contains(of)) {
        return None;
    }
    let of = types.first()?;
    let message = format!(
        "`{op}` cannot judge the type {of} of `{name}`: every call with this argument is refused"
    );
    let at = format!("{}/op", condition.at);
    Some(Diagnostic::warning("undecidable", at, message))
}

/// The types that an operator judges; `None` for an operator that judges all of them.
fn judged_types(op: &str) -> Option<&'static [&'static str]> {
    Some(match op {
        "lt" | "lte" | "gt" | "gte" => &["number", "integer"],
        "regex" | "not_regex" | "host_in" | "cidr" | "secret" => &["string"],
        "within" | "contains" => &["string", "array"],
        "length" => &["string", "array", "object"],
        _ => return None,
    })
}

/// Costs of limits that are arguments of no tool.
fn costs(entry: &Entry<'_>, listed: &ToolIndex) -> Vec<Diagnostic> {
    let tools = tools(Some(entry), listed);
    let lacking = |(index, limit): (usize, Value<'_>)| {
        let path = limit.get("cost")?.string()?;
        lacking(format!("{}/limits/{index}/cost", entry.at), &path, &tools)
    };
    list(entry.value, "limits").filter_map(lacking).collect()
}

/// Tools without an entry, where the default allows them.
fn allowed_by_default(set: &RuleSet<'_>, listed: &ToolIndex) -> Option<Diagnostic> {
    const SHOWN: usize = 8;
    if text(set.value, "default") != "allow" {
        return None;
    }
    let unnamed = unnamed(set, listed);
    let shown: Vec<_> = unnamed.iter().take(SHOWN).map(String::as_str).collect();
    let more = match unnamed.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let shown = shown.join(", ");
    let message = format!("tools without an entry are allowed: {shown}{more}");
    let at = format!("{}/default", set.at);
    (!unnamed.is_empty()).then(|| Diagnostic::note("allowed-by-default", at, message))
}

/// The tools that neither an entry nor `hide` names, in backquotes.
fn unnamed(set: &RuleSet<'_>, listed: &ToolIndex) -> Vec<String> {
    let entries: Vec<_> = set.entries_of("tools").collect();
    let hide = texts(set.value.get("hide"));
    let keys = entries.iter().map(|entry| &*entry.key);
    let names = Names::new(keys.chain(hide.iter().map(|name| &**name)), Star::Any);
    let tools = listed.tools.iter();
    let unnamed = tools.filter(|tool| names.covering(&tool.name).is_none());
    unnamed.map(|tool| format!("`{}`", tool.name)).collect()
}
