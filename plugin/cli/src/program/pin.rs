//! `pin`: reads a policy, asks a server for its tools, and writes the pins into the policy's file.
//!
//! It never writes a policy that a gateway would refuse.

use super::console::Console;
use super::tool_source::ToolSource;
use crate::pin::PinnablePolicy;
use crate::{CommandResult, ExitStatus};
use std::path::PathBuf;

/// Pin the tools of a policy to their current definitions
///
/// Review the tools first: from then on, a gateway accepts only the definitions that the server lists now. An entry
/// with an exact name gets its pin; one that denies or hides needs none.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    source: ToolSource,
    /// The policy's file.
    #[arg(short, long, value_name = "POLICY", default_value = "policy.json")]
    policy: PathBuf,
    /// Write nothing, and exit with 1 if the server lists another definition.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(args: &Args, console: Console<'_>) -> CommandResult<ExitStatus> {
    let input = console.read(&args.policy)?;
    let policy = PinnablePolicy::read(&input)?;
    let (server, listed) = (args.source.name(), args.source.as_sent(console)?);
    let report = match args.check {
        true => policy.check(&server, &listed)?,
        false => policy.pin(&server, &listed)?,
    };
    if let Some(text) = report.changed() {
        console.write(&args.policy, text)?;
    }
    console.report(&report)
}
