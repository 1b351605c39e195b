//! `explain`: reads a policy and a call, and prints the decision with its reasons.
//!
//! It never makes a request: the call is decided here.

use super::input;
use super::output::Output;
use mcp_policy_cli::explain::{Options, explain};
use mcp_policy_cli::{CommandResult, ExitStatus};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// Explain a decision: each evaluated rule, with the values that its conditions read
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The policy; `-` is the standard input.
    policy: PathBuf,
    /// The message as a client posts it; `-` is the standard input.
    call: PathBuf,
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

pub(crate) fn run(args: &Args, output: Output) -> CommandResult<ExitStatus> {
    let options = Options {
        headers: args.header.clone(),
        peer: args.peer.clone(),
        at: args.at.unwrap_or_else(now),
        times: args.times,
    };
    let (policy, call) = (input::read(&args.policy)?, input::read(&args.call)?);
    output.report(&explain(&policy, &call, &options)?)
}

#[expect(clippy::disallowed_methods, reason = "without `--at`, the time is now")]
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
