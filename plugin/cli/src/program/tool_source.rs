//! Turns a URL, a command or a file of the command line into the list of tools there.
//!
//! It never shows a secret that may be in a URL.

use super::input;
use super::server::{Progress, answers_over_http, over_http, over_stdio};
use indicatif::{ProgressBar, ProgressStyle};
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
    /// The time that the server has for its whole list, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// The environment variable that holds a bearer token for the URL.
    #[arg(long, value_name = "VARIABLE", requires = "source")]
    token_env: Option<String>,
}

/// The kinds of source.
enum Origin<'a> {
    Url(&'a str),
    Command(&'a [String]),
    File(&'a Path),
}

impl ToolSource {
    fn origin(&self) -> Origin<'_> {
        match self.source.as_deref() {
            None => Origin::Command(&self.command),
            Some(url) if is_url(url) => Origin::Url(url),
            Some(file) => Origin::File(Path::new(file)),
        }
    }

    /// The report on the tools.
    pub(crate) fn report(&self) -> CommandResult<ScanReport> {
        scan(&self.name(), self.list()?)
    }

    fn list(&self) -> CommandResult<ToolList> {
        let patience = Duration::from_secs(self.timeout);
        match self.origin() {
            Origin::Command(command) => {
                self.watch(|progress| run(over_stdio(command, patience, progress)))
            }
            Origin::Url(url) => {
                let token = self.token()?;
                self.watch(|progress| run(over_http(url, token, patience, progress)))
            }
            Origin::File(file) => {
                let list = ToolList::read(&self.text(file)?);
                list.map_err(|error| self.error(error))
            }
        }
    }

    /// The answers to `tools/list`, as the server sends them.
    pub(crate) fn answers(&self) -> CommandResult<Vec<String>> {
        match self.origin() {
            Origin::Command(_) => Err(self.error(
                "a gateway sees a server on stdio only through a bridge; give the bridge's URL",
            )),
            Origin::Url(url) => {
                let token = self.token()?;
                let patience = Duration::from_secs(self.timeout);
                self.watch(|progress| run(answers_over_http(url, token, patience, progress)))
            }
            Origin::File(file) => Ok(vec![self.text(file)?]),
        }
    }

    fn text(&self, file: &Path) -> CommandResult<String> {
        let text = String::from_utf8(input::read(file)?.bytes);
        text.map_err(|error| self.error(error))
    }

    /// The name for messages.
    pub(crate) fn name(&self) -> String {
        match self.origin() {
            Origin::Command(command) => line(&command.join(" "), 200),
            Origin::Url(url) => without_secrets(url),
            Origin::File(file) => line(&input::name(file), 200),
        }
    }

    fn error(&self, message: impl std::fmt::Display) -> CommandError {
        CommandError::about(self.name(), message)
    }

    fn token(&self) -> CommandResult<Option<String>> {
        let variable = self.token_env.as_deref();
        let value = variable.map(|name| {
            let missing = "the environment has no such variable";
            std::env::var(name).map_err(|_| CommandError::about(name, missing))
        });
        value.transpose()
    }

    /// Shows the progress of a connection, where a person can see it.
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

fn run<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.map_err(|error| error.to_string())?.block_on(work)
}

fn is_url(source: &str) -> bool {
    let scheme = source.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        ["http", "https"]
            .iter()
            .any(|one| scheme.eq_ignore_ascii_case(one))
    })
}

/// A URL without the user's name, the query and the fragment, in which secrets are sent.
fn without_secrets(url: &str) -> String {
    let shown = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = shown.split_once("://").unwrap_or(("", shown));
    let host = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(host).unwrap_or((rest, ""));
    let authority = authority.rsplit('@').next().unwrap_or_default();
    line(&format!("{scheme}://{authority}{path}"), 200)
}
