//! Prints reports, colours only on a terminal, and turns the end of a command into an exit code.
//!
//! It never panics when the reader goes away early, as `head` does.

use mcp_policy_cli::{CommandError, CommandResult, ExitStatus, Report, style::BAD};
use std::fmt::Display;
use std::io::{ErrorKind, Write as _};

/// Where a command prints.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    /// The reader is a program.
    pub(crate) json: bool,
}

impl Output {
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
        match write!(anstream::stdout().lock(), "{text}") {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(CommandError::about("standard output", error))
            }
            _ => Ok(()),
        }
    }

    /// Prints a part of an output that may have no end. False once nobody reads it any more.
    pub(crate) fn stream(self, text: impl Display) -> CommandResult<bool> {
        match write!(anstream::stdout().lock(), "{text}") {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
            Err(error) => Err(CommandError::about("standard output", error)),
            Ok(()) => Ok(true),
        }
    }

    /// Prints text beside the report, to the standard error.
    pub(crate) fn warn(self, text: impl Display) -> CommandResult<()> {
        let written = write!(anstream::stderr().lock(), "{text}");
        written.map_err(|error| CommandError::about("standard error", error))
    }

    /// Prints the reason why a command could not run.
    pub(crate) fn error(self, error: &CommandError) -> ExitStatus {
        // An error that cannot be printed either is ignored.
        let _ = writeln!(anstream::stderr(), "{BAD}error{BAD:#}: {error}");
        ExitStatus::Failed
    }
}
