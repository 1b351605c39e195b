//! Turns JSON into lines that show all of it, whatever it holds: one value a line, after its path.
//!
//! It never lets a value begin a line, move a cursor or leave a character out: the first line of a value is ASCII alone,
//! and a long one goes on behind a bar.

use crate::argument_path::is_simple;
use crate::sanitize::{ascii, readable};
use mcp_policy::document::{Kind, Value};
use unicode_width::UnicodeWidthStr as _;

/// The most columns of a line behind its bar.
const WIDTH: usize = 72;
/// What a line that goes on begins with. No path and no label does.
const GOES_ON: &str = "\n  | ";

/// A text as JSON.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The value without space, its numbers as they were sent.
pub(super) fn compact(value: Value<'_>) -> String {
    match value.kind() {
        Kind::Array => {
            let elements: Vec<_> = value.elements().map(compact).collect();
            format!("[{}]", elements.join(","))
        }
        Kind::Object => {
            let members = value.members();
            let members =
                members.map(|(name, value)| format!("{}:{}", quoted(&name), compact(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        _ => scalar(value),
    }
}

fn scalar(value: Value<'_>) -> String {
    let text = value.string();
    text.map_or_else(|| value.raw().into(), |text| quoted(&text))
}

/// All of a value below this path: lines with the path of each number, text, truth value and empty list.
pub(super) fn lines(path: &str, value: Value<'_>) -> String {
    let mut lines = String::new();
    let is_leaf = value.members().next().is_none() && value.elements().next().is_none();
    if is_leaf {
        return shown(&format!("{path} = {}", compact(value)));
    }
    for (name, value) in value.members() {
        lines += &self::lines(&member(path, &name), value);
    }
    for (index, value) in value.elements().enumerate() {
        lines += &self::lines(&format!("{path}[{index}]"), value);
    }
    lines
}

/// The path of a member; a name that could be mistaken is in quotation marks.
fn member(path: &str, name: &str) -> String {
    match is_simple(name) {
        true => format!("{path}.{name}"),
        false => format!("{path}[{}]", quoted(name)),
    }
}

/// A label and a text of any characters.
pub(super) fn field(label: &str, text: &str) -> String {
    shown(&format!("{label:<9} {}", plain(text)))
}

/// A text as it is, or as JSON where that could be mistaken for another text.
fn plain(text: &str) -> String {
    let is_plain = |c: char| (' '..='~').contains(&c) && c != '\\';
    match !text.is_empty() && text.chars().all(is_plain) && text.trim() == text {
        true => text.into(),
        false => quoted(text),
    }
}

/// A text of any characters in one line.
pub(super) fn one_line(text: &str) -> String {
    let (ascii, readable) = both(&plain(text));
    readable.map_or_else(
        || ascii.clone(),
        |readable| format!("{ascii} reads {readable}"),
    )
}

/// An indented line in ASCII, and below it a line for reading where letters of other scripts are in it.
fn shown(json: &str) -> String {
    let (ascii, readable) = both(json);
    let line = |text: &str| format!("{}\n", wrapped(text));
    let readable = readable.map(|readable| line(&format!("    reads {readable}")));
    line(&format!("  {ascii}")) + &readable.unwrap_or_default()
}

/// The JSON in ASCII, and for reading where that differs.
fn both(json: &str) -> (String, Option<String>) {
    let (ascii, readable) = (ascii(json), readable(json));
    let readable = (ascii != readable).then_some(readable);
    (ascii, readable)
}

/// The text in lines; one ends at the latest after [`WIDTH`] columns, and after the escape of a line break.
fn wrapped(text: &str) -> String {
    let (mut lines, mut column, mut rest) = (String::new(), 0_usize, text);
    while let Some((token, after)) = token(rest) {
        let width = token.width();
        if column.saturating_add(width) > WIDTH {
            lines += GOES_ON;
            column = 0;
        }
        lines += token;
        column = column.saturating_add(width);
        if token == r"\n" && after != "\"" {
            column = WIDTH;
        }
        rest = after;
    }
    lines
}

/// The next character or escape of a text, and the text after it.
fn token(text: &str) -> Option<(&str, &str)> {
    let first = text.chars().next()?;
    let length = match text.get(..2) {
        Some(r"\u") => 6,
        Some(escape) if escape.starts_with('\\') => 2,
        _ => first.len_utf8(),
    };
    let token = text.split_at_checked(length);
    token.or_else(|| text.split_at_checked(first.len_utf8()))
}
