//! What a command needs of the machine that it runs on: files, the standard streams, the clock and the environment.
//!
//! It never decides what a command does with them.

use std::ffi::OsString;
use std::io::{BufRead, Result};
use std::path::Path;
use std::time::Duration;

/// The machine that a command runs on.
pub trait Machine {
    /// The content of a file, in pieces.
    ///
    /// # Errors
    /// When the file cannot be opened.
    fn open(&self, file: &Path) -> Result<Box<dyn BufRead + '_>>;

    /// The standard input, in pieces.
    ///
    /// # Errors
    /// When there is none.
    fn stdin(&self) -> Result<Box<dyn BufRead + '_>>;

    /// Writes a whole file.
    ///
    /// # Errors
    /// When the file cannot be written, and with [`AlreadyExists`](std::io::ErrorKind::AlreadyExists) if it exists and must
    /// not.
    fn write(&self, file: &Path, content: &[u8], existing: Existing) -> Result<()>;

    /// What a path names; a symbolic link is what it points to.
    ///
    /// # Errors
    /// When the path names nothing that this process can see.
    fn kind(&self, path: &Path) -> Result<Kind>;

    /// The names in a folder, in any order.
    ///
    /// # Errors
    /// When the folder cannot be read.
    fn list(&self, folder: &Path) -> Result<Vec<OsString>>;

    /// Prints a text. Its colours are ANSI escape sequences, which the machine strips where no terminal shows them.
    ///
    /// # Errors
    /// When the stream takes no text; with [`BrokenPipe`](std::io::ErrorKind::BrokenPipe) if nobody reads it any more.
    fn print(&self, stream: Stream, text: &str) -> Result<()>;

    /// The time since 1970.
    fn now(&self) -> Duration;

    /// The value of an environment variable, if it has one that is UTF-8.
    fn variable(&self, name: &str) -> Option<String>;

    /// Whether a person types the standard input.
    fn is_stdin_a_terminal(&self) -> bool;

    /// The width of the terminal in characters, if the machine knows better than `clap`, which asks the system.
    fn columns(&self) -> Option<usize>;
}

/// What becomes of a file that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It is replaced.
    Replaced,
    /// It stays, and nothing is written.
    Kept,
}

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file, or what can be read like one.
    File,
    /// A folder.
    Folder,
}

/// A stream that is printed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// The standard output.
    Output,
    /// The standard error.
    Error,
}
