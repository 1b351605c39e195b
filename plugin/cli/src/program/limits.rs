//! `limits`: reads a policy, and prints the configuration of the service that counts its limits or the differences from it.
//!
//! It connects to no service.

use super::input;
use super::output::Output;
use clap::ValueEnum;
use mcp_policy_cli::limits::{self, compare};
use mcp_policy_cli::{CommandError, CommandResult, ExitStatus, Report as _};
use std::path::PathBuf;

/// Print the configuration of the service that counts a policy's limits, or compare it
///
/// Only limits that are enforced are counted by the service. It lets a call pass that it has no limit for, so nothing is
/// printed where it cannot count one of them.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The policy; `-` is the standard input.
    policy: PathBuf,
    /// The service.
    #[arg(long, value_enum)]
    format: Format,
    /// Compare with the limits of a running service: for Limitador the answer of `GET /limits/<domain>` or its limits
    /// file, for envoyproxy/ratelimit that of `/rlconfig`. Exit with 1 if they differ.
    #[arg(long, value_name = "FILE")]
    running: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// The limits file of Limitador, from version 2.0 on.
    Limitador,
    /// The configuration of envoyproxy/ratelimit.
    EnvoyRatelimit,
}

impl Format {
    fn service(self) -> limits::Format {
        match self {
            Self::Limitador => limits::Format::Limitador,
            Self::EnvoyRatelimit => limits::Format::EnvoyRatelimit,
        }
    }
}

pub(crate) fn run(args: &Args, output: Output) -> CommandResult<ExitStatus> {
    if let Some(running) = &args.running {
        return args.compare(running, output);
    }
    let report = limits::limits(&input::read(&args.policy)?, args.format.service())?;
    if output.json {
        return output.report(&report);
    }
    // The standard output is for the configuration.
    output.warn(report.text())?;
    output.print(report.configuration().unwrap_or_default())?;
    Ok(report.status())
}

impl Args {
    fn compare(&self, running: &PathBuf, output: Output) -> CommandResult<ExitStatus> {
        if [running, &self.policy].map(|path| input::is_stdin(path)) == [true, true] {
            return Err(CommandError::new(
                "`-` is given twice; write the path of the policy or of the limits",
            ));
        }
        let policy = input::read(&self.policy)?;
        let report = compare(&policy, self.format.service(), &input::read(running)?)?;
        output.report(&report)
    }
}
