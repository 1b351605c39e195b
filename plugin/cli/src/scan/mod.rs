//! `scan`: turns an MCP server, or a list of its tools, into what a person should know before an agent may call them.
//!
//! It calls no tool.

mod advertised;
mod alike;
mod cases;
mod class;
mod classify;
mod clean;
mod connect;
pub(crate) mod init;
mod leads;
mod poison;
mod recorder;
mod report;
mod schema;
mod signals;
pub(crate) mod source;
mod starter;
mod takes;
mod tool;
mod vocabulary;
mod words;

use crate::screen::{Ended, Ending, Screen};
use std::path::PathBuf;

/// Look at a server's tools: what each may do, and what to know before an agent may call it
///
/// Ends with 1 where a description or a name is not what it seems. Nothing is called, and nothing that a server says in
/// favour of its tools is believed.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    source: source::Source,
    /// Print a Markdown table.
    #[arg(long, conflicts_with_all = ["html", "json"])]
    markdown: bool,
    /// Print an HTML page that needs no other file.
    #[arg(long, conflicts_with = "json")]
    html: bool,
    /// Also write a policy to begin with, as `init` does.
    #[arg(long, value_name = "POLICY")]
    write: Option<PathBuf>,
    #[command(flatten)]
    bounds: init::Bounds,
}

pub(crate) fn run(args: &Args, screen: &Screen) -> Ended {
    let report = args.source.report()?;
    screen.print(match (screen.json, args.markdown, args.html) {
        (true, _, _) => report::json(&report),
        (_, true, _) => report::markdown(&report),
        (_, _, true) => report::html(&report),
        _ => report::terminal(&report),
    })?;
    if let Some(file) = &args.write {
        args.bounds.write(&report, file)?;
    }
    Ok(Ending::of(!report.alarms()))
}

#[cfg(test)]
mod measured;
#[cfg(test)]
mod tests;
