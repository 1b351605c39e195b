//! Turns a command of `approvals` into questions to a gateway, and its answers into a report.
//!
//! It never sends a decision: `decide` does.

use super::call::{find, report};
use super::decide::decide;
use super::gateway::Gateway;
use crate::approvals::{Address, Asked, Decision, Pending, Shown};
use crate::program::approvals::arguments::{Args, CallArgs, Command, ListArgs};
use crate::program::console::Console;
use crate::program::native::network;
use crate::{CommandResult, ExitStatus};

pub(in crate::program) fn approvals(
    args: &Args,
    console: Console<'_>,
) -> CommandResult<ExitStatus> {
    match &args.command {
        Command::List(args) => report(console, network::run(list(args, console))),
        Command::Show(args) => report(console, network::run(show(args, console))),
        Command::Approve(args) => decide(args, Decision::Approve, console),
        Command::Refuse(args) => decide(args, Decision::Refuse, console),
    }
}

async fn list(args: &ListArgs, console: Console<'_>) -> CommandResult<Asked<Pending>> {
    let address = Address::of(&args.source)?;
    let gateway = Gateway::new(&args.connection, &address, console)?;
    Pending::read(&gateway.get(address.page()).await?, console.now())
}

async fn show(args: &CallArgs, console: Console<'_>) -> CommandResult<Asked<Shown>> {
    let one = match find(args, console).await? {
        Asked::Answered(one) => one,
        Asked::Refused(refused) => return Ok(Asked::Refused(refused)),
    };
    one.shown(console)
}
