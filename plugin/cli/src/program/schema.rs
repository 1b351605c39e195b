//! `schema`: prints the JSON Schema of a policy, with which editors complete and underline.
//!
//! It never checks a policy: `check` does.

use super::console::Console;
use crate::{CommandResult, ExitStatus};

/// Print the JSON Schema of a policy, for editors
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(console: Console<'_>) -> CommandResult<ExitStatus> {
    console.print(crate::schema()?)?;
    Ok(ExitStatus::Clean)
}
