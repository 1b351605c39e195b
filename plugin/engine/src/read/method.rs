//! Knows the methods of MCP, of every revision: who sends each, and as what it is judged.
//!
//! It never guesses what an unknown method does.

use super::names::fold;

/// What a method of MCP is to a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A client sets up and keeps a session with it.
    Housekeeping,
    /// Its calls are judged as what they act on; this says where the rules belong.
    Elsewhere(&'static str),
    /// A server sends it, and waits for an answer.
    Asks,
    /// A server sends it, and waits for nothing.
    Tells,
}

const TASKS: &str = "tasks/";

const JUDGED_AS_TASKS: Role =
    Role::Elsewhere("nothing: a task belongs to the call that created it");

const JUDGED_AS_RESOURCES: Role = Role::Elsewhere("its rules under `resources`");

const METHODS: &[(&str, Role)] = &[
    (
        "tools/call",
        Role::Elsewhere("its rules under `tools` and `all_tools`"),
    ),
    ("prompts/get", Role::Elsewhere("its rules under `prompts`")),
    ("resources/read", JUDGED_AS_RESOURCES),
    ("resources/subscribe", JUDGED_AS_RESOURCES),
    ("resources/unsubscribe", JUDGED_AS_RESOURCES),
    ("subscriptions/listen", JUDGED_AS_RESOURCES),
    (
        "completion/complete",
        Role::Elsewhere("its rules under `prompts` and `resources`, as which it is judged"),
    ),
    ("initialize", Role::Housekeeping),
    ("server/discover", Role::Housekeeping),
    ("ping", Role::Housekeeping),
    ("tools/list", Role::Housekeeping),
    ("prompts/list", Role::Housekeeping),
    ("resources/list", Role::Housekeeping),
    ("resources/templates/list", Role::Housekeeping),
    ("logging/setLevel", Role::Housekeeping),
    ("notifications/initialized", Role::Housekeeping),
    ("notifications/cancelled", Role::Housekeeping),
    ("notifications/progress", Role::Housekeeping),
    ("notifications/roots/list_changed", Role::Housekeeping),
    ("notifications/tasks/status", Role::Housekeeping),
    ("sampling/createMessage", Role::Asks),
    ("elicitation/create", Role::Asks),
    ("roots/list", Role::Asks),
    ("notifications/message", Role::Tells),
    ("notifications/tools/list_changed", Role::Tells),
    ("notifications/prompts/list_changed", Role::Tells),
    ("notifications/resources/list_changed", Role::Tells),
    ("notifications/resources/updated", Role::Tells),
    ("notifications/elicitation/complete", Role::Tells),
];

impl Role {
    /// `None` for a method that MCP does not have.
    pub(crate) fn of(method: &str) -> Option<Self> {
        if method.starts_with(TASKS) {
            return Some(JUDGED_AS_TASKS);
        }
        let listed = METHODS.iter().find(|(name, _)| *name == method);
        listed.map(|&(_, role)| role)
    }
}

/// The method of MCP for which some server could take this other spelling: such a server matches methods without regard
/// to case or to space around them.
pub(crate) fn confusable_method(method: &str) -> Option<&'static str> {
    let plain = fold(method.trim());
    let listed = METHODS
        .iter()
        .map(|&(name, _)| name)
        .chain([TASKS])
        .find(|name| {
            let start = plain.get(..name.len()).unwrap_or_default();
            let whole = *name == TASKS || plain.len() == name.len();
            whole && start.eq_ignore_ascii_case(name)
        });
    listed.filter(|name| *name != method && !(*name == TASKS && method.starts_with(TASKS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_spelling_of_a_method_is_found() {
        for (method, like) in [
            ("Tools/Call", Some("tools/call")),
            (" tools/call", Some("tools/call")),
            ("tool\u{17F}/call", Some("tools/call")),
            ("logging/setlevel", Some("logging/setLevel")),
            ("Tasks/anything", Some("tasks/")),
            ("tools/call", None),
            ("tasks/anything", None),
            ("tools/calls", None),
            ("mine/own", None),
            ("", None),
        ] {
            assert_eq!(confusable_method(method), like, "{method:?}");
        }
    }
}
