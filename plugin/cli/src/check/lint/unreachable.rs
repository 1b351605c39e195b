//! Rules without effect, because another rule always comes first.
//!
//! It never counts a rule that may be in shadow mode: it refuses nothing.

use super::entry::{Entry, Rules};
use super::member::{is_empty_list, list, text, texts};
use super::names::Names;
use super::rule_set::{RuleSet, entries, rule_sets, rules};
use crate::check::diagnostic::Diagnostic;
use crate::name_patterns::star;
use crate::rule_set_pointer::{set_of, within_set};
use mcp_policy::document::Star;
use mcp_policy::document::{LimitInfo, Value};
use mcp_policy::host::Policy;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// The rules that an entry may have beside an action.
const RULE_LISTS: [&str; 6] = [
    "schema",
    "require",
    "deny_if",
    "require_approval",
    "limits",
    "rate_limit",
];

pub(super) fn all(policy: &Policy, root: Value<'_>) -> Vec<Diagnostic> {
    let mut found: Vec<_> = rule_sets(root).flat_map(|set| hidden(root, &set)).collect();
    found.extend(entries(root).filter_map(|entry| after_action(root, &entry)));
    found.extend(rules(root).flat_map(|rules| after_always(root, &rules)));
    found.extend(rule_sets(root).flat_map(|set| covered_names(&set)));
    found.extend(rule_sets(root).flat_map(|set| not_inherited(&set)));
    found.extend(larger_maxima(policy, root));
    found
}

/// Refusals of the entry, or of the whole policy, may be in shadow mode, which stops no call.
fn may_be_shadow(root: Value<'_>, entry: Option<&Entry<'_>>) -> bool {
    let own = entry
        .map(|entry| text(entry.value, "mode"))
        .unwrap_or_default();
    let parties = ["grants", "servers"].into_iter();
    let mut parties = parties
        .filter_map(|key| root.get(key))
        .flat_map(Value::members);
    match &*own {
        "" => {
            text(root, "mode") == "shadow"
                || parties.any(|(_, party)| text(party, "mode") == "shadow")
        }
        mode => mode == "shadow",
    }
}

fn hidden(root: Value<'_>, set: &RuleSet<'_>) -> Vec<Diagnostic> {
    if may_be_shadow(root, None) {
        return Vec::new();
    }
    let names = texts(set.value.get("hide"));
    let names = Names::new(names.iter().map(|name| &**name), Star::Any);
    let finding = |entry: Entry<'_>| {
        let name = names.covering(&entry.key)?;
        let message =
            format!("this entry never applies: `hide` lists `{name}`, and takes precedence");
        let finding = Diagnostic::warning("hidden-entry", entry.at, message).on_name();
        Some(finding.help("remove the entry, or the name from `hide`"))
    };
    set.entries_of("tools").filter_map(finding).collect()
}

/// Conditions and limits beside an action that refuses.
fn after_action(root: Value<'_>, entry: &Entry<'_>) -> Option<Diagnostic> {
    let action = text(entry.value, "action");
    if !["deny", "hide"].contains(&&*action) || may_be_shadow(root, Some(entry)) {
        return None;
    }
    let lists = RULE_LISTS.into_iter();
    let lists = lists.filter(|list| entry.value.get(list).is_some());
    Diagnostic::once(lists.map(|list| format!("{}/{list}", entry.at)), |at| {
        let message = format!("this never applies: the entry's action is `{action}`");
        Diagnostic::warning("never-applies", at, message).on_name()
    })
}

/// Rules after a group that refuses every call.
fn after_always(root: Value<'_>, rules: &Rules<'_>) -> Vec<Diagnostic> {
    let always = list(rules.value, "deny_if")
        .find(|(_, group)| group.get("conditions").is_some_and(is_empty_list));
    let Some((position, _)) = always.filter(|_| !may_be_shadow(root, rules.entry.as_ref())) else {
        return Vec::new();
    };
    let always = format!("{}/deny_if/{position}", rules.at);
    let everything = rules.entry.is_none().then(|| {
        let message = "this group refuses every call of every tool";
        Diagnostic::warning("denies-everything", always.clone(), message)
    });
    let never = Diagnostic::once(rules_after(rules, position), |place| {
        let message =
            format!("this never applies: {always} has no conditions, so it refuses every call");
        Diagnostic::warning("never-applies", place, message).on_name()
    });
    everything.into_iter().chain(never).collect()
}

/// The rules that come after a group of `deny_if`, as JSON Pointers.
fn rules_after<'a>(
    rules: &'a Rules<'_>,
    position: usize,
) -> impl Iterator<Item = String> + use<'a> {
    let at = &rules.at;
    let all = list(rules.value, "deny_if").count();
    let groups = position.saturating_add(1)..all;
    let limits = ["require_approval", "limits", "rate_limit"].into_iter();
    let limits = limits.filter(|list| rules.value.get(list).is_some());
    groups
        .map(move |index| format!("{at}/deny_if/{index}"))
        .chain(limits.map(move |list| format!("{at}/{list}")))
}

/// Names in a list that another name of the list covers.
fn covered_names(set: &RuleSet<'_>) -> Vec<Diagnostic> {
    let sequence = set.sequence().flat_map(|(at, rule)| {
        let keys = ["after", "deny"].into_iter();
        keys.filter_map(move |key| Some((format!("{at}/{key}"), rule.get(key)?)))
    });
    let lists = set.hide().into_iter().chain(sequence);
    lists
        .flat_map(|(at, names)| covered_in(&at, names))
        .collect()
}

fn covered_in(at: &str, list: Value<'_>) -> Vec<Diagnostic> {
    let listed = texts(Some(list));
    let names = Names::new(listed.iter().map(|name| &**name), Star::Any);
    let covered = |(index, name): (usize, &Cow<'_, str>)| {
        let other = names.other_covering(name)?;
        let message = format!("`{other}` covers this name already");
        let at = format!("{at}/{index}");
        Some(Diagnostic::warning("covered-name", at, message))
    };
    listed.iter().enumerate().filter_map(covered).collect()
}

/// An entry inherits no rules from one whose pattern contains it.
fn not_inherited(set: &RuleSet<'_>) -> Vec<Diagnostic> {
    let sections = ["tools", "prompts", "resources"].into_iter();
    sections
        .flat_map(|section| not_inherited_in(set, section))
        .collect()
}

fn not_inherited_in(set: &RuleSet<'_>, section: &'static str) -> Vec<Diagnostic> {
    let entries: Vec<_> = set.entries_of(section).collect();
    let has_rules = |entry: &&Entry<'_>| {
        RULE_LISTS
            .iter()
            .any(|list| entry.value.get(list).is_some())
    };
    let ruled = entries.iter().filter(has_rules).map(|entry| &*entry.key);
    let ruled = Names::new(ruled, star(section));
    let passes = |entry: &&Entry<'_>| {
        ["", "allow"].contains(&&*text(entry.value, "action")) && !has_rules(entry)
    };
    let finding = |entry: &Entry<'_>| {
        let outer = ruled.other_covering(&entry.key)?;
        let message = format!(
            "only one entry applies to a name, so the rules of `{outer}` do not apply here"
        );
        let help =
            "repeat the rules that should apply here; limits with the same `counter` share a count";
        Some(
            Diagnostic::warning("not-inherited", &entry.at, message)
                .on_name()
                .help(help),
        )
    };
    entries.iter().filter(passes).filter_map(finding).collect()
}

/// Limits that never refuse, because a smaller one counts the same calls with the same counter.
fn larger_maxima(policy: &Policy, root: Value<'_>) -> Vec<Diagnostic> {
    let limits = policy.limits();
    let smallest = Smallest::new(&limits, root);
    let larger = |limit| Some(larger_limit(limit, smallest.below(limit)?));
    limits.iter().filter_map(larger).collect()
}

fn larger_limit(limit: &LimitInfo, smaller: &LimitInfo) -> Diagnostic {
    let (pointer, max) = (&smaller.pointer, smaller.max);
    let message = format!("this limit never refuses: {pointer} limits the same counter to {max}");
    Diagnostic::warning("larger-limit", format!("{}/max", limit.pointer), message)
        .help("give the limits different `counter` names if they should count separately")
}

/// The smallest limit of each owner and counter.
struct Smallest<'l> {
    limits: HashMap<(Cow<'l, str>, &'l str), &'l LimitInfo>,
    /// Entries with a mode of their own.
    with_mode: HashSet<String>,
}

impl<'l> Smallest<'l> {
    fn new(all: &'l [LimitInfo], root: Value<'_>) -> Self {
        let mut limits: HashMap<_, &LimitInfo> = HashMap::new();
        for limit in all {
            let key = (owner(limit).into(), limit.counter.as_str());
            let least = limits.entry(key).or_insert(limit);
            if limit.max < least.max {
                *least = limit;
            }
        }
        let with_mode = entries(root).filter(|entry| entry.value.get("mode").is_some());
        let with_mode = with_mode.map(|entry| entry.at).collect();
        Self { limits, with_mode }
    }

    /// A limit that refuses whenever `limit` would.
    fn below(&self, limit: &'l LimitInfo) -> Option<&'l LimitInfo> {
        let own = owner(limit);
        let set = set_of(own);
        let smallest = |owner: Cow<'l, str>| self.limits.get(&(owner, &*limit.counter)).copied();
        let beside = smallest(own.into()).filter(|least| least.max < limit.max);
        let is_tool = within_set(own).starts_with("/tools/");
        let same_mode = is_tool && !self.with_mode.contains(own);
        let for_all = || smallest(format!("{set}/all_tools").into());
        beside.or_else(|| for_all().filter(|least| same_mode && least.max <= limit.max))
    }
}

/// The entry that a limit belongs to, or `/all_tools`.
fn owner(limit: &LimitInfo) -> &str {
    let pointer = &limit.pointer;
    let end = pointer
        .rfind("/limits/")
        .or_else(|| pointer.rfind("/rate_limit"));
    end.and_then(|end| pointer.get(..end)).unwrap_or_default()
}
