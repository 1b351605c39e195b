//! The JSON Pointers of rule sets: the rules at the top, those of `policies`, and the `tools` of grants.
//!
//! It never looks whether such a set exists.

use crate::source_map::pointer_token;

/// The members of a policy that hold rule sets by name.
pub(crate) const PLACES: [&str; 2] = ["policies", "grants"];

/// The name of the rules at the top.
const MAIN: &str = "main";

/// The rule set that a policy's name stands for.
pub(crate) fn of_policy(name: &str) -> String {
    match name {
        MAIN => String::new(),
        name => format!("/policies/{}", pointer_token(name)),
    }
}

/// The rule set that a rule is in; empty for the rules at the top.
pub(crate) fn set_of(rule: &str) -> &str {
    let is_within = |place: &&str| {
        let rest = rule.strip_prefix('/');
        let rest = rest.and_then(|rest| rest.strip_prefix(*place));
        rest.is_some_and(|rest| rest.starts_with('/'))
    };
    if !PLACES.iter().any(is_within) {
        return "";
    }
    let end = rule.match_indices('/').nth(2);
    end.map_or(rule, |(end, _)| rule.get(..end).unwrap_or_default())
}

/// The rule within its set, such as `/tools/run/limits/0`.
pub(crate) fn within_set(rule: &str) -> &str {
    rule.strip_prefix(set_of(rule)).unwrap_or(rule)
}

#[cfg(test)]
mod tests {
    use super::{set_of, within_set};

    #[test]
    fn rule_is_in_the_set_of_its_first_steps() {
        for (set, within) in [
            ("", "/tools/policies/limits/0"),
            ("/policies/a~1b", "/tools/run/limits/0"),
            ("/policies/ci", ""),
            ("/grants/tools", "/tools/x"),
            ("", "/policies_/x/y"),
        ] {
            let rule = [set, within].concat();
            assert_eq!((set_of(&rule), within_set(&rule)), (set, within));
        }
    }
}
