//! Turns a path of the command line into bytes and a name for messages; `-` is the standard input.
//!
//! It never interprets the content.

use mcp_policy_cli::{CommandError, CommandResult, Input};
use std::io::Read as _;
use std::path::Path;

/// Reads a whole file.
pub(crate) fn read(path: &Path) -> CommandResult<Input> {
    let name = name(path);
    let bytes = bytes(path).map_err(|error| CommandError::about(&name, error))?;
    Ok(Input { name, bytes })
}

fn bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    if !is_stdin(path) {
        return std::fs::read(path);
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The name of a path in messages.
pub(crate) fn name(path: &Path) -> String {
    if is_stdin(path) {
        "<stdin>".into()
    } else {
        path.display().to_string()
    }
}

pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}
