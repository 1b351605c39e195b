//! `completions`: prints the script by which a shell completes the words of `mcp-policy`.
//!
//! It never installs the script: its place depends on the shell.

use super::output::Output;
use clap_complete::Shell;
use mcp_policy_cli::{CommandResult, ExitStatus};

/// Print the completions for a shell
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The shell.
    shell: Shell,
}

pub(crate) fn run(
    args: &Args,
    mut line: clap::Command,
    output: Output,
) -> CommandResult<ExitStatus> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut line, "mcp-policy", &mut script);
    output.print(String::from_utf8_lossy(&script))?;
    Ok(ExitStatus::Clean)
}
