//! Turns the arguments of the process into an exit code.
//!
//! It never runs two commands.

use super::machine::Process;
use crate::program::command_line::run;
use std::process::ExitCode;

/// Runs the command that the arguments of this process name, on this process.
#[must_use]
pub fn main() -> ExitCode {
    run(std::env::args_os(), &Process).code().into()
}
