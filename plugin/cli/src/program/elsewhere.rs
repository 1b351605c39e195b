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

/// The program that has all commands.
const NATIVE: &str =
    "the native `mcp-policy`, which `cargo install --path plugin/cli` builds in a clone";

pub(super) fn list(
    origin: Origin<'_>,
    _connection: &Connection,
    _console: Console<'_>,
) -> CommandResult<ListedTools> {
    Err(CommandError::about(
        origin.name(),
        format_args!(
            "this program asks no server; save the server's answer to `tools/list` and give that file, or use {NATIVE}"
        ),
    ))
}

pub(super) fn approvals(
    _args: &approvals::Args,
    _console: Console<'_>,
) -> CommandResult<ExitStatus> {
    Err(CommandError::new(format!(
        "`approvals` asks a gateway, and this program asks none; use {NATIVE}"
    )))
}

pub(super) fn apply(_args: &apply::Args, _console: Console<'_>) -> CommandResult<ExitStatus> {
    Err(CommandError::new(format!(
        "`envoy apply` asks Envoy, and this program asks no server; use {NATIVE}"
    )))
}

pub(super) fn follow(
    _path: &Path,
    _longest: usize,
    _each: impl FnMut(&[u8]) -> ControlFlow<()>,
) -> std::io::Result<()> {
    Err(std::io::Error::other(format!(
        "this program follows the standard input alone (`tail -F LOG | mcp-policy audit --follow`); for a file use {NATIVE}"
    )))
}
