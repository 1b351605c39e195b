//! Turns a URL, a command or a file of the command line into the list of tools there.
//!
//! It never interprets what a server answers: the library does.

use super::connection::Connection;
use super::console::Console;
use super::origin::Origin;
use super::servers;
use crate::http_url::{lacks_scheme, without_secrets};
use crate::listed_tools::ListedTools;
use crate::scan::{ScanReport, ToolList, scan};
use crate::{CommandError, CommandResult};
use std::path::Path;

/// A list of tools.
#[derive(clap::Args)]
pub(crate) struct ToolSource {
    /// The server's URL, or a file with its tool list; `-` is the standard input.
    #[arg(value_name = "URL|FILE", required_unless_present = "command")]
    source: Option<String>,
    /// A command that starts the server on stdio, with its arguments.
    #[arg(last = true, value_name = "COMMAND", conflicts_with = "source")]
    command: Vec<String>,
    #[command(flatten)]
    connection: Connection,
}

impl ToolSource {
    fn origin(&self) -> Origin<'_> {
        Origin::new(self.source.as_deref(), &self.command)
    }

    /// The report on the tools.
    pub(crate) fn report(&self, console: Console<'_>) -> CommandResult<ScanReport> {
        let origin = self.origin();
        let tools = ToolList::of(&list(origin, &self.connection, console)?)
            .map_err(|error| about(origin, error))?;
        scan(&origin.name(), tools)
    }

    /// The tools as the server sends them.
    pub(crate) fn as_sent(&self, console: Console<'_>) -> CommandResult<ListedTools> {
        let origin = self.origin();
        match origin {
            Origin::Command(_) => Err(about(
                origin,
                "a gateway sees a server on stdio only through a bridge; give the bridge's URL",
            )),
            Origin::Url(_) | Origin::File(_) => list(origin, &self.connection, console),
        }
    }

    /// The name for messages.
    pub(crate) fn name(&self) -> String {
        self.origin().name()
    }
}

/// The tools of a server or in a file.
///
/// # Errors
/// The reason why there is no list, with the next step.
pub(super) fn list(
    origin: Origin<'_>,
    connection: &Connection,
    console: Console<'_>,
) -> CommandResult<ListedTools> {
    let Origin::File(file) = origin else {
        return servers::list(origin, connection, console);
    };
    if file != Path::new("-") && console.kind(file).is_none() {
        return Err(about(origin, no_file(&file.to_string_lossy())));
    }
    let listed = ListedTools::read(&console.read(file)?.bytes);
    listed.map_err(|error| about(origin, error))
}

fn about(origin: Origin<'_>, message: impl std::fmt::Display) -> CommandError {
    CommandError::about(origin.name(), message)
}

/// The next step where a file is missing.
fn no_file(name: &str) -> String {
    if lacks_scheme(name) {
        let of = |scheme: &str| without_secrets(&format!("{scheme}://{name}"));
        let (http, https) = (of("http"), of("https"));
        return format!(
            "there is no such file; if it is a server's URL, write its scheme too: `{http}` or `{https}`"
        );
    }
    "there is no such file; a server's URL begins with `http://` or `https://`, and a command comes after `--`".into()
}
