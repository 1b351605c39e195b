//! Conditions by which a part of a name in a list of names is enough, where the list is one text.
//!
//! It never looks at a request: it knows such headers and claims by their names.

use super::entry::Condition;
use super::list_claim::is_list;
use super::member::{list, text};
use super::rule_set::conditions;
use crate::check::diagnostic::Diagnostic;
use mcp_policy::document::{Kind, Value};
use regex_syntax::{ParserBuilder, escape, hir::HirKind};

/// The claim of OAuth that has all scopes in one text, with spaces between them.
const SCOPES: &str = "identity.scope";

pub(super) fn all(root: Value<'_>) -> Vec<Diagnostic> {
    let json = json_headers(root);
    conditions(root)
        .filter_map(|condition| part_of_a_name(&condition, &json))
        .collect()
}

/// The headers whose value is read as JSON, in lower case.
fn json_headers(root: Value<'_>) -> Vec<String> {
    let identity = root.get("identity").into_iter();
    let trusted = identity.flat_map(|identity| list(identity, "trusted_headers"));
    let encoded = trusted.filter(|(_, header)| header.get("encoding").is_some());
    encoded
        .map(|(_, header)| text(header, "header").to_ascii_lowercase())
        .collect()
}

fn part_of_a_name(condition: &Condition<'_>, json: &[String]) -> Option<Diagnostic> {
    let path = condition.text("path");
    let value = condition.value.get("value")?;
    let name = value.string()?;
    if condition.text("op") != "contains" || value.kind() != Kind::String {
        return None;
    }
    let separator = match path.strip_prefix("header.") {
        Some(header) if is_list(header) && !json.contains(&header.to_ascii_lowercase()) => ',',
        None if path == SCOPES => ' ',
        _ => return None,
    };
    let effect = match condition.required {
        true => "passes",
        false => "is refused",
    };
    let message = format!("a longer name that contains `{name}`, such as `x{name}`, {effect} too");
    let expression = format!("(^|{separator}){}({separator}|$)", escape(&name));
    let expression = serde_json::Value::from(expression);
    let help = format!(r#"write `"op": "regex", "value": {expression}` for the whole name"#);
    let at = format!("{}/value", condition.at);
    Some(Diagnostic::warning("part-of-a-name", at, message).help(help))
}

/// True for an expression that matches one whole element of a list in a text: `(^|,)ops(,|$)`.
pub(super) fn is_of_an_element(pattern: &str) -> bool {
    let inside = || {
        let (separator, rest) = pattern.strip_prefix("(^|")?.split_once(')')?;
        let end = format!("({separator}|$)");
        rest.strip_suffix(&*end).filter(|_| !separator.is_empty())
    };
    let mut parser = ParserBuilder::new().unicode(false).utf8(false).build();
    // An alternative at the top would stand beside the ends.
    inside().is_some()
        && parser
            .parse(pattern)
            .is_ok_and(|hir| matches!(hir.kind(), HirKind::Concat(_)))
}

#[cfg(test)]
mod tests {
    use super::is_of_an_element;

    #[test]
    fn both_ends_of_an_element_are_tested() {
        for pattern in [
            "(^|,)ops(,|$)",
            "(^| )a:b( |$)",
            "(^|,)(a|b)(,|$)",
            r"(^|,\s)x(,\s|$)",
        ] {
            assert!(is_of_an_element(pattern), "{pattern}");
        }
        for pattern in [
            "ops",
            "(^|,)ops",
            "(^|,)a|b(,|$)",
            "(^|,)ops( |$)",
            "(^|)ops(|$)",
        ] {
            assert!(!is_of_an_element(pattern), "{pattern}");
        }
    }
}
