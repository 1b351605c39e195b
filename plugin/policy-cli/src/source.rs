//! Turns a JSON Pointer into the place that it names in a document's text.
//!
//! It reads with the engine's own reader, so that what it shows is what the engine read.

use policy::Value;
use std::ops::Range;

/// A value and where its name and itself stand.
#[derive(Clone, Debug)]
pub(crate) struct Spot<'a> {
    /// The member's name, with its quotes; `None` for what has none.
    pub(crate) name: Option<Range<usize>>,
    pub(crate) value: Value<'a>,
}

/// The value that a pointer names. Its characters are those that the engine writes: control characters as JSON escapes
/// them.
pub(crate) fn find<'a>(root: Value<'a>, pointer: &str) -> Option<Spot<'a>> {
    let root = Spot {
        name: None,
        value: root,
    };
    let tokens = pointer.split('/').skip(1);
    tokens
        .into_iter()
        .try_fold(root, |spot, token| step(spot.value, token))
}

fn step<'a>(value: Value<'a>, token: &str) -> Option<Spot<'a>> {
    let member = value.named().find(|(name, _)| {
        let name = name.string().unwrap_or_default();
        written(&name) == token
    });
    if let Some((name, value)) = member {
        return Some(Spot {
            name: Some(name.range()),
            value,
        });
    }
    let element = value.elements().nth(token.parse().ok()?)?;
    Some(Spot {
        name: None,
        value: element,
    })
}

/// A member's name as a token of a pointer.
pub(crate) fn written(name: &str) -> String {
    let mut token = String::new();
    for c in name.chars() {
        match c {
            '~' => token.push_str("~0"),
            '/' => token.push_str("~1"),
            c if c.is_control() => token.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => token.push(c),
        }
    }
    token
}

/// Line and column of a byte, both from 1, the column in characters.
pub(crate) fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |end| end.saturating_add(1));
    let line = before.matches('\n').count().saturating_add(1);
    let column = before.get(start..).unwrap_or_default().chars().count();
    (line, column.saturating_add(1))
}

/// The byte at a line and column.
pub(crate) fn offset(text: &str, line: usize, column: usize) -> usize {
    let starts = text.split_inclusive('\n');
    let start: usize = starts.take(line.saturating_sub(1)).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    let inside = rest.char_indices().nth(column.saturating_sub(1));
    start.saturating_add(inside.map_or(rest.len(), |(at, _)| at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::Policy;

    #[test]
    fn pointers_lead_to_names_and_values() {
        let text = "{\n  \"a/b\": { \"c~\": [1, \"é\", {\"d\\n\": true}] } }";
        let document = Policy::document(text.as_bytes()).unwrap();
        let place = |pointer| find(document.root(), pointer).map(|spot| spot.value.raw());
        assert_eq!(place(""), Some(document.root().raw()));
        assert_eq!(place("/a~1b/c~0/1"), Some("\"é\""));
        assert_eq!(place("/a~1b/c~0/2/d\\u000a"), Some("true"));
        assert_eq!(place("/a~1b/c~0/3"), None);
        assert_eq!(place("/a"), None);
        let spot = find(document.root(), "/a~1b/c~0/2/d\\u000a").unwrap();
        let (line, column) = line_and_column(text, spot.value.range().start);
        assert_eq!((line, column), (2, 35));
        assert_eq!(offset(text, line, column), spot.value.range().start);
        assert_eq!(spot.name.and_then(|name| text.get(name)), Some("\"d\\n\""));
    }
}
