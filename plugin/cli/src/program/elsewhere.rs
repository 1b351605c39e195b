//! The commands that ask servers or wait, on a machine without a network: each says which program has them.
//!
//! It never reads a file.

use super::approvals;
use super::connection::Connection;
use super::console::Console;
use super::envoy::apply;
use super::origin::Origin;
use crate::listed_tools::ListedTools;
use crate::{CommandError, CommandResult, ExitStatus};
use std::ops::ControlFlow;
use std::path::Path;

/// Where the other program is.
const NATIVE: &str = "the program that `cargo install mcp-policy-cli` builds has one";

pub(super) fn list(
    origin: Origin<'_>,
    _connection: &Connection,
    _console: Console<'_>,
) -> CommandResult<ListedTools> {
    let instead = "save the server's answer to `tools/list` and give the file instead";
    let what = match origin {
        Origin::Command(_) => "starts no server",
        Origin::Url(_) | Origin::File(_) => "has no network",
    };
    Err(CommandError::about(
        origin.name(),
        format_args!("this program {what}; {instead}, or use the native one: {NATIVE}"),
    ))
}

pub(super) fn approvals(
    _args: &approvals::Args,
    _console: Console<'_>,
) -> CommandResult<ExitStatus> {
    Err(without_network("approvals"))
}

pub(super) fn apply(_args: &apply::Args, _console: Console<'_>) -> CommandResult<ExitStatus> {
    Err(without_network("envoy apply"))
}

pub(super) fn follow(
    _path: &Path,
    _longest: usize,
    _each: impl FnMut(&[u8]) -> ControlFlow<()>,
) -> std::io::Result<()> {
    Err(std::io::Error::other(format!(
        "this program follows no file; {NATIVE}"
    )))
}

fn without_network(command: &str) -> CommandError {
    CommandError::new(format!(
        "`{command}` needs a network, which this program has not; {NATIVE}"
    ))
}
