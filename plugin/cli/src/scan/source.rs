//! Turns what the command line names, a URL, a command or a file, into a report on the tools there.
//!
//! It shows no secret that may be in a URL.

use super::clean;
use super::connect::{Progress, answers_over_http, over_http, over_stdio};
use super::report::Report;
use super::tool::Listed;
use crate::input::Input;
use crate::screen::Trouble;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::Path;
use std::time::Duration;

/// Where the tools are listed.
#[derive(clap::Args)]
pub(crate) struct Source {
    /// The server's URL, or a file with its tool list; `-` is the standard input.
    #[arg(value_name = "URL|FILE", required_unless_present = "command")]
    source: Option<String>,
    /// A command that starts the server on stdio, with its arguments.
    #[arg(last = true, value_name = "COMMAND", conflicts_with = "source")]
    command: Vec<String>,
    /// How many seconds the server has for its whole list.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// The environment variable that holds a bearer token for the URL.
    #[arg(long, value_name = "VARIABLE", requires = "source")]
    token_env: Option<String>,
}

impl Source {
    pub(super) fn report(&self) -> Result<Report, Trouble> {
        let name = self.name();
        let fail = |error: String| Trouble(format!("{name}: {error}"));
        let listed = self.listed()?.map_err(fail)?;
        if listed.tools.is_empty() && listed.left_out.is_empty() {
            return Err(fail("it lists no tools".into()));
        }
        Ok(Report::new(name, listed))
    }

    /// The answers in which it lists its tools, as they are sent.
    pub(crate) fn answers(&self) -> Result<Vec<String>, Trouble> {
        let fail = |error: String| Trouble(format!("{}: {error}", self.name()));
        match self.source.as_deref() {
            None => Err(fail(
                "a gateway sees what a bridge makes of a server on stdio; give the bridge's URL"
                    .into(),
            )),
            Some(url) if is_url(url) => {
                let token = self.token()?;
                let patience = Duration::from_secs(self.timeout);
                self.watch(|progress| run(answers_over_http(url, token, patience, progress)))
                    .map_err(fail)
            }
            Some(file) => {
                let text = String::from_utf8(Input::read(Path::new(file))?.bytes);
                Ok(vec![text.map_err(|error| fail(error.to_string()))?])
            }
        }
    }

    /// What messages call it.
    pub(crate) fn name(&self) -> String {
        match self.source.as_deref() {
            None => clean::line(&self.command.join(" "), 200),
            Some(url) if is_url(url) => without_secrets(url),
            Some(file) => clean::line(&crate::input::name(Path::new(file)), 200),
        }
    }

    fn listed(&self) -> Result<Result<Listed, String>, Trouble> {
        let patience = Duration::from_secs(self.timeout);
        Ok(match self.source.as_deref() {
            None => self.watch(|progress| run(over_stdio(&self.command, patience, progress))),
            Some(url) if is_url(url) => {
                let token = self.token()?;
                self.watch(|progress| run(over_http(url, token, patience, progress)))
            }
            Some(file) => {
                let bytes = Input::read(Path::new(file))?.bytes;
                let text = String::from_utf8(bytes);
                text.map_err(|error| error.to_string())
                    .and_then(|text| Listed::read(&text))
            }
        })
    }

    fn token(&self) -> Result<Option<String>, Trouble> {
        let variable = self.token_env.as_deref();
        let value = variable.map(|name| {
            let missing = |_| Trouble(format!("{name}: the environment has no such variable"));
            std::env::var(name).map_err(missing)
        });
        value.transpose()
    }

    /// Shows how far it is, where that can be seen.
    fn watch<T>(&self, work: impl FnOnce(Progress<'_>) -> Result<T, String>) -> Result<T, String> {
        let bar = ProgressBar::new_spinner();
        let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_message(format!("connecting to {}", self.name()));
        bar.enable_steady_tick(Duration::from_millis(120));
        let listed = work(&|count| bar.set_message(format!("{count} tools listed")));
        bar.finish_and_clear();
        listed
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
    clean::line(&format!("{scheme}://{authority}{path}"), 200)
}
