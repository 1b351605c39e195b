//! What to write in place of a key or a value that Intercept does not have.
//!
//! It never advises to take out a key that its author may have expected to refuse calls.

use crate::nearest::nearest;

/// Keys that hold words for readers, in no version with an effect on a call.
const WORDS: &[&str] = &[
    "description",
    "comment",
    "comments",
    "note",
    "notes",
    "name",
    "title",
    "author",
    "category",
    "tags",
    "labels",
    "metadata",
    "severity",
];

const HIDE: &str = "to hide the tool, write its name into the list `hide` at the top";
const IN_RULE: &str = "it belongs into a rule: `rules: [{name: …}]`";
const CONDITIONS: &str =
    "write the calls that may pass as `conditions: [{path: args.q, op: regex, value: …}]`";
const IN_CONDITION: &str =
    "it belongs into a condition: `conditions: [{path: args.q, op: eq, value: …}]`";
const IN_STATE: &str = "it belongs into `state`";
const MESSAGE: &str = "the sentence for the agent is `on_deny`";
const RATE: &str = "write `rate_limit: \"5/hour\"`";
const IN_TOOL: &str =
    "rules belong to a tool: `tools: {NAME: {rules: […]}}`, with \"*\" for all tools";

/// The advice for a key that Intercept ignores.
const MEANT: &[(&str, &str)] = &[
    ("hide", HIDE),
    ("hidden", HIDE),
    ("visible", HIDE),
    ("when", CONDITIONS),
    ("if", CONDITIONS),
    ("match", CONDITIONS),
    ("where", CONDITIONS),
    ("require", CONDITIONS),
    ("args", CONDITIONS),
    ("path", IN_CONDITION),
    ("op", IN_CONDITION),
    ("value", IN_CONDITION),
    ("counter", IN_STATE),
    ("window", IN_STATE),
    ("increment", IN_STATE),
    ("increment_from", IN_STATE),
    ("message", MESSAGE),
    ("reason", MESSAGE),
    ("limit", RATE),
    ("limits", RATE),
    ("max", RATE),
    (
        "allow",
        "a tool that no rule refuses is allowed, under `default: deny` if it is a key of `tools`",
    ),
    (
        "deny",
        "to deny a tool, write `rules: [{name: never, action: deny}]`",
    ),
    ("action", IN_RULE),
    ("rate_limit", IN_RULE),
    ("conditions", IN_RULE),
    ("on_deny", IN_RULE),
    ("state", IN_RULE),
    ("rules", IN_TOOL),
];

/// A key that has no effect in any version of Intercept.
pub(super) fn is_for_readers(key: &str) -> bool {
    key.starts_with("x-") || WORDS.contains(&key)
}

/// The advice for a key that is not one of `known`.
pub(super) fn about_key(key: &str, known: &[&str]) -> String {
    if let Some(known) = nearest(key, known.iter().copied()) {
        return format!("did you mean `{known}`?");
    }
    let meant = MEANT.iter().find(|(name, _)| *name == key);
    meant
        .map_or(
            "write the calls that it should refuse as a rule, and take it out",
            |(_, advice)| advice,
        )
        .into()
}

/// The advice for an action that Intercept does not have.
pub(super) fn about_action(action: &str) -> String {
    const ACTIONS: [&str; 3] = ["evaluate", "deny", "require_approval"];
    let what = match action {
        "allow" | "permit" | "pass" => {
            "a rule never allows a call; leave the rule out, and keep the tool with `rules: []`"
                .into()
        }
        "hide" => HIDE.into(),
        "block" | "reject" | "refuse" => "did you mean `deny`?".into(),
        "ask" | "approve" | "approval" | "confirm" => "did you mean `require_approval`?".into(),
        _ => match nearest(action, ACTIONS.into_iter()) {
            Some(known) => format!("did you mean `{known}`?"),
            None => "write \"evaluate\", \"deny\" or \"require_approval\"".into(),
        },
    };
    format!("Intercept has no action `{action}`; {what}")
}

/// The advice for an operator that Intercept does not have.
pub(super) fn about_operator(op: &str) -> String {
    const OPERATORS: [&str; 11] = [
        "eq", "neq", "in", "not_in", "lt", "lte", "gt", "gte", "regex", "contains", "exists",
    ];
    let known = match op {
        "<" => Some("lt"),
        "<=" => Some("lte"),
        ">" => Some("gt"),
        ">=" => Some("gte"),
        "=" | "==" | "===" | "equals" => Some("eq"),
        "!=" | "ne" | "not_eq" | "not_equals" => Some("neq"),
        "matches" | "match" | "pattern" | "=~" => Some("regex"),
        "nin" => Some("not_in"),
        _ => nearest(op, OPERATORS.into_iter()),
    };
    match known {
        Some(known) => format!("Intercept has no operator `{op}`; did you mean `{known}`?"),
        None => format!(
            "Intercept has no operator `{op}`; it has {}",
            OPERATORS.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_says_what_was_meant() {
        let tool = ["rules"];
        assert_eq!(about_key("ruels", &tool), "did you mean `rules`?");
        assert_eq!(about_key("hide", &tool), HIDE);
        assert_eq!(about_key("when", &["name", "conditions"]), CONDITIONS);
        assert!(about_key("colour", &tool).contains("take it out"));
        assert!(about_action("allow").contains("rules: []"));
        assert!(about_action("denny").contains("`deny`"));
        assert!(about_operator("<=").contains("`lte`"));
        assert!(about_operator("glob").contains("not_in"));
    }
}
