//! Turns the bytes of a log, line by line, into the lines of the audit log that a user asks for.
//!
//! It never drops a line silently: each is returned, a part of the next one, or counted in [`Skipped`].

use super::filter::Filter;
use super::skipped::Skipped;
use crate::audit_line::{AuditLine, LineReader, Read, too_long};
use crate::report::ExitStatus;

/// A log that is being read.
#[derive(Debug, Default)]
pub struct AuditLog {
    name: String,
    number: u64,
    reader: LineReader,
    filter: Filter,
    skipped: Skipped,
    /// Whether a line of the audit log was found, asked for or not.
    found: bool,
}

impl AuditLog {
    /// The most bytes of a line. A longer one may be cut after one byte more: it is unreadable.
    pub const LONGEST: usize = crate::audit_line::LONGEST;

    /// A log whose lines are those that this filter admits.
    #[must_use]
    pub fn new(filter: Filter) -> Self {
        Self {
            filter,
            ..Self::default()
        }
    }

    /// Begins with the first line of a file of this name.
    pub fn open(&mut self, name: &str) {
        self.name = name.into();
        self.number = 0;
        self.reader = LineReader::default();
    }

    /// The line of the audit log in the next line of the file, if there is one that is asked for.
    pub fn read(&mut self, line: &[u8]) -> Option<AuditLine> {
        self.number = self.number.saturating_add(1);
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end();
        let read = match line.len() > Self::LONGEST {
            true => Read::Unreadable(too_long()),
            false => self.reader.read(text),
        };
        self.found |= matches!(read, Read::Line(_));
        match read {
            Read::Line(line) if self.filter.admits(&line) => return Some(*line),
            Read::Line(_) => self.skipped.add_filtered(),
            Read::Lost(lost) => self.skipped.add_lost(lost),
            Read::Later(version) => self.skipped.add_later(version),
            Read::Unreadable(why) => {
                self.skipped
                    .add_unreadable(&self.name, self.number, why, text);
            }
            Read::Other if !text.is_empty() => {
                self.skipped.add_other(&self.name, self.number, text);
            }
            Read::Part | Read::Other => {}
        }
        None
    }

    /// [`Findings`](ExitStatus::Findings) where lines of the audit log could not be read, and where there was none.
    #[must_use]
    pub fn status(&self) -> ExitStatus {
        ExitStatus::from_clean(self.found && self.skipped.lost() == 0)
    }

    /// The lines that were not returned.
    #[must_use]
    pub fn skipped(&self) -> &Skipped {
        &self.skipped
    }
}
