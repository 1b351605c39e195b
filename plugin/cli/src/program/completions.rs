//! `completions`: prints the script by which a shell completes the words of `mcp-policy`.
//!
//! It never installs the script: its place depends on the shell.

use super::console::Console;
use crate::{CommandResult, ExitStatus};
use clap_complete::Shell;

/// Print the completions for a shell
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The shell.
    shell: Shell,
}

pub(crate) fn run(
    args: &Args,
    mut line: clap::Command,
    console: Console<'_>,
) -> CommandResult<ExitStatus> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut line, "mcp-policy", &mut script);
    console.print(String::from_utf8_lossy(&script))?;
    Ok(ExitStatus::Clean)
}
