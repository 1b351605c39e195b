//! `scan`: lists the tools of a server or a file, and prints the report on them.
//!
//! It never calls a tool.

use super::console::Console;
use super::init::Template;
use super::tool_source::ToolSource;
use crate::{CommandResult, ExitStatus, Report as _};
use std::path::PathBuf;

/// Report on a server's tools: the class of each, and signals to review before an agent may call it
///
/// Exits with 1 if a description or a name is deceptive. No tool is called, and claims of the server in favour of its tools
/// are ignored.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    source: ToolSource,
    /// Print a Markdown table.
    #[arg(long, conflicts_with_all = ["html", "json"])]
    markdown: bool,
    /// Print a self-contained HTML page.
    #[arg(long, conflicts_with = "json")]
    html: bool,
    /// Also write a starter policy, as `init` does.
    #[arg(long, value_name = "POLICY")]
    write: Option<PathBuf>,
    #[command(flatten)]
    template: Template,
}

pub(crate) fn run(args: &Args, console: Console<'_>) -> CommandResult<ExitStatus> {
    let report = args.source.report(console)?;
    match (args.markdown, args.html) {
        (true, _) => console.print(report.markdown())?,
        (_, true) => console.print(report.html())?,
        _ => drop(console.report(&report)?),
    }
    if let Some(file) = &args.write {
        args.template.write(&report, file, console)?;
    }
    Ok(report.status())
}
