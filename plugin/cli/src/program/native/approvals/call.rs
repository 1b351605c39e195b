//! Turns the words of a command line into one approval of a gateway, and the answer about it.
//!
//! It never takes the beginning of an id that several calls have.

use super::gateway::Gateway;
use crate::approvals::{Address, Asked, GatewayAnswer, Id, Pending, Shown};
use crate::program::approvals::arguments::CallArgs;
use crate::program::console::Console;
use crate::{CommandError, CommandResult, ExitStatus, Report};

/// An approval, and the answer about it.
pub(super) struct One {
    pub(super) gateway: Gateway,
    pub(super) url: String,
    pub(super) id: Id,
    answer: GatewayAnswer,
}

impl One {
    pub(super) fn shown(&self, console: Console<'_>) -> CommandResult<Asked<Shown>> {
        Shown::read(&self.answer, &self.id, console.now())
    }
}

/// Asks for the approval; for the beginning of an id, asks for the list before.
pub(super) async fn find(args: &CallArgs, console: Console<'_>) -> CommandResult<Asked<One>> {
    let (address, mut id) = Address::with_id(&args.source, args.id.as_deref())?;
    let gateway = Gateway::new(&args.connection, &address, console)?;
    if id.is_beginning() {
        let answer = gateway.get(address.page()).await?;
        match Pending::read(&answer, console.now())? {
            Asked::Answered(pending) => id = pending.complete(&id)?,
            Asked::Refused(refused) => return Ok(Asked::Refused(refused)),
        }
    }
    let url = address.approval(&id);
    let answer = gateway.get(&url).await?;
    Ok(Asked::Answered(One {
        gateway,
        url,
        id,
        answer,
    }))
}

/// Prints the answer, or the gateway's refusal.
pub(super) fn report(
    console: Console<'_>,
    asked: Result<CommandResult<Asked<impl Report>>, String>,
) -> CommandResult<ExitStatus> {
    match asked.map_err(CommandError::new)?? {
        Asked::Answered(report) => console.report(&report),
        Asked::Refused(refused) => console.report(&refused),
    }
}
