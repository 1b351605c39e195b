//! Turns a text that is not a case into the reason, which names the kind of file where another command reads it.
//!
//! It never calls a file with a member of a case another kind.

use crate::listed_tools::{ListedTools, NotTools};
use serde_json::{Map, Value};

/// The reason why a text is not a case; `error` is that of the reader of cases.
#[must_use]
pub fn why_not_a_case(text: &str, error: String) -> String {
    let members: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
    let mut keys_of_cases = ["why", "steps", "refused", "policy"].into_iter();
    if keys_of_cases.any(|key| members.contains_key(key)) {
        return error;
    }
    let (kind, reader) = match ListedTools::read(text.as_bytes()) {
        Err(NotTools::Policy) => ("a policy", "`mcp-policy check` reads policies"),
        Ok(listed) if !listed.tools.is_empty() => (
            "a list of tools",
            "`mcp-policy init` generates a case from it",
        ),
        Err(NotTools::AuditLog) => ("an audit log", "`mcp-policy diff --calls` reads it"),
        _ => return error,
    };
    format!("it is {kind}, not a case; {reader}")
}

#[cfg(test)]
mod tests {
    use super::why_not_a_case;

    #[test]
    fn file_of_another_kind_is_named_with_its_command() {
        let why = |text: &str| why_not_a_case(text, "unknown field".into());
        let policy = "it is a policy, not a case; `mcp-policy check` reads policies";
        assert_eq!(why(r#"{ "version": "1", "default": "deny" }"#), policy);
        assert_eq!(why(r#"{ "version": "1", "tools": {} }"#), policy);
        assert_eq!(
            why(r#"{ "tools": [ { "name": "a", "inputSchema": {} } ] }"#),
            "it is a list of tools, not a case; `mcp-policy init` generates a case from it"
        );
        for other in [
            r#"{ "why": "x", "version": "1", "default": "deny" }"#,
            r#"{ "steps": [], "version": "1", "default": "deny" }"#,
            "{}",
            "[]",
            "{ \"version\": ",
            "version: 1",
        ] {
            assert_eq!(why(other), "unknown field", "{other}");
        }
    }
}
