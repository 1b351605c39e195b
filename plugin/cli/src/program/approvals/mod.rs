//! `approvals`: asks a gateway for the calls that wait for a person, and hands over a person's decision.
//!
//! It never decides by itself: a person types the name of the tool, or gives `--yes`.

pub(super) mod arguments;

use super::console::Console;
use super::servers;
use crate::{CommandResult, ExitStatus};

pub(super) use arguments::Args;

pub(crate) fn run(args: &Args, console: Console<'_>) -> CommandResult<ExitStatus> {
    servers::approvals(args, console)
}
