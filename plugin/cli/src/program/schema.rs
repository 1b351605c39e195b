//! `schema`: prints the JSON Schema of a policy, with which editors complete and underline.
//!
//! It never checks a policy: `check` does.

use super::output::Output;
use mcp_policy_cli::{CommandResult, ExitStatus};

/// Print the JSON Schema of a policy, for editors
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(output: Output) -> CommandResult<ExitStatus> {
    output.print(mcp_policy_cli::schema()?)?;
    Ok(ExitStatus::Clean)
}
