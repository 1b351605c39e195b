//! `mcp-policy`: turns the words of a command line into one command, and what came of it into an exit code.
//!
//! It needs a network for servers that `scan`, `init` and `pin` look at alone, and decides nothing about calls itself: the engine
//! does, the same that runs in a gateway.

mod check;
mod completions;
mod diff;
mod explain;
mod import;
mod input;
mod layout;
mod pin;
mod scan;
mod schema;
mod screen;
mod source;
mod test;

use clap::{Parser, Subcommand};
use screen::{Ending, Screen};
use std::process::ExitCode;

/// Checks, tests, compares and explains policies for MCP tool calls.
///
/// Every command exits with 0 when all is well, 1 when it found something, and 2 when it could not be carried out. A
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
    Init(scan::init::Args),
    Pin(pin::Args),
    Schema(schema::Args),
    Completions(completions::Args),
}

fn main() -> ExitCode {
    let line = Line::parse();
    let screen = Screen { json: line.json };
    let ending = match line.command {
        Command::Check(args) => check::run(&args, &screen),
        Command::Test(args) => test::run(&args, &screen),
        Command::Explain(args) => explain::run(&args, &screen),
        Command::Diff(args) => diff::run(&args, &screen),
        Command::Import(args) => import::run(&args, &screen),
        Command::Scan(args) => scan::run(&args, &screen),
        Command::Init(args) => scan::init::run(&args, &screen),
        Command::Pin(args) => pin::run(&args, &screen),
        Command::Schema(_) => schema::run(&screen),
        Command::Completions(args) => completions::run(&args, &screen),
    };
    ending.unwrap_or_else(Ending::failed).into()
}
