//! Reads the file from which Envoy reads the plugin's configuration, and replaces it in one step.
//!
//! It never leaves a part of a file at its path.

use crate::program::console;
use crate::{CommandError, CommandResult, Input};
use std::fs::Permissions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

/// The content of the file, if there is one.
pub(super) fn former(path: &Path) -> CommandResult<Option<Input>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(Input {
            name: console::name(path),
            bytes,
        })),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(CommandError::about(path.display(), error)),
    }
}

/// Writes a temporary file beside the path and moves it over it, so that Envoy, which watches for the move, never reads a
/// part. Permissions stay; a new file can be read by everybody, as Envoy often runs as another user.
pub(super) fn replace(path: &Path, text: &[u8]) -> CommandResult<()> {
    let written = write_beside(path, text);
    written.map_err(|error| {
        let path = path.display();
        CommandError::new(format!(
            "{path} cannot be written: {error}; `--file` names the file that Envoy reads"
        ))
    })
}

fn write_beside(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let mut file = tempfile::Builder::new()
        .prefix(".mcp-policy-")
        .tempfile_in(folder.unwrap_or_else(|| Path::new(".")))?;
    file.write_all(text)?;
    file.as_file().sync_all()?;
    if let Some(permissions) = permissions(path) {
        file.as_file().set_permissions(permissions)?;
    }
    file.persist(path)?;
    Ok(())
}

fn permissions(path: &Path) -> Option<Permissions> {
    let former = std::fs::metadata(path).ok();
    former
        .map(|former| former.permissions())
        .or_else(of_new_files)
}

#[cfg(unix)]
fn of_new_files() -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn of_new_files() -> Option<Permissions> {
    None
}
