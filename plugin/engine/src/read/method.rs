//! The methods of MCP, of every revision: the sender of each, and the rules that judge it.
//!
//! It never guesses the effect of an unknown method.

use super::names::{ended, fold};

/// The kind of a method of MCP, for a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MethodKind {
    /// A client sets up, keeps or explores a session with it. `default` does not deny it; an entry under `methods`
    /// can.
    Lifecycle,
    /// The rules of the call's target judge it. The text says where a policy has such rules.
    Governed(&'static str),
    /// A server sends it, and expects an answer.
    ServerRequest,
    /// A server sends it, and expects no answer.
    ServerNotification,
}

const TASKS: &str = "tasks/";

const JUDGED_AS_TASKS: MethodKind =
    MethodKind::Governed("nothing: a task belongs to the call that created it");

const JUDGED_AS_RESOURCES: MethodKind = MethodKind::Governed("its rules under `resources`");

const METHODS: &[(&str, MethodKind)] = &[
    (
        "tools/call",
        MethodKind::Governed("its rules under `tools` and `all_tools`"),
    ),
    (
        "prompts/get",
        MethodKind::Governed("its rules under `prompts`"),
    ),
    ("resources/read", JUDGED_AS_RESOURCES),
    ("resources/subscribe", JUDGED_AS_RESOURCES),
    ("resources/unsubscribe", JUDGED_AS_RESOURCES),
    ("subscriptions/listen", JUDGED_AS_RESOURCES),
    (
        "completion/complete",
        MethodKind::Governed("its rules under `prompts` and `resources`, as which it is judged"),
    ),
    ("initialize", MethodKind::Lifecycle),
    ("server/discover", MethodKind::Lifecycle),
    ("ping", MethodKind::Lifecycle),
    ("tools/list", MethodKind::Lifecycle),
    ("prompts/list", MethodKind::Lifecycle),
    ("resources/list", MethodKind::Lifecycle),
    ("resources/templates/list", MethodKind::Lifecycle),
    ("logging/setLevel", MethodKind::Lifecycle),
    ("notifications/initialized", MethodKind::Lifecycle),
    ("notifications/cancelled", MethodKind::Lifecycle),
    ("notifications/progress", MethodKind::Lifecycle),
    ("notifications/roots/list_changed", MethodKind::Lifecycle),
    ("notifications/tasks/status", MethodKind::Lifecycle),
    ("sampling/createMessage", MethodKind::ServerRequest),
    ("elicitation/create", MethodKind::ServerRequest),
    ("roots/list", MethodKind::ServerRequest),
    ("notifications/message", MethodKind::ServerNotification),
    (
        "notifications/tools/list_changed",
        MethodKind::ServerNotification,
    ),
    (
        "notifications/prompts/list_changed",
        MethodKind::ServerNotification,
    ),
    (
        "notifications/resources/list_changed",
        MethodKind::ServerNotification,
    ),
    (
        "notifications/resources/updated",
        MethodKind::ServerNotification,
    ),
    (
        "notifications/elicitation/complete",
        MethodKind::ServerNotification,
    ),
];

impl MethodKind {
    /// The kind of a method; `None` for a method that MCP does not have.
    pub(crate) fn of(method: &str) -> Option<Self> {
        if method.starts_with(TASKS) {
            return Some(JUDGED_AS_TASKS);
        }
        let listed = METHODS.iter().find(|(name, _)| *name == method);
        listed.map(|&(_, role)| role)
    }
}

/// The method of MCP with this name, or the one that some client could read it as.
pub(crate) fn known_method(method: &str) -> Option<&'static str> {
    let listed = METHODS.iter().find(|(name, _)| *name == method);
    let listed = listed.map(|&(name, _)| name);
    listed.or_else(|| confusable_method(method))
}

/// The method of MCP that some server could read this method as, although it is spelled differently. Such a server
/// ignores case, space around the method, or all text after a NUL.
pub(crate) fn confusable_method(method: &str) -> Option<&'static str> {
    if METHODS.iter().any(|(name, _)| *name == method) {
        return None;
    }
    let plain = fold(ended(method.trim()));
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
    fn other_spellings_of_a_method_are_confusable() {
        for (method, like) in [
            ("Tools/Call", Some("tools/call")),
            (" tools/call", Some("tools/call")),
            ("tool\u{17F}/call", Some("tools/call")),
            ("logging/setlevel", Some("logging/setLevel")),
            ("Tasks/anything", Some("tasks/")),
            ("tools/call\0x", Some("tools/call")),
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
