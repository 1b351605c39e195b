//! Reads and writes the files of a command, prints its reports, and turns its end into an exit status.
//!
//! It never fails when the reader goes away early, as `head` does.

use super::machine::{Existing, Kind, Machine, Stream};
use crate::style::BAD;
use crate::{CommandError, CommandResult, ExitStatus, Input, Report};
use std::fmt::Display;
use std::io::{BufRead, ErrorKind, Read as _, Result};
use std::path::{Path, PathBuf};

/// Where a command reads and prints.
#[derive(Clone, Copy)]
pub(crate) struct Console<'a> {
    /// The reader is a program.
    pub(crate) json: bool,
    pub(crate) machine: &'a dyn Machine,
}

impl<'a> Console<'a> {
    /// Reads a whole file; `-` is the standard input.
    pub(crate) fn read(self, path: &Path) -> CommandResult<Input> {
        let name = name(path);
        let mut bytes = Vec::new();
        let read = self
            .open(path)
            .and_then(|mut source| source.read_to_end(&mut bytes));
        read.map_err(|error| CommandError::about(&name, error))?;
        Ok(Input { name, bytes })
    }

    /// A file in pieces; `-` is the standard input.
    pub(crate) fn open(self, path: &Path) -> Result<Box<dyn BufRead + 'a>> {
        match is_stdin(path) {
            true => self.machine.stdin(),
            false => self.machine.open(path),
        }
    }

    /// Writes a file, and replaces one that exists.
    pub(crate) fn write(self, path: &Path, text: impl AsRef<[u8]>) -> CommandResult<()> {
        let written = self.machine.write(path, text.as_ref(), Existing::Replaced);
        written.map_err(|error| CommandError::about(path.display(), error))
    }

    /// The kind of what a path names, if it names anything.
    pub(crate) fn kind(self, path: &Path) -> Option<Kind> {
        self.machine.kind(path).ok()
    }

    /// The paths in a folder.
    pub(crate) fn list(self, folder: &Path) -> Result<Vec<PathBuf>> {
        let names = self.machine.list(folder)?;
        Ok(names.iter().map(|name| folder.join(name)).collect())
    }

    /// Seconds since 1970.
    pub(crate) fn now(self) -> u64 {
        self.machine.now().as_secs()
    }

    /// Prints a report in the format that the user chose.
    pub(crate) fn report(self, report: &impl Report) -> CommandResult<ExitStatus> {
        self.print(if self.json {
            report.json()?
        } else {
            report.text()
        })?;
        Ok(report.status())
    }

    /// Prints text, as it is.
    pub(crate) fn print(self, text: impl Display) -> CommandResult<()> {
        self.stream(text).map(drop)
    }

    /// Prints a part of an output that may have no end. False once nobody reads it any more.
    pub(crate) fn stream(self, text: impl Display) -> CommandResult<bool> {
        match self.machine.print(Stream::Output, &text.to_string()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
            Err(error) => Err(CommandError::about("standard output", error)),
            Ok(()) => Ok(true),
        }
    }

    /// Prints text beside the report, to the standard error.
    pub(crate) fn warn(self, text: impl Display) -> CommandResult<()> {
        let written = self.machine.print(Stream::Error, &text.to_string());
        written.map_err(|error| CommandError::about("standard error", error))
    }

    /// Prints the reason why a command could not run.
    pub(crate) fn error(self, error: &CommandError) -> ExitStatus {
        // An error that cannot be printed either is ignored.
        let _ = self.warn(format_args!("{BAD}error{BAD:#}: {error}\n"));
        ExitStatus::Failed
    }
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
