//! The sentences of refusals for arguments.
//!
//! They name an argument and never its value.

use crate::model::{Condition, Group};
use crate::read::Call;
use crate::words::ASK;
use crate::words::json::Value;
use crate::words::text::clip_name;

/// The message for a call that a group refuses. With `needed`, an absent argument is reported as missing.
pub(super) fn unmet(
    call: &Call<'_>,
    needed: bool,
    group: &Group,
    failing: Option<&Condition>,
    noun: &str,
) -> String {
    let is_there = |own: Value<'_>, name: &str| own.get(name).is_some();
    let given = |name: &str| !needed || call.arguments.is_some_and(|own| is_there(own, name));
    match (&group.on_deny, failing.and_then(Condition::argument)) {
        (Some(message), _) => message.to_string(),
        (None, Some(name)) if given(name) => unaccepted(name),
        (None, Some(name)) => missing(name),
        (None, None) if failing.is_some_and(Condition::reads_arguments) => {
            "These arguments are not allowed. Change them, or ask the user.".into()
        }
        (None, None) => format!("The {noun} is denied by policy. {ASK}"),
    }
}

pub(super) fn unaccepted(argument: &str) -> String {
    let argument = clip_name(argument);
    format!("The value of argument `{argument}` is not allowed. Change it, or ask the user.")
}

pub(super) fn missing(argument: &str) -> String {
    format!("The argument `{}` is missing.", clip_name(argument))
}
