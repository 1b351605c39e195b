//! Turns the text of a policy into an object of YAML with the same lines, which every reader of YAML reads as the same values.
//!
//! It never reads by itself: the engine's own reader finds the texts.

use crate::yaml::quoted;
use mcp_policy::document::Value;
use mcp_policy::host::Policy;
use std::fmt::Write as _;
use std::ops::Range;

/// The longest name that readers of YAML take for one, with its escapes, in bytes.
const LONGEST_NAME: usize = 1_000;

/// A text in a policy.
struct Text {
    /// With its quotes.
    place: Range<usize>,
    /// In quotes of YAML.
    written: String,
    is_name: bool,
}

/// The policy with this indentation of each line but the first; empty for an invalid policy. Numbers stay as they are: those
/// of a policy have at most 15 digits, which readers that take them for binary64 write again.
///
/// # Errors
/// The line of a name that is too long for YAML, from 1.
pub(super) fn object(policy: &str, indentation: usize) -> Result<String, usize> {
    let Ok(document) = Policy::document(policy.as_bytes()) else {
        return Ok(String::new());
    };
    let root = document.root();
    let (mut written, mut at) = (String::new(), root.range().start);
    for text in texts(root) {
        if text.is_name && text.written.len() > LONGEST_NAME {
            let before = policy.get(..text.place.start).unwrap_or_default();
            return Err(before.matches('\n').count().saturating_add(1));
        }
        between(&mut written, policy.get(at..text.place.start), indentation);
        written.push_str(&text.written);
        at = text.place.end;
    }
    between(&mut written, policy.get(at..root.range().end), indentation);
    let lines: Vec<_> = written.split('\n').map(str::trim_end).collect();
    Ok(lines.join("\n"))
}

/// The texts of a value, in their order.
fn texts(value: Value<'_>) -> Vec<Text> {
    let mut all: Vec<_> = text(value, false).into_iter().collect();
    for (name, member) in value.named() {
        all.extend(text(name, true));
        all.extend(texts(member));
    }
    all.extend(value.elements().flat_map(texts));
    all
}

fn text(value: Value<'_>, is_name: bool) -> Option<Text> {
    let written = quoted(&value.string()?);
    let place = value.range();
    Some(Text {
        place,
        written,
        is_name,
    })
}

/// The white space between two texts. YAML has no tabs in indentations.
fn between(written: &mut String, part: Option<&str>, indentation: usize) {
    for char in part.unwrap_or_default().chars() {
        match char {
            '\n' => drop(write!(written, "\n{:indentation$}", "")),
            '\t' | '\r' => written.push(' '),
            _ => written.push(char),
        }
    }
}
