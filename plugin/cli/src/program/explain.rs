//! `explain`: reads a policy and a call, and prints the decision with its reasons.
//!
//! It never makes a request: the call is decided here.

use super::output::Output;
use super::{clock, input};
use mcp_policy_cli::explain::{Options, explain};
use mcp_policy_cli::{CommandResult, ExitStatus};
use std::path::PathBuf;

/// Explain a decision: each evaluated rule, with the values that its conditions read
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The policy; `-` is the standard input.
    policy: PathBuf,
    /// The message as a client posts it; `-` is the standard input.
    call: PathBuf,
    /// Play the call as a caller of this grant: with a token, claims, certificate and headers that its `match` admits. For a
    /// `*` they have a made-up text, and for `bearer_sha256` a made-up token.
    #[arg(long = "as", value_name = "GRANT")]
    grant: Option<String>,
    /// Play the call at this server: with the path, host and cluster of its `match`.
    #[arg(long, value_name = "SERVER")]
    server: Option<String>,
    /// A claim of the verified token, such as `sub=alice` or `realm_access.roles=["dev"]`: JSON, or else a text. May be given
    /// several times.
    #[arg(long, value_name = "PATH=VALUE", value_parser = assigned)]
    claim: Vec<(String, String)>,
    /// A name in the verified client certificate: `uri_san=…`, `dns_san=…` or `subject=…`. May be given several times.
    #[arg(long, value_name = "NAME=VALUE", value_parser = assigned)]
    certificate: Vec<(String, String)>,
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

/// `name=value`; a `=` inside quotes belongs to the name.
fn assigned(text: &str) -> Result<(String, String), String> {
    let end = match text.strip_prefix("[\"") {
        Some(quoted) => quoted.find("\"]").map_or(0, |end| end.saturating_add(4)),
        None => 0,
    };
    let equals = text.get(end..).and_then(|rest| rest.find('='));
    let equals = equals.map(|at| at.saturating_add(end));
    let parts = equals.and_then(|at| text.split_at_checked(at));
    let (name, value) = parts.ok_or("write `name=value`")?;
    let value = value.strip_prefix('=').unwrap_or(value);
    Ok((name.into(), value.into()))
}

/// `name: value`
fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("write `name: value`")?;
    Ok((name.trim().to_ascii_lowercase(), value.trim().into()))
}

pub(crate) fn run(args: &Args, output: Output) -> CommandResult<ExitStatus> {
    let options = Options {
        grant: args.grant.clone(),
        server: args.server.clone(),
        claims: args.claim.clone(),
        certificate: args.certificate.clone(),
        path: args.path.clone(),
        host: args.host.clone(),
        cluster: args.cluster.clone(),
        headers: args.header.clone(),
        peer: args.peer.clone(),
        at: args.at.unwrap_or_else(clock::now),
        times: args.times,
    };
    let (policy, call) = (input::read(&args.policy)?, input::read(&args.call)?);
    output.report(&explain(&policy, &call, &options)?)
}
