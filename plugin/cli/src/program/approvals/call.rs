//! Turns the words of a command line into one approval of a gateway, and the answer about it.
//!
//! It never takes the beginning of an id that several calls have.

use super::gateway::Gateway;
use crate::program::clock;
use crate::program::connection::Connection;
use crate::program::output::Output;
use mcp_policy_cli::approvals::{Address, Asked, GatewayAnswer, Id, Pending, Shown};
use mcp_policy_cli::{CommandError, CommandResult, ExitStatus, Report};

/// One approval, and how to ask for it.
#[derive(clap::Args)]
pub(super) struct CallArgs {
    /// The page of the approvals, or the link of an approval, which ends in its id.
    #[arg(value_name = "URL|LINK")]
    source: String,
    /// The id after a URL: all of it, or at least the first 8 characters where the call still waits.
    id: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

/// An approval, and the answer about it.
pub(super) struct One {
    pub(super) gateway: Gateway,
    pub(super) url: String,
    pub(super) id: Id,
    answer: GatewayAnswer,
}

impl One {
    pub(super) fn shown(&self) -> CommandResult<Asked<Shown>> {
        Shown::read(&self.answer, &self.id, clock::now())
    }
}

impl CallArgs {
    /// Asks for the approval; for the beginning of an id, asks for the list before.
    pub(super) async fn find(&self) -> CommandResult<Asked<One>> {
        let (address, mut id) = Address::with_id(&self.source, self.id.as_deref())?;
        let gateway = Gateway::new(&self.connection, &address)?;
        if id.is_beginning() {
            let answer = gateway.get(address.page()).await?;
            match Pending::read(&answer, clock::now())? {
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
}

/// Prints the answer, or the gateway's refusal.
pub(super) fn report(
    output: Output,
    asked: Result<CommandResult<Asked<impl Report>>, String>,
) -> CommandResult<ExitStatus> {
    match asked.map_err(CommandError::new)?? {
        Asked::Answered(report) => output.report(&report),
        Asked::Refused(refused) => output.report(&refused),
    }
}
