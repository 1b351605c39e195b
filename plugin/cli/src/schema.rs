//! `schema`: prints the JSON Schema of a policy, by which editors complete and underline.
//!
//! It judges nothing: `check` says more.

use crate::screen::{Ended, Ending, Screen};

/// Print the JSON Schema of a policy, for editors
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(screen: &Screen) -> Ended {
    screen.print_json(&mcp_policy::schema())?;
    Ok(Ending::Clean)
}
