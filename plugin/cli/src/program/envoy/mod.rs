//! `envoy`: the commands that write configurations of Envoy, and put policies in force.
//!
//! It never starts or stops an Envoy.

pub(super) mod apply;
mod manifest;
mod render;

use super::console::Console;
use super::servers;
use crate::{CommandResult, ExitStatus};
use clap::Subcommand;

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

pub(crate) fn run(args: &Args, console: Console<'_>) -> CommandResult<ExitStatus> {
    match &args.command {
        Command::Render(args) => render::run(args, console),
        Command::Apply(args) => servers::apply(args, console),
    }
}
