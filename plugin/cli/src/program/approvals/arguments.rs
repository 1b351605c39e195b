//! The words of `approvals`: which call, how to ask for it, and the decision.
//!
//! It asks no gateway.

use crate::program::connection::Connection;
use clap::Subcommand;

/// List, show, approve and refuse the calls that wait for a person
///
/// The gateway knows you by your token or your certificate. Exits with 1 where it refuses, with its sentence, and with 2 where
/// it cannot be asked. No redirect is followed.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(in crate::program) command: Command,
}

#[derive(Subcommand)]
pub(in crate::program) enum Command {
    /// List the calls that wait for a person
    List(ListArgs),
    /// Show a call: who asks for it, each argument, the rule, and the decision
    Show(CallArgs),
    /// Approve a call
    Approve(DecideArgs),
    /// Refuse a call
    Refuse(DecideArgs),
}

#[derive(clap::Args)]
pub(in crate::program) struct ListArgs {
    /// The page of the approvals: `approvals.url` of the policy.
    #[arg(value_name = "URL")]
    pub(in crate::program) source: String,
    #[command(flatten)]
    pub(in crate::program) connection: Connection,
}

/// One approval, and how to ask for it.
#[derive(clap::Args)]
pub(in crate::program) struct CallArgs {
    /// The page of the approvals, or the link of an approval, which ends in its id.
    #[arg(value_name = "URL|LINK")]
    pub(in crate::program) source: String,
    /// The id after a URL: all of it, or at least the first 8 characters where the call still waits.
    pub(in crate::program) id: Option<String>,
    #[command(flatten)]
    pub(in crate::program) connection: Connection,
}

#[derive(clap::Args)]
pub(in crate::program) struct DecideArgs {
    #[command(flatten)]
    pub(in crate::program) call: CallArgs,
    /// Why, for the approvers who look later and for the log: at most 500 characters.
    #[arg(long, value_name = "TEXT")]
    pub(in crate::program) reason: Option<String>,
    /// Do not ask; without a terminal nobody can be asked.
    #[arg(long)]
    pub(in crate::program) yes: bool,
}
