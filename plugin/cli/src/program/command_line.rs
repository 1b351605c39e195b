//! Turns the words of a command line into one command, and its result into an exit code.
//!
//! It never runs two commands.

use super::console::Console;
use super::machine::{Machine, Stream};
use super::{
    approvals, audit, check, completions, diff, envoy, explain, import, init, limits, pin, scan,
    schema, test,
};
use crate::{CommandResult, ExitStatus};
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use std::ffi::OsString;

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

/// Runs the command that the words name, on a machine. The first word is the name of the program.
///
/// Help and mistakes in the words are printed as `clap` writes them.
pub fn run(words: impl IntoIterator<Item = OsString>, machine: &dyn Machine) -> ExitStatus {
    match line(words, machine) {
        Ok(line) => {
            let console = Console {
                json: line.json,
                machine,
            };
            let status = line.command.run(console);
            status.unwrap_or_else(|error| console.error(&error))
        }
        Err(error) => told(&error, machine),
    }
}

fn line(
    words: impl IntoIterator<Item = OsString>,
    machine: &dyn Machine,
) -> Result<Line, clap::Error> {
    let mut command = Line::command();
    if let Some(columns) = machine.columns() {
        command = command.term_width(columns);
    }
    let matches = command.try_get_matches_from_mut(words)?;
    Line::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// Prints help, the version, or a mistake in the words.
fn told(error: &clap::Error, machine: &dyn Machine) -> ExitStatus {
    let (stream, status) = match error.use_stderr() {
        true => (Stream::Error, ExitStatus::Failed),
        false => (Stream::Output, ExitStatus::Clean),
    };
    // A text that cannot be printed is ignored: nothing else was asked for.
    let _ = machine.print(stream, &error.render().ansi().to_string());
    status
}

impl Command {
    fn run(self, console: Console<'_>) -> CommandResult<ExitStatus> {
        match self {
            Self::Check(args) => check::run(&args, console),
            Self::Test(args) => test::run(&args, console),
            Self::Explain(args) => explain::run(&args, console),
            Self::Diff(args) => diff::run(&args, console),
            Self::Import(args) => import::run(&args, console),
            Self::Scan(args) => scan::run(&args, console),
            Self::Init(args) => init::run(&args, console),
            Self::Pin(args) => pin::run(&args, console),
            Self::Audit(args) => audit::run(&args, console),
            Self::Approvals(args) => approvals::run(&args, console),
            Self::Limits(args) => limits::run(&args, console),
            Self::Envoy(args) => envoy::run(&args, console),
            Self::Schema(_) => schema::run(console),
            Self::Completions(args) => completions::run(&args, Line::command(), console),
        }
    }
}
