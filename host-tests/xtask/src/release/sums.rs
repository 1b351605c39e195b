//! Turns the files of a release into `SHA256SUMS`, which `sha256sum -c` reads.
//!
//! It lists every file of the folder but itself.

use anyhow::{Context, Result};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The name of the list.
const LIST: &str = "SHA256SUMS";

/// Writes the list of all files of the folder.
///
/// # Errors
/// When a file cannot be read, or the list not be written.
pub(super) fn write(folder: &Path) -> Result<()> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.retain(|name| name != LIST);
    names.sort();
    let mut list = String::new();
    for name in names {
        let bytes = fs::read(folder.join(&name)).context(name.clone())?;
        let _ = writeln!(list, "{}  {name}", hex(&bytes));
    }
    fs::write(folder.join(LIST), list).context(LIST)
}

/// The SHA-256 of the bytes, in hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
