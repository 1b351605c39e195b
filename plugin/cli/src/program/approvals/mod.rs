//! `approvals`: asks a gateway for the calls that wait for a person, and hands over a person's decision.
//!
//! It never decides by itself: a person types the name of the tool, or gives `--yes`.

mod call;
mod decide;
mod gateway;

use super::clock;
use super::connection::Connection;
use super::network;
use super::output::Output;
use call::{CallArgs, report};
use clap::Subcommand;
use decide::{DecideArgs, decide};
use gateway::Gateway;
use mcp_policy_cli::approvals::{Address, Asked, Decision, Pending, Shown};
use mcp_policy_cli::{CommandResult, ExitStatus};

/// List, show, approve and refuse the calls that wait for a person
///
/// The gateway knows you by your token or your certificate. Exits with 1 where it refuses, with its sentence, and with 2 where
/// it cannot be asked. No redirect is followed.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
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
struct ListArgs {
    /// The page of the approvals: `approvals.url` of the policy.
    #[arg(value_name = "URL")]
    source: String,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(args: &Args, output: Output) -> CommandResult<ExitStatus> {
    match &args.command {
        Command::List(args) => report(output, network::run(list(args))),
        Command::Show(args) => report(output, network::run(show(args))),
        Command::Approve(args) => decide(args, Decision::Approve, output),
        Command::Refuse(args) => decide(args, Decision::Refuse, output),
    }
}

async fn list(args: &ListArgs) -> CommandResult<Asked<Pending>> {
    let address = Address::of(&args.source)?;
    let gateway = Gateway::new(&args.connection, &address)?;
    Pending::read(&gateway.get(address.page()).await?, clock::now())
}

async fn show(args: &CallArgs) -> CommandResult<Asked<Shown>> {
    let one = match args.find().await? {
        Asked::Answered(one) => one,
        Asked::Refused(refused) => return Ok(Asked::Refused(refused)),
    };
    one.shown()
}
