//! `check`: reads policies and, if it is asked to, the tools of a server, and prints the mistakes of each policy.
//!
//! It never stops at the first bad policy.

use super::caller::CallerArgs;
use super::connection::Connection;
use super::console::Console;
use super::format::{Format, FormatArgs};
use super::origin::Origin;
use super::tool_source::list;
use crate::check::{Options, Party, PolicyReport, ToolIndex, check_file};
use crate::{CommandResult, ExitStatus, Report as _, ci, to_json};
use std::path::PathBuf;

/// Check policies: every mistake with its place, warnings and notes
///
/// A file is a policy, or a manifest with policies in it: of Istio, Envoy Gateway or Higress, a configuration of Envoy, a
/// ConfigMap, or a policy in YAML.
///
/// `--as`, `--claim`, `--certificate` and `--server` also print what that caller has: each tool of `--tools`, or else of the
/// policy, and its limits.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The policies; `-` is the standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    tools: Tools,
    #[command(flatten)]
    caller: CallerArgs,
    /// Print what the caller has at this server.
    #[arg(long, value_name = "SERVER")]
    server: Option<String>,
    /// Fail on warnings too.
    #[arg(long)]
    deny_warnings: bool,
    /// Leave out findings of this name, such as `session-scope`. May be given several times.
    #[arg(long, value_name = "NAME")]
    allow: Vec<String>,
    #[command(flatten)]
    format: FormatArgs,
}

/// The tools that a policy is validated against, if any.
#[derive(clap::Args)]
struct Tools {
    /// The server's URL, or a file with its tool list: names and arguments are validated against its tools.
    #[arg(long = "tools", value_name = "URL|FILE")]
    source: Option<String>,
    /// A command that starts the server on stdio, with its arguments, instead of `--tools`.
    #[arg(last = true, value_name = "COMMAND", conflicts_with = "source")]
    command: Vec<String>,
    #[command(flatten)]
    connection: Connection,
}

impl Tools {
    fn index(&self, console: Console<'_>) -> CommandResult<Option<ToolIndex>> {
        let (source, command) = (self.source.as_deref(), &*self.command);
        if source.is_none() && command.is_empty() {
            return Ok(None);
        }
        let listed = list(Origin::new(source, command), &self.connection, console)?;
        Ok(Some(ToolIndex::new(&listed)))
    }
}

impl Args {
    /// The caller whose tools are printed, if one is named.
    fn party(&self) -> Option<Party> {
        let (caller, server) = (self.caller.facts(), self.server.clone());
        let is_named = !caller.is_empty() || server.is_some();
        is_named.then_some(Party { caller, server })
    }
}

pub(crate) fn run(args: &Args, console: Console<'_>) -> CommandResult<ExitStatus> {
    let tools = args.tools.index(console)?;
    let options = Options {
        deny_warnings: args.deny_warnings,
        allow: args.allow.clone(),
        now: Some(console.now()),
    };
    let (party, format) = (args.party(), args.format.chosen(console));
    let mut reports = Vec::new();
    for file in &args.files {
        let policy = console.read(file)?;
        for report in check_file(&policy, tools.as_ref(), &options, party.as_ref())? {
            if format == Format::Text {
                console.print(report.text())?;
            }
            reports.push(report);
        }
    }
    let findings = || {
        reports
            .iter()
            .flat_map(PolicyReport::findings)
            .collect::<Vec<_>>()
    };
    match format {
        Format::Text => {}
        Format::Json => console.print(to_json(&reports)?)?,
        Format::Github => console.print(ci::annotations(&findings()))?,
        Format::Sarif => console.print(ci::sarif("check", &findings())?)?,
    }
    let statuses = reports.iter().map(|report| report.status());
    Ok(statuses.max().unwrap_or(ExitStatus::Clean))
}
