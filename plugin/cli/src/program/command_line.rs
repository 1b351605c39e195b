//! Turns the words of a command line into one command, and its result into an exit code.
//!
//! It never runs two commands.

use super::output::Output;
use super::{
    approvals, audit, check, completions, diff, envoy, explain, import, init, limits, pin, scan,
    schema, test,
};
use clap::{CommandFactory as _, Parser, Subcommand};
use mcp_policy_cli::{CommandResult, ExitStatus};
use std::process::ExitCode;

/// Checks, tests, compares and explains policies for MCP tool calls.
///
/// Every command exits with 0 when all is well, 1 when it found something, and 2 when it could not run. A
/// file named `-` is the standard input.
#[derive(Parser)]
#[command(name = "mcp-policy", version, propagate_version = true)]
struct Line {
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Check(check::Args),
    Test(test::Args),
    Explain(explain::Args),
    Diff(diff::Args),
    Import(import::Args),
    Scan(scan::Args),
    Init(init::Args),
    Pin(pin::Args),
    Audit(Box<audit::Args>),
    Approvals(Box<approvals::Args>),
    Limits(limits::Args),
    Envoy(envoy::Args),
    Schema(schema::Args),
    Completions(completions::Args),
}

/// Runs the command that the arguments of the process name.
pub(crate) fn run() -> ExitCode {
    let line = Line::parse();
    let output = Output { json: line.json };
    let status = line.command.run(output);
    status
        .unwrap_or_else(|error| output.error(&error))
        .code()
        .into()
}

impl Command {
    fn run(self, output: Output) -> CommandResult<ExitStatus> {
        match self {
            Self::Check(args) => check::run(&args, output),
            Self::Test(args) => test::run(&args, output),
            Self::Explain(args) => explain::run(&args, output),
            Self::Diff(args) => diff::run(&args, output),
            Self::Import(args) => import::run(&args, output),
            Self::Scan(args) => scan::run(&args, output),
            Self::Init(args) => init::run(&args, output),
            Self::Pin(args) => pin::run(&args, output),
            Self::Audit(args) => audit::run(&args, output),
            Self::Approvals(args) => approvals::run(&args, output),
            Self::Limits(args) => limits::run(&args, output),
            Self::Envoy(args) => envoy::run(&args, output),
            Self::Schema(_) => schema::run(output),
            Self::Completions(args) => completions::run(&args, Line::command(), output),
        }
    }
}
