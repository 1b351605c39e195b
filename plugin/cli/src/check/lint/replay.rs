//! Values that rules read and the audit log does not hold, so that `diff` cannot replay those rules.
//!
//! It looks only at policies that open values to the log: others mean to keep them out.

use super::member::{list, text};
use super::rule_set::{conditions, rule_sets, rules};
use crate::argument_path::value_read_by;
use crate::check::diagnostic::Diagnostic;
use mcp_policy::document::Value;
use mcp_policy_cases::value_path::{PathStep, steps};

/// The paths that the policy opens.
struct Opened(Vec<(&'static str, String)>);

pub(super) fn all(root: Value<'_>) -> Vec<Diagnostic> {
    let Some(audit) = root.get("audit") else {
        return Vec::new();
    };
    let paths = |key: &'static str| {
        list(audit, key).map(move |(_, path)| (key, path.string().unwrap_or_default().into_owned()))
    };
    let opened = Opened(paths("arguments").chain(paths("facts")).collect());
    if opened.0.is_empty() {
        return Vec::new();
    }
    let missing = read(root).into_iter();
    let missing = missing.filter_map(|(at, path)| Some((at, opened.missing(&path)?)));
    missing.map(|(at, missing)| note(at, &missing)).collect()
}

fn note(at: String, (key, path): &(&str, String)) -> Diagnostic {
    let message = format!("`diff` cannot replay this: `{path}` is not in `audit.{key}`");
    let help = match *key {
        "arguments" => format!("open `{path}` or what it is in, unless the log must not hold it"),
        _ => format!("open `{path}`, unless the log must not hold it"),
    };
    Diagnostic::note("not-replayed", at, message).help(help)
}

/// Every place that reads a value, with the path of the value.
fn read(root: Value<'_>) -> Vec<(String, String)> {
    let mut read = Vec::new();
    for condition in conditions(root) {
        read.extend(condition.paths());
    }
    for (at, limit) in rules(root).flat_map(|rules| rules.limits().collect::<Vec<_>>()) {
        if limit.get("cost").is_some() {
            read.push((format!("{at}/cost"), text(limit, "cost").into_owned()));
        }
        read.extend(scopes(&at, limit));
    }
    for set in rule_sets(root) {
        for (index, sequence) in list(set.value, "sequence") {
            read.extend(scopes(&format!("{}/sequence/{index}", set.at), sequence));
        }
    }
    read
}

/// The facts that a scope counts by, as conditions name them.
fn scopes(at: &str, rule: Value<'_>) -> Vec<(String, String)> {
    let Some(scope) = rule.get("scope") else {
        return Vec::new();
    };
    let names = scope.elements().chain([scope]).filter_map(Value::string);
    let paths = names.filter_map(|name| {
        if matches!(&*name, "ip" | "session") {
            return Some(name.into_owned());
        }
        let header = name.strip_prefix("header:");
        let claim = name.strip_prefix("claim:");
        let dot = claim.map_or("", |claim| if claim.starts_with('[') { "" } else { "." });
        header
            .map(|header| format!("header.{}", header.to_ascii_lowercase()))
            .or_else(|| claim.map(|claim| format!("identity{dot}{claim}")))
    });
    paths.map(|path| (format!("{at}/scope"), path)).collect()
}

impl Opened {
    /// The key under which a path is missing, and the path as it could be opened.
    fn missing(&self, path: &str) -> Option<(&'static str, String)> {
        let path = value_read_by(path);
        let (key, root) = match path {
            path if path.starts_with("args") => ("arguments", "args"),
            path if path.starts_with("identity") => ("facts", "identity"),
            path if path == "ip" || path == "session" || path.starts_with("header.") => {
                let is_opened = self.0.iter().any(|(_, own)| own.eq_ignore_ascii_case(path));
                return (!is_opened).then(|| ("facts", path.to_owned()));
            }
            _ => return None,
        };
        let inside = |path: &str| steps(path.strip_prefix(root)?);
        let read = inside(path)?;
        let opened = self.0.iter().filter(|(own, _)| *own == key);
        let mut opened = opened.filter_map(|(_, own)| inside(own));
        if opened.any(|own| read.starts_with(&own)) {
            return None;
        }
        // What is behind `[*]` is opened with its list.
        let is_each = read.contains(&PathStep::Element(None));
        let whole = path.split("[*]").next().filter(|_| is_each);
        Some((key, whole.unwrap_or(path).to_owned()))
    }
}
