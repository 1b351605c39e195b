//! A policy against the tools that a server lists: names that match none, arguments that none takes.

use super::super::tools::{Listed, Tool};
use super::{Condition, Entry, Finding, Names, conditions, entries, texts};
use mcp_policy::Value;

pub(super) fn all(root: Value<'_>, listed: &Listed) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, name, is_key) in names(root) {
        if listed.matching(&name).is_empty() {
            let finding = Finding::warning(
                "unmatched-name",
                at,
                format!("no tool of the list is named `{name}`"),
            );
            let meant = near(&name, listed.tools.iter().map(|tool| tool.name.as_str()));
            let finding = if is_key { finding.on_name() } else { finding };
            findings.push(with_meant(finding, meant));
        }
    }
    findings.extend(conditions(root).filter_map(|condition| argument(&condition, listed)));
    findings.extend(entries(root).flat_map(|entry| costs(&entry, listed)));
    findings.extend(by_default(root, listed));
    findings
}

/// Names of tools, with their places, and whether they are names of members.
fn names(root: Value<'_>) -> Vec<(String, String, bool)> {
    let list = |at: String, value: Option<Value<'_>>| {
        let names = texts(value).into_iter().enumerate();
        names
            .map(|(index, name)| (format!("{at}/{index}"), name.into_owned(), false))
            .collect::<Vec<_>>()
    };
    let entries = entries(root).filter(|entry| entry.section == "tools");
    let mut names: Vec<_> = entries
        .map(|entry| (entry.at, entry.key.into_owned(), true))
        .collect();
    names.extend(list("/hide".into(), root.get("hide")));
    let rules = root.get("sequence").into_iter().flat_map(Value::elements);
    for (index, rule) in rules.enumerate() {
        for key in ["after", "deny"] {
            names.extend(list(format!("/sequence/{index}/{key}"), rule.get(key)));
        }
    }
    names
}

/// The listed tools that an entry is for; all of them for the rules of all tools.
fn tools<'l>(entry: Option<&Entry<'_>>, listed: &'l Listed) -> Vec<&'l Tool> {
    match entry {
        None => listed.tools.iter().collect(),
        Some(entry) if entry.section == "tools" => listed.matching(&entry.key),
        Some(_) => Vec::new(),
    }
}

fn argument(condition: &Condition<'_>, listed: &Listed) -> Option<Finding> {
    let path = condition.text("path").into_owned();
    let tools = tools(condition.entry.as_ref(), listed);
    let at = format!("{}/path", condition.at);
    lacking(at, &path, &tools).or_else(|| undecidable(condition, &path, &tools))
}

/// An argument that none of the tools takes.
fn lacking(at: String, path: &str, tools: &[&Tool]) -> Option<Finding> {
    let (name, _) = first_member(path)?;
    let mut arguments = Vec::new();
    for tool in tools {
        arguments.extend(tool.arguments()?);
    }
    if tools.is_empty() || arguments.contains(&name.as_str()) {
        return None;
    }
    let message = format!("no listed tool that this is for takes an argument `{name}`");
    let meant = near(&name, arguments.into_iter());
    Some(with_meant(
        Finding::warning("unknown-argument", at, message),
        meant,
    ))
}

/// An operator that does not judge what the server says it takes.
fn undecidable(condition: &Condition<'_>, path: &str, tools: &[&Tool]) -> Option<Finding> {
    let (name, rest) = first_member(path)?;
    let op = condition.text("op").into_owned();
    let judged = match &*op {
        "lt" | "lte" | "gt" | "gte" => &["number", "integer"][..],
        "regex" | "not_regex" | "host_in" | "cidr" => &["string"],
        "within" => &["string", "array"],
        "contains" => &["string", "array"],
        "length" => &["string", "array", "object"],
        _ => return None,
    };
    let types: Vec<_> = tools
        .iter()
        .filter_map(|tool| tool.type_of(&name))
        .collect();
    if !rest.is_empty() || types.is_empty() || types.iter().any(|of| judged.contains(of)) {
        return None;
    }
    let of = types.first()?;
    let message = format!(
        "`{op}` judges no {of}, which the server says `{name}` is: every call that has one is refused"
    );
    Some(Finding::warning(
        "undecidable",
        format!("{}/op", condition.at),
        message,
    ))
}

fn costs(entry: &Entry<'_>, listed: &Listed) -> Vec<Finding> {
    let tools = tools(Some(entry), listed);
    let limits = entry
        .value
        .get("limits")
        .into_iter()
        .flat_map(Value::elements)
        .enumerate();
    let costs = limits.filter_map(|(index, limit)| Some((index, limit.get("cost")?.string()?)));
    costs
        .filter_map(|(index, path)| {
            lacking(format!("{}/limits/{index}/cost", entry.at), &path, &tools)
        })
        .collect()
}

/// Tools that no entry names, where the default lets them pass.
fn by_default(root: Value<'_>, listed: &Listed) -> Option<Finding> {
    const SHOWN: usize = 8;
    if super::text(root, "default") != "allow" {
        return None;
    }
    let entries: Vec<_> = entries(root)
        .filter(|entry| entry.section == "tools")
        .collect();
    let hide = texts(root.get("hide"));
    let keys = entries.iter().map(|entry| &*entry.key);
    let names = Names::new(keys.chain(hide.iter().map(|name| &**name)));
    let named = |tool: &Tool| names.around(&tool.name).is_some();
    let passing: Vec<_> = listed
        .tools
        .iter()
        .filter(|tool| !named(tool))
        .map(|tool| format!("`{}`", tool.name))
        .collect();
    let more = passing.len().saturating_sub(SHOWN);
    let shown: Vec<_> = passing.iter().take(SHOWN).cloned().collect();
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let message = format!(
        "tools that no entry names are let through: {}{more}",
        shown.join(", ")
    );
    (!passing.is_empty()).then(|| Finding::note("allowed-by-default", "/default", message))
}

/// The argument that a path leads into, and what follows it.
fn first_member(path: &str) -> Option<(String, &str)> {
    let rest = path.strip_prefix("args")?;
    if let Some(rest) = rest.strip_prefix('.') {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, rest) = rest.split_at_checked(end)?;
        return Some((name.into(), rest));
    }
    let quoted = rest.strip_prefix('[')?;
    let mut names = serde_json::Deserializer::from_str(quoted).into_iter::<String>();
    let name = names.next()?.ok()?;
    Some((name, quoted.get(names.byte_offset()..)?.strip_prefix(']')?))
}

fn near<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let known = known.map(|known| (strsim::damerau_levenshtein(name, known), known));
    let near = known
        .min()
        .filter(|(distance, known)| distance.saturating_mul(3) <= known.len().max(3));
    near.map(|(_, known)| known)
}

fn with_meant(finding: Finding, meant: Option<&str>) -> Finding {
    match meant {
        Some(meant) => finding.help(format!("did you mean `{meant}`?")),
        None => finding,
    }
}
