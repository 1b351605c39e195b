//! `explain`: reads a policy and a call, and prints the decision with its reasons.
//!
//! It never makes a request: the call is decided here.

use super::caller::CallerArgs;
use super::console::Console;
use crate::explain::{Options, explain};
use crate::{CommandResult, ExitStatus};
use std::path::PathBuf;

/// Explain a decision: each evaluated rule, with the values that its conditions read
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The policy; `-` is the standard input.
    policy: PathBuf,
    /// The message as a client posts it; `-` is the standard input.
    call: PathBuf,
    #[command(flatten)]
    caller: CallerArgs,
    /// Play the call at this server: with the path, host and cluster of its `match`.
    #[arg(long, value_name = "SERVER")]
    server: Option<String>,
    /// The path of the request; `/mcp` by default.
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// The host of the request, with its port if it has one.
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// The cluster that the gateway's route chooses; one that no policy names by default.
    #[arg(long, value_name = "CLUSTER")]
    cluster: Option<String>,
    /// A header of the request. May be given several times.
    #[arg(long, value_name = "NAME: VALUE", value_parser = header)]
    header: Vec<(String, String)>,
    /// The address of the client.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    peer: String,
    /// The time of the call, in seconds since 1970; the present time by default.
    #[arg(long, value_name = "SECONDS")]
    at: Option<u64>,
    /// Repeat the call this many times, and explain the last one.
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    times: u32,
}

/// `name: value`
fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("write `name: value`")?;
    Ok((name.trim().to_ascii_lowercase(), value.trim().into()))
}

pub(crate) fn run(args: &Args, console: Console<'_>) -> CommandResult<ExitStatus> {
    let options = Options {
        caller: args.caller.facts(),
        server: args.server.clone(),
        path: args.path.clone(),
        host: args.host.clone(),
        cluster: args.cluster.clone(),
        headers: args.header.clone(),
        peer: args.peer.clone(),
        at: args.at.unwrap_or_else(|| console.now()),
        times: args.times,
    };
    let (policy, call) = (console.read(&args.policy)?, console.read(&args.call)?);
    console.report(&explain(&policy, &call, &options)?)
}
