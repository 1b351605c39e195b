//! A finding about one place of a file, in the terms of every CI.
//!
//! It never holds a text of more than `LINES` lines, or one with invisible characters.

use crate::sanitize::line;

/// The most lines of a message.
const LINES: usize = 60;
/// The most characters of a line.
const LINE: usize = 1_000;

/// A finding about one place of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub(super) level: Level,
    pub(super) rule: Rule,
    pub(super) file: String,
    /// The place in the file; `None` for the whole file.
    pub(super) region: Option<Region>,
    /// The same place as a JSON Pointer; empty for the whole file.
    pub(super) pointer: String,
    pub(super) message: String,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// It is wrong.
    Error,
    /// It may be wrong.
    Warning,
    /// It is good to know.
    Note,
}

/// A kind of finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// A name that stays the same, such as `unknown-key`.
    pub name: &'static str,
    /// What findings of this kind are about, as a phrase.
    pub meaning: &'static str,
}

/// A part of a file. Lines and columns count from 1, columns in characters (code points).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// The line of the first character.
    pub line: usize,
    /// The column of the first character.
    pub column: usize,
    /// The line of the place behind the last character.
    pub end_line: usize,
    /// The column of the place behind the last character.
    pub end_column: usize,
}

impl Finding {
    /// A finding about a whole file. Of the message, `LINES` lines of `LINE` characters are kept, with invisible characters
    /// written out. The file is named without the `./` of a shell, as code hosts name it.
    pub(crate) fn new(level: Level, rule: Rule, file: &str, message: &str) -> Self {
        Self {
            level,
            rule,
            file: file.strip_prefix("./").unwrap_or(file).into(),
            region: None,
            pointer: String::new(),
            message: bounded(message),
        }
    }

    /// The same finding about a part of the file.
    pub(crate) fn at(self, pointer: &str, region: Option<Region>) -> Self {
        Self {
            region,
            pointer: line(pointer, LINE),
            ..self
        }
    }
}

impl Level {
    /// The level's name in reports of `check` and in SARIF.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

fn bounded(message: &str) -> String {
    let mut lines = message.lines();
    let mut kept: Vec<_> = lines
        .by_ref()
        .take(LINES)
        .map(|one| line(one, LINE))
        .collect();
    if lines.next().is_some() {
        kept.push("…".into());
    }
    kept.join("\n")
}
