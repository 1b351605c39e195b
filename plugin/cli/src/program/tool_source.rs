//! Turns a URL, a command or a file of the command line into the list of tools there.
//!
//! It never shows a secret that may be in a URL.

use super::connection::Connection;
use super::input;
use super::network::run;
use super::server::{Progress, over_http, over_stdio};
use indicatif::{ProgressBar, ProgressStyle};
use mcp_policy_cli::http_url::{is_http, lacks_scheme, without_secrets};
use mcp_policy_cli::listed_tools::ListedTools;
use mcp_policy_cli::sanitize::line;
use mcp_policy_cli::scan::{ScanReport, ToolList, scan};
use mcp_policy_cli::{CommandError, CommandResult};
use std::path::Path;
use std::time::Duration;

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
    fn source(&self) -> Source<'_> {
        Source::new(self.source.as_deref(), &self.command, &self.connection)
    }

    /// The report on the tools.
    pub(crate) fn report(&self) -> CommandResult<ScanReport> {
        let source = self.source();
        let tools = ToolList::of(&source.list()?).map_err(|error| source.error(error))?;
        scan(&source.name(), tools)
    }

    /// The tools as the server sends them.
    pub(crate) fn as_sent(&self) -> CommandResult<ListedTools> {
        let source = self.source();
        match source.origin {
            Origin::Command(_) => Err(source.error(
                "a gateway sees a server on stdio only through a bridge; give the bridge's URL",
            )),
            Origin::Url(_) | Origin::File(_) => source.list(),
        }
    }

    /// The name for messages.
    pub(crate) fn name(&self) -> String {
        self.source().name()
    }
}

/// The kinds of source.
enum Origin<'a> {
    Url(&'a str),
    Command(&'a [String]),
    File(&'a Path),
}

/// A place that has a list of tools, and how to ask there.
pub(super) struct Source<'a> {
    origin: Origin<'a>,
    connection: &'a Connection,
}

impl<'a> Source<'a> {
    /// A URL or a file; without one, the command.
    pub(super) fn new(
        source: Option<&'a str>,
        command: &'a [String],
        connection: &'a Connection,
    ) -> Self {
        let origin = match source {
            None => Origin::Command(command),
            Some(url) if is_http(url) => Origin::Url(url),
            Some(file) => Origin::File(Path::new(file)),
        };
        Self { origin, connection }
    }

    /// The tools there.
    ///
    /// # Errors
    /// The reason why there is no list, with the next step.
    pub(super) fn list(&self) -> CommandResult<ListedTools> {
        let patience = self.connection.patience();
        match self.origin {
            Origin::Command(command) => {
                self.watch(|progress| run(over_stdio(command, patience, progress))?)
            }
            Origin::Url(url) => {
                let server = self.connection.server(url)?;
                self.watch(|progress| run(over_http(&server, patience, progress))?)
            }
            Origin::File(file) => self.read(file),
        }
    }

    fn read(&self, file: &Path) -> CommandResult<ListedTools> {
        if file.as_os_str() != "-" && !file.exists() {
            return Err(self.error(no_file(&file.to_string_lossy())));
        }
        let listed = ListedTools::read(&input::read(file)?.bytes);
        listed.map_err(|error| self.error(error))
    }

    /// The name for messages.
    fn name(&self) -> String {
        match self.origin {
            Origin::Command(command) => line(&command.join(" "), 200),
            Origin::Url(url) => without_secrets(url),
            Origin::File(file) => line(&input::name(file), 200),
        }
    }

    fn error(&self, message: impl std::fmt::Display) -> CommandError {
        CommandError::about(self.name(), message)
    }

    /// Shows the progress of a connection on a terminal.
    fn watch<T>(&self, work: impl FnOnce(Progress<'_>) -> Result<T, String>) -> CommandResult<T> {
        let bar = ProgressBar::new_spinner();
        let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_message(format!("connecting to {}", self.name()));
        bar.enable_steady_tick(Duration::from_millis(120));
        let listed = work(&|count| bar.set_message(format!("{count} tools listed")));
        bar.finish_and_clear();
        listed.map_err(|error| self.error(error))
    }
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
