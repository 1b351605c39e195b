//! Turns files in memory into the bytes of an archive, sorted, with one time and one owner for all.
//!
//! It reads no clock and no file, so that the bytes depend on the files alone.

use super::stamp::Time;
use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};
use std::collections::BTreeSet;
use std::io::{Cursor, Write as _};
use std::path::Path;
use tar::{EntryType, Header};
use zip::write::SimpleFileOptions;

/// A file of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The path, without a slash at its begin.
    pub(super) path: String,
    /// The permissions.
    pub(super) mode: u32,
    pub(super) bytes: Vec<u8>,
}

impl Entry {
    pub(super) fn file(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        let (path, bytes) = (path.into(), bytes.into());
        let mode = 0o644;
        Self { path, mode, bytes }
    }

    pub(super) fn program(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        let mode = 0o755;
        Self {
            mode,
            ..Self::file(path, bytes)
        }
    }

    /// The same file below a folder.
    pub(super) fn below(self, folder: &str) -> Self {
        let path = format!("{folder}/{}", self.path);
        Self { path, ..self }
    }
}

/// An archive of these files and of the folders that they are in, which root owns.
///
/// # Errors
/// When a path is longer than an archive takes.
pub(super) fn tar(mut files: Vec<Entry>, time: Time) -> Result<Vec<u8>> {
    files.sort_by(|one, other| one.path.cmp(&other.path));
    let mut archive = tar::Builder::new(Vec::new());
    for folder in folders(&files) {
        let mut header = header(EntryType::Directory, 0o755, 0, time)?;
        archive.append_data(&mut header, format!("{folder}/"), [].as_slice())?;
    }
    for file in files {
        let size = file.bytes.len().try_into()?;
        let mut header = header(EntryType::Regular, file.mode, size, time)?;
        archive.append_data(&mut header, &file.path, file.bytes.as_slice())?;
    }
    Ok(archive.into_inner()?)
}

fn header(kind: EntryType, mode: u32, size: u64, time: Time) -> Result<Header> {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_mtime(time.0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_username("root")?;
    header.set_groupname("root")?;
    Ok(header)
}

/// The folders of the files, each before those in it.
fn folders(files: &[Entry]) -> BTreeSet<String> {
    let parents = files
        .iter()
        .flat_map(|file| Path::new(&file.path).ancestors().skip(1));
    let names = parents.map(|folder| folder.to_string_lossy().into_owned());
    names.filter(|name| !name.is_empty()).collect()
}

/// The bytes compressed, without the name and the time of a file.
///
/// # Errors
/// None, but those of the library.
pub(super) fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let builder = GzBuilder::new().mtime(0).operating_system(255);
    let mut packed = builder.write(Vec::new(), Compression::best());
    packed.write_all(bytes)?;
    Ok(packed.finish()?)
}

/// An archive for Windows. Its times are the first that its format has, 1980.
///
/// # Errors
/// When a path is longer than an archive takes.
pub(super) fn zip(mut files: Vec<Entry>) -> Result<Vec<u8>> {
    files.sort_by(|one, other| one.path.cmp(&other.path));
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for file in files {
        let options = SimpleFileOptions::default()
            .last_modified_time(zip::DateTime::default())
            .unix_permissions(file.mode);
        archive.start_file(&file.path, options).context("a path")?;
        archive.write_all(&file.bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}
