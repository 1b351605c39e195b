//! `envoy`: the commands that write configurations of Envoy, and put policies in force.
//!
//! It never starts or stops an Envoy.

mod admin;
mod apply;
mod plugin_file;
mod render;

use super::output::Output;
use clap::Subcommand;
use mcp_policy_cli::{CommandResult, ExitStatus};

/// Configure Envoy, and put policies in force
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Render(Box<render::Args>),
    Apply(apply::Args),
}

pub(crate) fn run(args: &Args, output: Output) -> CommandResult<ExitStatus> {
    match &args.command {
        Command::Render(args) => render::run(args, output),
        Command::Apply(args) => apply::run(args, output),
    }
}
