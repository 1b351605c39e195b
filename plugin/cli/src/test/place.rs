//! Turns JSON Pointers into places of a text.
//!
//! It never fails: in a text that is not JSON, or too large, nothing has a place.

use crate::ci::Region;
use crate::source_map::SourceMap;
use mcp_policy::host::Policy;

/// A place of a file.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) pointer: String,
    pub(super) region: Region,
}

/// A text whose values have places.
pub(super) struct Places<'a> {
    text: &'a str,
    /// `None` for a text that cannot be read.
    source: Option<SourceMap>,
}

impl<'a> Places<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let document = Policy::document(text.as_bytes());
        let source = document.map(|document| SourceMap::new(text, document.root()));
        Self {
            text,
            source: source.ok(),
        }
    }

    /// The place of the first pointer that the text has.
    pub(super) fn first(&self, pointers: &[String]) -> Option<Place> {
        let source = self.source.as_ref()?;
        let mut found = pointers
            .iter()
            .filter_map(|pointer| Some((pointer, source.find(pointer)?)));
        let (pointer, spot) = found.next()?;
        let (line, column) = source.line_and_column(self.text, spot.value.start);
        let (end_line, end_column) = source.line_and_column(self.text, spot.value.end);
        Some(Place {
            pointer: pointer.clone(),
            region: Region {
                line,
                column,
                end_line,
                end_column,
            },
        })
    }
}
