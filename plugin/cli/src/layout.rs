//! Turns JSON into text as people write policies: a value that fits on one line is on one line.
//!
//! It never changes anything but space.

use crate::report::{CommandError, CommandResult};
use serde::Serialize;
use serde_json::Value;
use std::fmt::Write as _;

const WIDTH: usize = 110;

/// A file's text.
///
/// # Errors
/// When a map of the value has keys that are not strings.
pub(crate) fn file(value: &impl Serialize) -> CommandResult<String> {
    let value = serde_json::to_value(value);
    value
        .map(|value| document(&value))
        .map_err(|error| CommandError::new(error.to_string()))
}

/// The document, with a line break at its end.
pub(crate) fn document(value: &Value) -> String {
    let mut text = String::new();
    spread(&mut text, value, 0);
    text.push('\n');
    text
}

/// Writes a value that begins at the column where the text ends.
fn write(text: &mut String, value: &Value, depth: usize) {
    let start = text.rfind('\n').map_or(0, |end| end.saturating_add(1));
    let column = text.get(start..).map_or(0, |line| line.chars().count());
    let line = on_one_line(value);
    if column.saturating_add(line.chars().count()) <= WIDTH {
        text.push_str(&line);
    } else {
        spread(text, value, depth);
    }
}

fn spread(text: &mut String, value: &Value, depth: usize) {
    let inner = depth.saturating_add(1);
    let mut items = Separated::new(text, inner);
    match value {
        Value::Object(members) if !members.is_empty() => {
            items.text.push('{');
            for (name, value) in members {
                items.next();
                let _ = write!(items.text, "{}: ", Value::from(name.as_str()));
                write(items.text, value, inner);
            }
            items.close('}', depth);
        }
        Value::Array(elements) if !elements.is_empty() => {
            items.text.push('[');
            for value in elements {
                items.next();
                write(items.text, value, inner);
            }
            items.close(']', depth);
        }
        value => text.push_str(&on_one_line(value)),
    }
}

fn on_one_line(value: &Value) -> String {
    match value {
        Value::Object(members) if !members.is_empty() => {
            let members = members.iter().map(|(name, value)| {
                format!("{}: {}", Value::from(name.as_str()), on_one_line(value))
            });
            format!("{{ {} }}", join(members))
        }
        Value::Array(elements) => {
            let list = join(elements.iter().map(on_one_line));
            match elements.iter().any(Value::is_object) {
                true => format!("[ {list} ]"),
                false => format!("[{list}]"),
            }
        }
        value => value.to_string(),
    }
}

fn join(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

/// Items that each begin on a line of their own.
struct Separated<'t> {
    text: &'t mut String,
    depth: usize,
    first: bool,
}

impl<'t> Separated<'t> {
    fn new(text: &'t mut String, depth: usize) -> Self {
        Self {
            text,
            depth,
            first: true,
        }
    }

    fn next(&mut self) {
        self.text.push_str(if self.first { "\n" } else { ",\n" });
        self.text.push_str(&"  ".repeat(self.depth));
        self.first = false;
    }

    fn close(&mut self, bracket: char, depth: usize) {
        self.text.push('\n');
        self.text.push_str(&"  ".repeat(depth));
        self.text.push(bracket);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn value_that_fits_is_on_one_line() {
        let long = "x".repeat(100);
        let value = json!({ "version": "1", "tools": { "a": {}, "b": { "limits": [{ "max": 1 }], "reason": long } } });
        let text = document(&value);
        let expected = [
            "{",
            r#"  "version": "1","#,
            r#"  "tools": {"#,
            r#"    "a": {},"#,
            r#"    "b": {"#,
            r#"      "limits": [ { "max": 1 } ],"#,
            &format!(r#"      "reason": "{long}""#),
            "    }",
            "  }",
            "}",
            "",
        ];
        assert_eq!(text, expected.join("\n"));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
