//! Turns a line of the audit log into the values that the host's access log can print.
//!
//! It holds nothing that the line does not hold.

use crate::words::json::{Bounds, Document, Surrogates, Value};

/// The bounds of a line: the deepest is an argument that the policy opens, which has at most 1,024 bytes.
const BOUNDS: Bounds = Bounds {
    depth: 1024,
    values: 65_536,
    surrogates: Surrogates::Opaque,
};

/// The members with these names of a line that decides about a call: of the decision itself, or of a response that was
/// withheld. No value for other lines, which would hide the decision.
///
/// ```
/// use mcp_policy::host::access_log_values;
///
/// let line = r#"{"event":"decision","tool":"run","decision":"allow"}"#;
/// assert_eq!(access_log_values(line, &["tool", "reason"]), [("tool", "run".to_owned())]);
/// let line = r#"{"event":"answer","tool":"run","decision":"allow"}"#;
/// assert!(access_log_values(line, &["tool"]).is_empty());
/// ```
pub fn access_log_values<'n>(line: &str, names: &[&'n str]) -> Vec<(&'n str, String)> {
    let mut values = Vec::new();
    let Ok(document) = Document::read(line.as_bytes(), BOUNDS) else {
        return values;
    };
    if !decides(document.root()) {
        return values;
    }
    for name in names {
        if let Some(text) = document.root().get(name).and_then(Value::string) {
            values.push((*name, text.replace(char::is_control, "\u{FFFD}")));
        }
    }
    values
}

fn decides(line: Value<'_>) -> bool {
    let is = |name, text: &str| line.get(name).and_then(Value::string).as_deref() == Some(text);
    is("event", "decision") || is("event", "response") && is("decision", "deny")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn response_that_was_withheld_replaces_the_decision() {
        let line = r#"{"event":"response","decision":"deny","reason":"denied"}"#;
        let values = access_log_values(line, &["decision", "reason", "tool"]);
        let expected = [("decision", "deny"), ("reason", "denied")];
        assert_eq!(values, expected.map(|(name, text)| (name, text.to_owned())));
        let edited = line.replace("deny\"", "allow\"");
        assert!(access_log_values(&edited, &["decision"]).is_empty());
    }

    #[test]
    fn value_has_no_control_characters() {
        let line = r#"{"event":"decision","grant":"a\nb\u0000"}"#;
        let values = access_log_values(line, &["grant"]);
        assert_eq!(values, [("grant", "a\u{FFFD}b\u{FFFD}".to_owned())]);
    }

    #[test]
    fn text_that_is_no_line_has_no_values() {
        for line in ["", "[]", r#"{"event":"decision""#] {
            assert!(access_log_values(line, &["tool"]).is_empty(), "{line}");
        }
    }
}
