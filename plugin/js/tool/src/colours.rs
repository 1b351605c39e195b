//! Turns the environment and the streams into whether colours are shown.
//!
//! It never shows them with `NO_COLOR`. The rules are those of the native program's `anstream`, which asks the process.

use mcp_policy_cli::program::Machine;

/// Whether a stream shows colours.
pub(crate) fn are_shown(machine: &dyn Machine, is_terminal: bool) -> bool {
    let variable = |name| machine.variable(name);
    let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
    let wanted = variable("CLICOLOR").map(|value| value != "0");
    match (is_set("NO_COLOR"), is_set("CLICOLOR_FORCE"), wanted) {
        (true, ..) => false,
        (false, true, _) => true,
        (false, false, Some(wanted)) => wanted && is_terminal,
        (false, false, None) => {
            let of_terminal = variable("TERM").is_some_and(|term| term != "dumb");
            is_terminal && (of_terminal || variable("CI").is_some())
        }
    }
}
