//! Names that look like patterns of another language, and are taken as they are written.
//!
//! It never looks at URIs, which may have a `?`.

use super::member::texts;
use super::rule_set::{RuleSet, rule_sets};
use crate::check::diagnostic::Diagnostic;
use mcp_policy::document::Value;

/// The most names that a suggestion lists.
const MOST_NAMES: usize = 8;

pub(super) fn all(root: Value<'_>) -> Vec<Diagnostic> {
    rule_sets(root).flat_map(|set| of_set(&set)).collect()
}

fn of_set(set: &RuleSet<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for section in ["tools", "prompts"] {
        for entry in set.entries_of(section) {
            let finding = foreign(&entry.key, entry.at);
            found.extend(finding.map(Diagnostic::on_name));
        }
    }
    let mut lists: Vec<_> = set.hide().into_iter().collect();
    for (at, rule) in set.sequence() {
        for key in ["after", "deny"] {
            lists.extend(rule.get(key).map(|names| (format!("{at}/{key}"), names)));
        }
    }
    for (at, names) in lists {
        for (index, name) in texts(Some(names)).iter().enumerate() {
            found.extend(foreign(name, format!("{at}/{index}")));
        }
    }
    found
}

fn foreign(name: &str, at: String) -> Option<Diagnostic> {
    if !looks_foreign(name) {
        return None;
    }
    let message =
        "only `*` has a meaning in a name: every other character is taken as it is written";
    let help = match suggestion(name) {
        Some(names) => {
            let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            let names = names.join(" and ");
            let star = if names.contains('*') {
                "; `*` is any text"
            } else {
                ""
            };
            format!("write {names}{star}")
        }
        None => "write each name, or a pattern with `*` for any text".into(),
    };
    Some(Diagnostic::warning("foreign-pattern", at, message).help(help))
}

fn looks_foreign(name: &str) -> bool {
    marked(name).is_some()
        || name.starts_with('^')
        || name.ends_with('$')
        || name.contains(['?', '|', '[', '\\'])
        || name.contains(".+")
}

/// The expression behind `re:` or between slashes.
fn marked(name: &str) -> Option<&str> {
    let prefix = ["re:", "regex:"]
        .into_iter()
        .find_map(|mark| name.strip_prefix(mark));
    let slashes = || name.strip_prefix('/')?.strip_suffix('/');
    prefix.or_else(slashes).filter(|inside| !inside.is_empty())
}

/// The names and patterns to write instead; `None` where they are not clear.
fn suggestion(name: &str) -> Option<Vec<String>> {
    let expression = marked(name).unwrap_or(name);
    let anchored = |part: &str| part.starts_with('^') || part.ends_with('$');
    let is_expression = marked(name).is_some() || anchored(expression);
    let mut names = Vec::new();
    for part in expression.split('|') {
        let start = part.strip_prefix('^');
        let inner = start.unwrap_or(part);
        let end = inner.strip_suffix('$');
        let inner = end.unwrap_or(inner);
        let any = |open: bool| if open && is_expression { "*" } else { "" };
        for inner in alternatives(inner)? {
            names.push(plain(
                &[any(start.is_none()), &inner, any(end.is_none())].concat(),
            ));
        }
    }
    let valid = |name: &String| !name.is_empty() && name != "*" && !name.contains(UNCLEAR);
    (names.len() <= MOST_NAMES && names.iter().all(valid)).then_some(names)
}

/// Characters of expressions that a suggestion cannot express.
const UNCLEAR: [char; 9] = ['(', ')', '[', ']', '{', '}', '\\', '^', '$'];

/// The text once for each character of its first class: `ac` and `bc` for `[ab]c`.
fn alternatives(text: &str) -> Option<Vec<String>> {
    let Some((before, rest)) = text.split_once('[') else {
        return Some(vec![text.into()]);
    };
    let (class, after) = rest.split_once(']')?;
    if class.is_empty() || class.contains(['-', '^', '\\']) {
        return None;
    }
    let name = |c: char| format!("{before}{c}{after}");
    Some(class.chars().map(name).collect())
}

fn plain(text: &str) -> String {
    let mut text = text.to_owned();
    for (from, to) in [
        ("\\.", "\u{0}"),
        (".*", "*"),
        (".+", "*"),
        ("?", "*"),
        ("\u{0}", "."),
    ] {
        text = text.replace(from, to);
    }
    while text.contains("**") {
        text = text.replace("**", "*");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{looks_foreign, suggestion};

    #[test]
    fn patterns_of_other_languages_are_written_with_stars() {
        for (name, names) in [
            ("re:^a", &["a*"][..]),
            ("re:a_", &["*a_*"]),
            ("a?", &["a*"]),
            ("[ab]c", &["ac", "bc"]),
            ("/x/", &["*x*"]),
            ("a|b", &["a", "b"]),
            ("^a$", &["a"]),
            ("^get_.*$", &["get_*"]),
            ("^a$|^b", &["a", "b*"]),
            (r"^fs\.read_.+", &["fs.read_*"]),
        ] {
            assert!(looks_foreign(name), "{name}");
            assert_eq!(
                suggestion(name).as_deref(),
                Some(names_of(names).as_slice()),
                "{name}"
            );
        }
        for name in ["[a-z]c", "^(get|set)_x$", r"\w+", "?", "^$"] {
            assert!(looks_foreign(name), "{name}");
            assert_eq!(suggestion(name), None, "{name}");
        }
        for name in [
            "a",
            "get_*",
            "fs.*",
            "fs/read",
            "/x",
            "a-b.c",
            "résumé (short)",
            "re",
        ] {
            assert!(!looks_foreign(name), "{name}");
        }
    }

    fn names_of(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }
}
