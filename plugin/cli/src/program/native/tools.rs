//! Turns a server into its list of tools, and shows on a terminal how far that is.
//!
//! It never calls a tool.

use super::connection::server;
use super::network::run;
use super::server::{Progress, over_http, over_stdio};
use crate::listed_tools::ListedTools;
use crate::program::connection::Connection;
use crate::program::console::Console;
use crate::program::origin::Origin;
use crate::{CommandError, CommandResult};
use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// The tools of a server.
///
/// # Errors
/// The reason why there is no list, with the next step.
pub(in crate::program) fn list(
    origin: Origin<'_>,
    connection: &Connection,
    console: Console<'_>,
) -> CommandResult<ListedTools> {
    let patience = connection.patience();
    match origin {
        Origin::Command(command) => watch(origin, |progress| {
            run(over_stdio(command, patience, progress))?
        }),
        Origin::Url(url) => {
            let server = server(connection, url, console)?;
            watch(origin, |progress| {
                run(over_http(&server, patience, progress))?
            })
        }
        Origin::File(_) => Err(CommandError::about(origin.name(), "it is a file")),
    }
}

/// Shows the progress of a connection on a terminal.
fn watch<T>(
    origin: Origin<'_>,
    work: impl FnOnce(Progress<'_>) -> Result<T, String>,
) -> CommandResult<T> {
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.set_message(format!("connecting to {}", origin.name()));
    bar.enable_steady_tick(Duration::from_millis(120));
    let listed = work(&|count| bar.set_message(format!("{count} tools listed")));
    bar.finish_and_clear();
    listed.map_err(|error| CommandError::about(origin.name(), error))
}
