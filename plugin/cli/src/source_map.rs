//! Turns JSON Pointers into places of a document's text.
//!
//! It never reads by itself: the engine's own reader does, so that a place is that of the value that the engine read.

use mcp_policy::document::{Value, is_invisible};
use mcp_policy::host::Policy;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;

/// The places of a document's values and names.
#[derive(Debug)]
pub(crate) struct SourceMap {
    spots: HashMap<String, Spot>,
    /// Where lines begin.
    lines: Vec<usize>,
}

/// The place of a value, in bytes of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spot {
    /// The member's name with its quotes; `None` for an element and for the document.
    pub(crate) name: Option<Range<usize>>,
    pub(crate) value: Range<usize>,
}

impl SourceMap {
    /// Pointers are those that the engine writes: invisible characters as JSON escapes them.
    pub(crate) fn new(text: &str, root: Value<'_>) -> Self {
        let mut source = Self::of_text(text);
        source.add(String::new(), None, root);
        source
    }

    /// The places in a text of JSON; none in another text.
    pub(crate) fn of_json(text: &str) -> Self {
        match Policy::document(text.as_bytes()) {
            Ok(document) => Self::new(text, document.root()),
            Err(_) => Self::of_text(text),
        }
    }

    /// A text that holds no values.
    pub(crate) fn of_text(text: &str) -> Self {
        let ends = text.match_indices('\n');
        let starts = ends.map(|(end, _)| end.saturating_add(1));
        Self {
            spots: HashMap::new(),
            lines: [0].into_iter().chain(starts).collect(),
        }
    }

    /// The engine's reader bounds how deep this goes.
    fn add(&mut self, pointer: String, name: Option<Range<usize>>, value: Value<'_>) {
        for (name, value) in value.named() {
            let token = pointer_token(&name.string().unwrap_or_default());
            self.add(format!("{pointer}/{token}"), Some(name.range()), value);
        }
        for (index, value) in value.elements().enumerate() {
            self.add(format!("{pointer}/{index}"), None, value);
        }
        let value = value.range();
        self.spots.insert(pointer, Spot { name, value });
    }

    pub(crate) fn find(&self, pointer: &str) -> Option<&Spot> {
        self.spots.get(pointer)
    }

    /// Line and column of a byte of the text, both from 1, the column in characters.
    pub(crate) fn line_and_column(&self, text: &str, at: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= at);
        let start = self.lines.get(line.saturating_sub(1)).copied();
        let before = text.get(start.unwrap_or_default()..at).unwrap_or_default();
        (line, before.chars().count().saturating_add(1))
    }

    /// Where a line begins, from 1, and its characters without the line break.
    pub(crate) fn line<'t>(&self, text: &'t str, line: usize) -> Option<(usize, &'t str)> {
        let start = *self.lines.get(line.checked_sub(1)?)?;
        let rest = text.get(start..)?;
        Some((start, rest.split('\n').next().unwrap_or_default()))
    }

    /// The byte of the text at a line and column.
    pub(crate) fn offset(&self, text: &str, line: usize, column: usize) -> usize {
        let start = self.lines.get(line.saturating_sub(1)).copied();
        let start = start.unwrap_or(text.len());
        let rest = text.get(start..).unwrap_or_default();
        let inside = rest.char_indices().nth(column.saturating_sub(1));
        start.saturating_add(inside.map_or(rest.len(), |(at, _)| at))
    }
}

/// A member's name as a token of a pointer.
pub(crate) fn pointer_token(name: &str) -> String {
    let mut token = String::new();
    for c in name.chars() {
        match c {
            '~' => token.push_str("~0"),
            '/' => token.push_str("~1"),
            c if is_invisible(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(token, "\\u{unit:04x}");
                }
            }
            c => token.push(c),
        }
    }
    token
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointer_finds_name_and_value() {
        let text = "{\n  \"a/b\": { \"c~\": [1, \"é\", {\"d\\n\": true}] } }";
        let document = Policy::document(text.as_bytes()).unwrap();
        let source = SourceMap::new(text, document.root());
        let place = |pointer| {
            source
                .find(pointer)
                .and_then(|spot| text.get(spot.value.clone()))
        };
        assert_eq!(place(""), Some(text));
        assert_eq!(place("/a~1b/c~0/1"), Some("\"é\""));
        assert_eq!(place("/a~1b/c~0/2/d\\u000a"), Some("true"));
        assert_eq!(place("/a~1b/c~0/3"), None);
        assert_eq!(place("/a"), None);
        let spot = source.find("/a~1b/c~0/2/d\\u000a").unwrap();
        let (line, column) = source.line_and_column(text, spot.value.start);
        assert_eq!((line, column), (2, 35));
        assert_eq!(source.offset(text, line, column), spot.value.start);
        let name = spot.name.clone().and_then(|name| text.get(name));
        assert_eq!(name, Some("\"d\\n\""));
        assert_eq!(source.line_and_column(text, 0), (1, 1));
    }
}
