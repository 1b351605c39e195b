//! `diff`: reads a policy or two and a log, and prints the calls that are decided differently.
//!
//! It never writes a file.

use super::console::Console;
use crate::diff::{Options, diff};
use crate::{CommandResult, ExitStatus};
use std::path::PathBuf;

/// Find the recorded calls that another policy would decide differently
///
/// Lines are those of the audit log, with or without the prefix of a host, or JSON-RPC requests. Policies begin to count
/// with the first line. Other lines are left out. With one policy, its decisions are compared with those of the log.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The current policy, if any, and the new one.
    #[arg(value_names = ["OLD", "NEW"], num_args = 1..=2, required = true)]
    policies: Vec<PathBuf>,
    /// The calls; `-` is the standard input.
    #[arg(long, value_name = "FILE")]
    calls: PathBuf,
    /// Report the calls of this grant alone. Its caller makes the JSON-RPC requests too, which name no caller.
    #[arg(long = "as", value_name = "GRANT")]
    grant: Option<String>,
    /// Fail on undecidable calls too.
    #[arg(long)]
    deny_undecidable: bool,
}

pub(crate) fn run(args: &Args, console: Console<'_>) -> CommandResult<ExitStatus> {
    let mut policies = Vec::new();
    for path in &args.policies {
        policies.push(console.read(path)?);
    }
    let (new, old) = match &policies[..] {
        [old, new] => (new, Some(old)),
        [new, ..] => (new, None),
        [] => return Ok(ExitStatus::Failed),
    };
    let options = Options {
        grant: args.grant.clone(),
        deny_undecidable: args.deny_undecidable,
    };
    console.report(&diff(old, new, &console.read(&args.calls)?, &options)?)
}
