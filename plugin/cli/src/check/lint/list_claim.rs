//! Conditions that compare a claim as one text, although issuers usually write it as a list.
//!
//! It never looks into a token: it knows such claims by their names.

use super::entry::Condition;
use super::rule_set::conditions;
use crate::check::diagnostic::Diagnostic;
use mcp_policy::document::{Kind, Value};

/// The ends of the names of such claims.
const ENDS: [&str; 5] = ["groups", "roles", "permissions", "entitlements", "teams"];

/// Whole names of such claims.
const NAMES: [&str; 2] = ["scp", "amr"];

/// True for the path of a claim that issuers usually write as a list: `groups`, `realm_access.roles`,
/// `["https://acme.example/groups"]`. False for that of its elements.
pub(super) fn is_list(claim: &str) -> bool {
    let claim = claim.trim_end_matches(['"', ']']).to_lowercase();
    let name = claim.rsplit(['.', '/', ':', '"', '[']).next();
    let name = name.unwrap_or_default();
    NAMES.contains(&name) || ENDS.iter().any(|end| name.ends_with(end))
}

pub(super) fn all(root: Value<'_>) -> Vec<Diagnostic> {
    conditions(root)
        .filter_map(|condition| as_one_text(&condition))
        .collect()
}

fn as_one_text(condition: &Condition<'_>) -> Option<Diagnostic> {
    let (path, op) = (condition.text("path"), condition.text("op"));
    if !is_list(path.strip_prefix("identity")?) {
        return None;
    }
    let value = condition.value.get("value")?;
    let help = match (&*op, value.kind()) {
        ("eq", Kind::String) => format!("write {}", contains(&path, value)),
        ("neq", Kind::String) => {
            let list = match condition.required {
                true => "deny_if",
                false => "require",
            };
            format!("write {} in `{list}`", contains(&path, value))
        }
        ("in" | "not_in", Kind::Array) | ("regex" | "not_regex", Kind::String) => format!(
            "write `{path}[*]` for the elements: in `require` each of them must hold, in `deny_if` one is enough"
        ),
        _ => return None,
    };
    let message = format!(
        "issuers usually write this claim as a list, for which `{op}` is unknown, so that the call is refused"
    );
    let at = format!("{}/op", condition.at);
    Some(Diagnostic::warning("list-claim", at, message).help(help))
}

fn contains(path: &str, value: Value<'_>) -> String {
    let path = serde_json::Value::from(path);
    format!(
        r#"`{{ "path": {path}, "op": "contains", "value": {} }}`"#,
        value.raw()
    )
}

#[cfg(test)]
mod tests {
    use super::is_list;

    #[test]
    fn claim_is_a_list_by_its_last_name() {
        for claim in [
            "groups",
            ".groups",
            "realm_access.roles",
            "cognito:groups",
            "userGroups",
            "scp",
            r#"["https://acme.example/roles"]"#,
        ] {
            assert!(is_list(claim), "{claim}");
        }
        for claim in [
            "sub",
            "group",
            "scope",
            "groups[*]",
            "groups[0]",
            "groups.name",
            "escp",
            "",
        ] {
            assert!(!is_list(claim), "{claim}");
        }
    }
}
