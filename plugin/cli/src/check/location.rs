//! Turns a diagnostic about a JSON Pointer into one with a place in the text.
//!
//! It never fails: a diagnostic without a place is about the whole document.

use super::diagnostic::{Diagnostic, Level};
use super::embedded::Places;
use crate::not_json::mistake;
use crate::source_map::SourceMap;
use mcp_policy::host::{JsonFault, PolicyError, Problem};
use serde::Serialize;
use std::borrow::Cow;
use std::ops::Range;

/// A diagnostic with its place in a file.
#[derive(Debug, Serialize)]
pub(super) struct Located {
    pub(super) level: Level,
    pub(super) name: &'static str,
    pub(super) at: String,
    pub(super) line: usize,
    pub(super) column: usize,
    /// The place behind the last character.
    pub(super) end_line: usize,
    pub(super) end_column: usize,
    pub(super) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) help: Option<String>,
    /// Other places with the same problem.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) also: Vec<String>,
    #[serde(skip)]
    pub(super) span: Range<usize>,
}

impl Located {
    /// At the name or the value that the diagnostic is about; at the whole document if it is about neither.
    pub(super) fn in_document(diagnostic: Diagnostic, source: &SourceMap, text: &str) -> Self {
        let spot = source.find(&diagnostic.at).or_else(|| source.find(""));
        let spot = spot.cloned().unwrap_or_default();
        let name = spot.name.filter(|_| diagnostic.on_name);
        Self::new(diagnostic, name.unwrap_or(spot.value), source, text)
    }

    /// A document that is not JSON has one mistake, at a line and column.
    pub(super) fn not_json(error: &PolicyError, text: &str) -> Self {
        let (line, column) = match error.problem {
            Problem::Json { line, column, .. } => (line, column),
            _ => (1, 1),
        };
        let source = SourceMap::of_text(text);
        let at = source.offset(text, line, column);
        let mut diagnostic = Diagnostic::error(error);
        if is_syntax(error)
            && let Some(mistake) = mistake(text, at)
        {
            diagnostic.message = mistake.says.into();
            return Self::new(diagnostic, mistake.span, &source, text);
        }
        let rest = text.get(at..).unwrap_or_default();
        let end = at.saturating_add(first_token(rest));
        Self::new(diagnostic, at..end, &source, text)
    }

    /// The same diagnostic about a policy, at the place in the file around it.
    pub(super) fn moved(self, places: &Places, lines: &SourceMap, file: &str) -> Self {
        let span = places.of(&self.span);
        let span = file.floor_char_boundary(span.start)..file.ceil_char_boundary(span.end);
        self.at(span, lines, file)
    }

    /// The message behind its JSON Pointer, if it is about a part of the document.
    pub(super) fn title(&self) -> Cow<'_, str> {
        match &*self.at {
            "" => Cow::Borrowed(&self.message),
            at => Cow::Owned(format!("{at}: {}", self.message)),
        }
    }

    /// At a place of the text.
    pub(super) fn new(
        diagnostic: Diagnostic,
        span: Range<usize>,
        source: &SourceMap,
        text: &str,
    ) -> Self {
        let located = Self {
            level: diagnostic.level,
            name: diagnostic.name,
            at: diagnostic.at,
            line: 0,
            column: 0,
            end_line: 0,
            end_column: 0,
            message: diagnostic.message,
            help: diagnostic.help,
            also: diagnostic.also,
            span: 0..0,
        };
        located.at(span, source, text)
    }

    fn at(self, span: Range<usize>, source: &SourceMap, text: &str) -> Self {
        let (line, column) = source.line_and_column(text, span.start);
        let (end_line, end_column) = source.line_and_column(text, span.end);
        Self {
            line,
            column,
            end_line,
            end_column,
            span,
            ..self
        }
    }
}

/// The length of the next text in quotes; of one character if another token is next.
fn first_token(rest: &str) -> usize {
    let mut chars = rest.char_indices();
    let first = chars.next().map_or(0, |(_, c)| c.len_utf8());
    if !rest.starts_with('"') {
        return first;
    }
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '"' => return at.saturating_add(1),
            '\n' => break,
            _ => {}
        }
    }
    first
}

/// Whether a known mistake may explain the fault. The others, such as a duplicate name, are clear.
fn is_syntax(error: &PolicyError) -> bool {
    let Problem::Json { fault, .. } = &error.problem else {
        return false;
    };
    matches!(
        fault,
        JsonFault::Empty
            | JsonFault::Syntax
            | JsonFault::TrailingData
            | JsonFault::ControlCharacter
    )
}
