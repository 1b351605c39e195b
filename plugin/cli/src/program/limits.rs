//! `limits`: reads a policy, and prints the configuration of the service that counts its limits or the differences from it.
//!
//! It connects to no service.

use super::console::{Console, is_stdin};
use crate::limits::{self, compare};
use crate::{CommandError, CommandResult, ExitStatus, Report as _};
use clap::ValueEnum;
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

pub(crate) fn run(args: &Args, console: Console<'_>) -> CommandResult<ExitStatus> {
    if let Some(running) = &args.running {
        return args.compare(running, console);
    }
    let report = limits::limits(&console.read(&args.policy)?, args.format.service())?;
    if console.json {
        return console.report(&report);
    }
    // The standard output is for the configuration.
    console.warn(report.text())?;
    console.print(report.configuration().unwrap_or_default())?;
    Ok(report.status())
}

impl Args {
    fn compare(&self, running: &PathBuf, console: Console<'_>) -> CommandResult<ExitStatus> {
        if [running, &self.policy].map(|path| is_stdin(path)) == [true, true] {
            return Err(CommandError::new(
                "`-` is given twice; write the path of the policy or of the limits",
            ));
        }
        let policy = console.read(&self.policy)?;
        let report = compare(&policy, self.format.service(), &console.read(running)?)?;
        console.report(&report)
    }
}
