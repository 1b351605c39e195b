//! The machine of a process: files, the standard streams, the clock and the environment of the operating system.
//!
//! It never prints a colour where no terminal shows it.

use crate::program::machine::{Existing, Kind, Machine, Stream};
use std::ffi::OsString;
use std::fs::{File, OpenOptions, metadata, read_dir};
use std::io::{BufRead, BufReader, IsTerminal as _, Result, Write as _, stdin};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The machine of this process.
pub(super) struct Process;

impl Machine for Process {
    fn open(&self, file: &Path) -> Result<Box<dyn BufRead + '_>> {
        Ok(Box::new(BufReader::new(File::open(file)?)))
    }

    fn stdin(&self) -> Result<Box<dyn BufRead + '_>> {
        Ok(Box::new(stdin().lock()))
    }

    fn write(&self, file: &Path, content: &[u8], existing: Existing) -> Result<()> {
        let mut options = OpenOptions::new();
        match existing {
            Existing::Replaced => options.write(true).create(true).truncate(true),
            Existing::Kept => options.write(true).create_new(true),
        };
        options.open(file)?.write_all(content)
    }

    fn kind(&self, path: &Path) -> Result<Kind> {
        Ok(match metadata(path)?.is_dir() {
            true => Kind::Folder,
            false => Kind::File,
        })
    }

    fn list(&self, folder: &Path) -> Result<Vec<OsString>> {
        read_dir(folder)?
            .map(|entry| Ok(entry?.file_name()))
            .collect()
    }

    fn print(&self, stream: Stream, text: &str) -> Result<()> {
        match stream {
            Stream::Output => write!(anstream::stdout().lock(), "{text}"),
            Stream::Error => write!(anstream::stderr().lock(), "{text}"),
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the program alone reads the clock"
    )]
    fn now(&self) -> Duration {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.unwrap_or_default()
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn is_stdin_a_terminal(&self) -> bool {
        stdin().is_terminal()
    }

    fn columns(&self) -> Option<usize> {
        None
    }
}
