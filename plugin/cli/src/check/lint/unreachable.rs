//! Rules that never decide anything, because another always comes first.

use super::{Entry, Finding, Names, entries, is_empty_list, text, texts};
use mcp_policy::{LimitSeen, Policy, Value};
use std::collections::{HashMap, HashSet};

/// What an entry may hold beside an action.
const RULES: [&str; 5] = ["schema", "require", "deny_if", "limits", "rate_limit"];

pub(super) fn all(policy: &Policy, root: Value<'_>) -> Vec<Finding> {
    let mut findings = hidden(root);
    findings.extend(entries(root).filter_map(|entry| after_action(root, &entry)));
    findings.extend(
        entries(root).flat_map(|entry| after_always(root, &entry.at, entry.value, Some(&entry))),
    );
    let all_tools = root.get("all_tools").into_iter();
    findings.extend(all_tools.flat_map(|value| after_always(root, "/all_tools", value, None)));
    findings.extend(named_twice(root));
    findings.extend(not_inherited(root));
    findings.extend(larger_maxima(policy, root));
    findings
}

/// A refusal in shadow mode stands in nobody's way.
fn may_be_shadow(root: Value<'_>, entry: Option<&Entry<'_>>) -> bool {
    let own = entry
        .map(|entry| text(entry.value, "mode"))
        .unwrap_or_default();
    let mut grants = root.get("grants").into_iter().flat_map(Value::members);
    match &*own {
        "" => {
            text(root, "mode") == "shadow"
                || grants.any(|(_, grant)| text(grant, "mode") == "shadow")
        }
        mode => mode == "shadow",
    }
}

fn hidden(root: Value<'_>) -> Vec<Finding> {
    if may_be_shadow(root, None) {
        return Vec::new();
    }
    let names = texts(root.get("hide"));
    let names = Names::new(names.iter().map(|name| &**name));
    let entries = entries(root).filter(|entry| entry.section == "tools");
    let finding = |entry: Entry<'_>| {
        let name = names.around(&entry.key)?;
        let message =
            format!("this entry never applies: `hide` has `{name}`, and hiding always wins");
        let finding = Finding::warning("hidden-entry", entry.at, message).on_name();
        Some(finding.help("take out the entry, or the name from `hide`"))
    };
    entries.filter_map(finding).collect()
}

/// Conditions and limits beside an action that refuses.
fn after_action(root: Value<'_>, entry: &Entry<'_>) -> Option<Finding> {
    let action = text(entry.value, "action");
    if !["deny", "hide"].contains(&&*action) || may_be_shadow(root, Some(entry)) {
        return None;
    }
    let lists = RULES.into_iter();
    let lists = lists.filter(|list| entry.value.get(list).is_some());
    Finding::once(lists.map(|list| format!("{}/{list}", entry.at)), |at| {
        let message = format!("this never applies: the entry's action is `{action}`");
        Finding::warning("never-applies", at, message).on_name()
    })
}

/// What comes after a group that refuses every call.
fn after_always(
    root: Value<'_>,
    at: &str,
    rules: Value<'_>,
    entry: Option<&Entry<'_>>,
) -> Vec<Finding> {
    let groups = rules.get("deny_if").into_iter().flat_map(Value::elements);
    let always = groups
        .enumerate()
        .find(|(_, group)| group.get("conditions").is_some_and(is_empty_list));
    let Some((position, _)) = always.filter(|_| !may_be_shadow(root, entry)) else {
        return Vec::new();
    };
    let always = format!("{at}/deny_if/{position}");
    let mut findings = Vec::new();
    if entry.is_none() {
        let message = "this group refuses every call of every tool";
        findings.push(Finding::warning(
            "denies-everything",
            always.clone(),
            message,
        ));
    }
    let all = rules
        .get("deny_if")
        .map_or(0, |groups| groups.elements().count());
    let later = (position.saturating_add(1)..all).map(|index| format!("{at}/deny_if/{index}"));
    let limits = ["limits", "rate_limit"]
        .into_iter()
        .filter(|list| rules.get(list).is_some());
    let places = later.chain(limits.map(|list| format!("{at}/{list}")));
    findings.extend(Finding::once(places, |place| {
        let message =
            format!("this never applies: {always} has no conditions, so it refuses every call");
        Finding::warning("never-applies", place, message).on_name()
    }));
    findings
}

/// Names in a list that another name of the list covers.
fn named_twice(root: Value<'_>) -> Vec<Finding> {
    let hide = root.get("hide").map(|list| ("/hide".to_owned(), list));
    let rules = root.get("sequence").into_iter().flat_map(Value::elements);
    let rules = rules.enumerate().flat_map(|(index, rule)| {
        let lists = ["after", "deny"].into_iter();
        lists.filter_map(move |key| Some((format!("/sequence/{index}/{key}"), rule.get(key)?)))
    });
    let mut findings = Vec::new();
    for (at, list) in hide.into_iter().chain(rules) {
        let listed = texts(Some(list));
        let names = Names::new(listed.iter().map(|name| &**name));
        for (index, name) in listed.iter().enumerate() {
            findings.extend(names.other_around(name).map(|other| {
                let message = format!("`{other}` covers this name already");
                Finding::warning("covered-name", format!("{at}/{index}"), message)
            }));
        }
    }
    findings
}

/// An entry whose prefix is longer takes nothing from one whose prefix is shorter.
fn not_inherited(root: Value<'_>) -> Vec<Finding> {
    let sections = ["tools", "prompts", "resources"].into_iter();
    sections
        .flat_map(|section| not_inherited_in(root, section))
        .collect()
}

fn not_inherited_in(root: Value<'_>, section: &str) -> Vec<Finding> {
    let entries: Vec<_> = entries(root)
        .filter(|entry| entry.section == section)
        .collect();
    let has_rules = |entry: &&Entry<'_>| RULES.iter().any(|list| entry.value.get(list).is_some());
    let ruled = Names::new(entries.iter().filter(has_rules).map(|entry| &*entry.key));
    let passes = |entry: &&Entry<'_>| {
        ["", "allow"].contains(&&*text(entry.value, "action")) && !has_rules(entry)
    };
    let finding = |entry: &Entry<'_>| {
        let outer = ruled.other_around(&entry.key)?;
        let message =
            format!("one entry applies to a name, so the rules of `{outer}` do not apply here");
        let help = "repeat the rules that are meant to apply; limits with one `counter` name share a count";
        Some(
            Finding::warning("not-inherited", &entry.at, message)
                .on_name()
                .help(help),
        )
    };
    entries.iter().filter(passes).filter_map(finding).collect()
}

/// A limit never refuses where a smaller one holds the same calls against the same counter.
fn larger_maxima(policy: &Policy, root: Value<'_>) -> Vec<Finding> {
    let limits = policy.limits_seen();
    let with_mode: HashSet<_> = entries(root)
        .filter(|entry| entry.value.get("mode").is_some())
        .map(|entry| entry.at)
        .collect();
    let mut smallest: HashMap<(&str, &str), &LimitSeen> = HashMap::new();
    for limit in &limits {
        let least = smallest
            .entry((owner(limit), limit.counter.as_str()))
            .or_insert(limit);
        if limit.max < least.max {
            *least = limit;
        }
    }
    let finding = |limit: &LimitSeen| {
        let own = owner(limit);
        let beside = smallest
            .get(&(own, &*limit.counter))
            .filter(|least| least.max < limit.max);
        let judged_alike = own.starts_with("/tools/") && !with_mode.contains(own);
        let of_all = smallest.get(&("/all_tools", &*limit.counter));
        let of_all = of_all.filter(|least| judged_alike && least.max <= limit.max);
        let smaller = beside.or(of_all)?;
        let message = format!(
            "this limit never refuses: {} holds the same counter to {}",
            smaller.pointer, smaller.max
        );
        let finding = Finding::warning("larger-limit", format!("{}/max", limit.pointer), message);
        Some(finding.help("give the limits different `counter` names if they are to count apart"))
    };
    limits.iter().filter_map(finding).collect()
}

/// The entry that a limit belongs to, or `/all_tools`.
fn owner(limit: &LimitSeen) -> &str {
    let pointer = &limit.pointer;
    let end = pointer
        .rfind("/limits/")
        .or_else(|| pointer.rfind("/rate_limit"));
    end.and_then(|end| pointer.get(..end)).unwrap_or_default()
}
