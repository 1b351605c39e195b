//! `check`: reads policies, and prints the mistakes of each.
//!
//! It never stops at the first bad policy.

use super::input;
use super::output::Output;
use mcp_policy_cli::check::{Options, ToolIndex, check};
use mcp_policy_cli::{CommandResult, ExitStatus, Report as _, to_json};
use std::path::PathBuf;

/// Check policies: every mistake with its place, warnings and notes
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The policies; `-` is the standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The answer of a server to `tools/list`: names and arguments are validated against it.
    #[arg(long, value_name = "FILE")]
    tools: Option<PathBuf>,
    /// Fail on warnings too.
    #[arg(long)]
    deny_warnings: bool,
    /// Leave out findings of this name, such as `session-scope`. May be given several times.
    #[arg(long, value_name = "NAME")]
    allow: Vec<String>,
}

pub(crate) fn run(args: &Args, output: Output) -> CommandResult<ExitStatus> {
    let tools = args.tools.as_deref().map(tools).transpose()?;
    let options = Options {
        deny_warnings: args.deny_warnings,
        allow: args.allow.clone(),
    };
    let mut reports = Vec::new();
    for file in &args.files {
        let report = check(&input::read(file)?, tools.as_ref(), &options);
        if !output.json {
            output.print(report.text())?;
        }
        reports.push(report);
    }
    if output.json {
        output.print(to_json(&reports)?)?;
    }
    let statuses = reports.iter().map(|report| report.status());
    Ok(statuses.max().unwrap_or(ExitStatus::Clean))
}

fn tools(file: &std::path::Path) -> CommandResult<ToolIndex> {
    ToolIndex::read(&input::read(file)?)
}
