//! Writes one JSON object on one line, member by member.
//!
//! Member names come from the engine and are not escaped. It never writes a line break.

use crate::words::digits::{hex_digit, push_ascii};
use crate::words::plain::after_name;
use crate::words::text::logged;

/// An object under construction, with its members so far.
#[derive(Clone, Debug)]
pub(crate) struct ObjectLine(String);

impl ObjectLine {
    /// An object without members. It reserves more room than most log lines need.
    pub(crate) fn new() -> Self {
        let mut text = String::with_capacity(512);
        text.push('{');
        Self(text)
    }

    /// Adds a member whose value is JSON already.
    pub(crate) fn json(&mut self, name: &str, value: &str) {
        self.name(name).push_str(value);
    }

    /// Adds a member with a text of the engine, or of printable ASCII.
    pub(crate) fn text(&mut self, name: &str, value: &str) {
        push_text(self.name(name), value);
    }

    /// Adds a member with a client's text: clipped, without control characters and secrets.
    pub(crate) fn logged(&mut self, name: &str, value: &str) {
        push_logged(self.name(name), value);
    }

    /// Adds a member with a list. `elements` are JSON, separated by commas.
    pub(crate) fn list(&mut self, name: &str, elements: &str) {
        self.name(name).extend(["[", elements, "]"]);
    }

    /// Adds a member with an object. `members` are JSON, separated by commas.
    pub(crate) fn object(&mut self, name: &str, members: &str) {
        self.name(name).extend(["{", members, "}"]);
    }

    /// Adds a member with a list of a client's texts, each as [`Self::logged`].
    pub(crate) fn logged_list<'t>(&mut self, name: &str, texts: impl Iterator<Item = &'t str>) {
        let list = self.name(name);
        list.push('[');
        for (index, text) in texts.enumerate() {
            if index > 0 {
                list.push(',');
            }
            push_logged(list, text);
        }
        list.push(']');
    }

    /// Adds the name of a member and returns the text to which the caller appends its value.
    pub(crate) fn name(&mut self, name: &str) -> &mut String {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push('"');
        self.0.push_str(name);
        self.0.push_str("\":");
        &mut self.0
    }

    /// The finished object.
    pub(crate) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// Prepares a list, which is written without its brackets, for one more element.
pub(crate) fn element(list: &mut String) -> &mut String {
    if !list.is_empty() {
        list.push(',');
    }
    list
}

/// Appends the text as a JSON string.
pub(crate) fn push_text(line: &mut String, text: &str) {
    line.push('"');
    match after_name(text.as_bytes()) {
        [] => line.push_str(text),
        _ => text.chars().for_each(|c| push_escaped(line, c)),
    }
    line.push('"');
}

/// The text as a JSON string.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len().saturating_add(2));
    push_text(&mut quoted, text);
    quoted
}

/// Appends a client's text as a JSON string: [clipped, without control characters and secrets](logged).
pub(crate) fn push_logged(line: &mut String, text: &str) {
    push_text(line, &logged(text));
}

/// Appends a character of a JSON string in its shortest spelling, as RFC 8785 section 3.2.2.2 defines it.
pub(super) fn push_escaped(line: &mut String, c: char) {
    match c {
        '"' | '\\' => line.extend(['\\', c]),
        '\u{8}' => line.push_str(r"\b"),
        '\t' => line.push_str(r"\t"),
        '\n' => line.push_str(r"\n"),
        '\u{C}' => line.push_str(r"\f"),
        '\r' => line.push_str(r"\r"),
        '\0'..='\u{1F}' => {
            line.push_str("\\u00");
            let value = u64::from(c);
            let digits = [value >> 4, value].map(|digit| hex_digit(digit & 15));
            push_ascii(line, &digits);
        }
        c => line.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_text_is_read_back_unchanged() {
        for text in [
            "",
            "plain",
            "\"quoted\" and \\",
            "tab\tNUL\0 line\n",
            "Größe 😀 \u{2028}",
        ] {
            let mut line = ObjectLine::new();
            line.text("first", text);
            line.json("number", "12");
            line.text("last", text);
            let value: serde_json::Value = serde_json::from_str(&line.end()).expect("JSON");
            let expected = serde_json::json!({ "first": text, "number": 12, "last": text });
            assert_eq!(value, expected);
        }
        assert_eq!(ObjectLine::new().end(), "{}");
    }

    #[test]
    fn client_text_is_clipped_and_loses_control_characters() {
        for (text, expected) in [
            (
                "a\nb\u{85}\u{7F}c".into(),
                "a\u{FFFD}b\u{FFFD}\u{FFFD}c".into(),
            ),
            ("x".repeat(300), "x".repeat(256)),
            ("é".repeat(200), "é".repeat(200)),
            ("é".repeat(257), "é".repeat(256)),
        ] {
            let mut line = String::new();
            push_logged(&mut line, &text);
            let value: String = serde_json::from_str(&line).expect("a JSON string");
            assert_eq!(value, expected);
        }
    }
}
