//! `import`: reads a policy of Intercept, reports the differences, and writes ours.
//!
//! It writes no file where the import is not complete enough.

use super::approvers::ApproverArgs;
use super::console::Console;
use crate::import::import;
use crate::{CommandResult, ExitStatus, Report as _};
use std::path::PathBuf;

/// Turn a policy of PolicyLayer's Intercept (YAML) into a policy.json
///
/// Every difference is reported with its place. The policy refuses every call that Intercept refuses, and may refuse
/// more; --exact writes only a policy that decides every call alike.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The YAML file; `-` is the standard input.
    file: PathBuf,
    /// The file for the policy; the standard output by default.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write no policy that refuses a call that Intercept lets through.
    #[arg(long)]
    exact: bool,
    #[command(flatten)]
    approvers: ApproverArgs,
}

pub(crate) fn run(args: &Args, console: Console<'_>) -> CommandResult<ExitStatus> {
    let report = import(
        &console.read(&args.file)?,
        args.exact,
        args.approvers.any().as_ref(),
    )?;
    if !console.json {
        // The standard output is for the policy.
        console.warn(report.text())?;
    }
    match (&args.output, report.policy()) {
        (Some(path), Some(text)) => console.write(path, text)?,
        (None, Some(text)) if !console.json => console.print(text)?,
        _ => {}
    }
    if console.json {
        console.print(report.json()?)?;
    }
    Ok(report.status())
}
