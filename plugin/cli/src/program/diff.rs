//! `diff`: reads two policies and a log, and prints the calls that they decide differently.
//!
//! It never writes a file.

use super::input;
use super::output::Output;
use mcp_policy_cli::diff::{Options, diff};
use mcp_policy_cli::{CommandResult, ExitStatus};
use std::path::PathBuf;

/// Find the recorded calls that another policy would decide differently
///
/// Lines are those of the audit log, with or without the prefix of a host, or JSON-RPC requests. Both policies
/// begin to count with the first line. Other lines are left out.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The current policy.
    old: PathBuf,
    /// The new policy.
    new: PathBuf,
    /// The calls; `-` is the standard input.
    #[arg(long, value_name = "FILE")]
    calls: PathBuf,
    /// Report the calls of this grant alone. Its caller makes the JSON-RPC requests too, which name no caller.
    #[arg(long = "as", value_name = "GRANT")]
    grant: Option<String>,
}

pub(crate) fn run(args: &Args, output: Output) -> CommandResult<ExitStatus> {
    let (old, new) = (input::read(&args.old)?, input::read(&args.new)?);
    let options = Options {
        grant: args.grant.clone(),
    };
    output.report(&diff(&old, &new, &input::read(&args.calls)?, &options)?)
}
