//! Turns a text of YAML that holds a policy into the place in the file of each of its characters.
//!
//! It never guesses: where a text is not written as it reads, each of its parts is the whole of it.

use super::places::{Places, offset};
use crate::source_map::SourceMap;
use crate::yaml::Node;
use std::ops::Range;

/// The places of the text in a node.
pub(super) fn places(text: &str, node: &Node, file: &str, lines: &SourceMap) -> Places {
    let whole = offset(file, lines, node.mark)..offset(file, lines, node.end);
    let written = file.get(whole.clone()).unwrap_or_default();
    in_lines(text, node, file, lines)
        .or_else(|| in_quotes(text, written, whole.start))
        .unwrap_or_else(|| {
            let mut places = Places::default();
            places.add(0..text.len(), whole);
            places
        })
}

/// A literal block, and a text on one line: the first line begins where the node does, and the others behind their indentation.
fn in_lines(text: &str, node: &Node, file: &str, lines: &SourceMap) -> Option<Places> {
    let (mut places, mut at) = (Places::default(), 0_usize);
    for (index, line) in text.split('\n').enumerate() {
        let start = match index {
            0 => offset(file, lines, node.mark),
            _ => behind_indentation(
                line,
                lines.line(file, node.mark.line.saturating_add(index)),
                file,
            )?,
        };
        file.get(start..)?.strip_prefix(line)?;
        // With the line break, so that a mistake there has a place.
        let length = line.len().saturating_add(1);
        let end = at.saturating_add(length);
        places.add(at..end, start..start.saturating_add(length));
        at = end;
    }
    Some(places)
}

/// Where a line of the text begins in its line of the file. A block may end before the blank lines behind it do.
fn behind_indentation(line: &str, written: Option<(usize, &str)>, file: &str) -> Option<usize> {
    let Some((start, written)) = written else {
        return line.is_empty().then_some(file.len());
    };
    let written = written.trim_end_matches('\r');
    let indentation = match line {
        "" => written,
        _ => written
            .strip_suffix(line)
            .filter(|before| before.trim().is_empty())?,
    };
    Some(start.saturating_add(indentation.len()))
}

/// A text in double quotes on one line: each escape is a part of its own.
fn in_quotes(text: &str, written: &str, start: usize) -> Option<Places> {
    let inner = written.strip_prefix('"')?;
    let (mut places, mut read) = (Places::default(), String::new());
    let mut rest = inner;
    while !rest.starts_with('"') {
        let length = token(rest)?;
        let (part, behind) = rest.split_at_checked(length)?;
        let before = written.len().saturating_sub(rest.len());
        let at = read.len();
        read.push_str(&unescaped(part)?);
        let place: Range<usize> =
            start.saturating_add(before)..start.saturating_add(before).saturating_add(length);
        places.add(at..read.len(), place);
        rest = behind;
    }
    (read == text).then_some(places)
}

/// The length of the run without escapes, or of the escape, at the beginning.
fn token(rest: &str) -> Option<usize> {
    let Some(escape) = rest.strip_prefix('\\') else {
        return rest.find(['"', '\\']);
    };
    let digits = match escape.chars().next()? {
        'x' => 2,
        'u' if is_high_surrogate(escape) => 10,
        'u' => 4,
        'U' => 8,
        other => other.len_utf8().saturating_sub(1),
    };
    Some(digits.saturating_add(2))
}

fn is_high_surrogate(escape: &str) -> bool {
    let code = escape
        .get(1..5)
        .and_then(|digits| u32::from_str_radix(digits, 16).ok());
    code.is_some_and(|code| (0xd800..0xdc00).contains(&code)) && escape.get(5..7) == Some("\\u")
}

/// The characters of a part, read as YAML reads an escape or as JSON does.
fn unescaped(part: &str) -> Option<String> {
    let code = |digits: &str| {
        u32::from_str_radix(digits, 16)
            .ok()
            .and_then(char::from_u32)
            .map(String::from)
    };
    match part.strip_prefix('\\') {
        None => Some(part.into()),
        Some(escape) => match escape.split_at_checked(1)? {
            ("x" | "U", digits) => code(digits),
            (" " | "/" | "\"" | "\\", _) => Some(escape.into()),
            _ => serde_json::from_str(&format!("\"{part}\"")).ok(),
        },
    }
}
