//! The sentences of refusals for arguments.
//!
//! They name an argument and never its value.

use crate::model::{Group, Term};
use crate::read::Call;
use crate::words::ASK;
use crate::words::json::Value;
use crate::words::text::{clip, clip_name};

pub(super) const ARGUMENTS: &str = "These arguments are not allowed. Change them, or ask the user.";

/// The longest path of an argument in a sentence that goes on, in characters.
const LONGEST_PATH: usize = 64;

/// The message for a call that a group refuses. With `needed`, an absent argument is reported as missing.
pub(super) fn unmet(
    call: &Call<'_>,
    needed: bool,
    group: &Group,
    failing: Option<&Term>,
    noun: &str,
) -> String {
    let is_there = |own: Value<'_>, name: &str| own.get(name).is_some();
    let given = |name: &str| !needed || call.arguments.is_some_and(|own| is_there(own, name));
    let names = failing.map(Term::arguments).unwrap_or_default();
    let absent = names.iter().find(|name| !given(name));
    match (&group.on_deny, absent, names.first()) {
        (Some(message), ..) => message.to_string(),
        (None, Some(name), _) => missing(name),
        (None, None, Some(name)) => unaccepted(name),
        (None, None, None) if failing.is_some_and(Term::reads_arguments) => ARGUMENTS.into(),
        (None, None, None) => format!("The {noun} is denied by policy. {ASK}"),
    }
}

pub(super) fn unaccepted(argument: &str) -> String {
    let argument = clip_name(argument);
    format!("The value of argument `{argument}` is not allowed. Change it, or ask the user.")
}

pub(super) fn missing(argument: &str) -> String {
    format!("The argument `{}` is missing.", clip_name(argument))
}

/// The path of an argument, for a sentence that goes on.
pub(super) fn clipped(path: &str) -> String {
    clip(path, LONGEST_PATH)
}
