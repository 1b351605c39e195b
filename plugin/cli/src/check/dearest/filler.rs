//! One value of a message that grows: a text, a list, or an object with many members.
//!
//! It never reads a rule.

use serde_json::{Value as Json, json};
use std::rc::Rc;

/// The longest text that the engine searches, in bytes: a longer one is unknown for free.
pub(super) const LONGEST_SEARCHED: usize = 64 * 1024;

/// Texts that the built-in search for secrets reads more than once.
pub(super) const SECRETS: [&str; 6] = [
    "s ",
    "sk-ant-",
    "://",
    "eyJhbGciOi.",
    "aws_secret_access_key",
    "AKIA",
];

/// The bytes of the longest message for each value of a list.
const BYTES_A_VALUE: usize = 4;

/// Makes the JSON of a value of about a number of bytes, and of no more values than the rules admit.
pub(super) type Grow = Rc<dyn Fn(usize) -> String>;

/// Where a value grows, and how.
#[derive(Clone)]
pub(super) struct Filler {
    /// The path to it from the arguments or from the structured content.
    pub(super) way: Vec<String>,
    pub(super) grow: Grow,
}

/// A unit, repeated up to a number of characters.
pub(super) fn text(unit: &str, most: usize) -> Grow {
    let unit = unit.to_owned();
    Rc::new(move |bytes| {
        let text: String = unit.chars().cycle().take(bytes.min(most)).collect();
        Json::String(text).to_string()
    })
}

/// The same value, however much there is room for.
pub(super) fn fixed(value: &Json) -> Grow {
    let value = value.to_string();
    Rc::new(move |_| value.clone())
}

/// An element of a bounded length, repeated up to a number of elements.
pub(super) fn list(element: Grow, bytes: usize, most: usize) -> Grow {
    Rc::new(move |room| {
        let element = element(bytes.min(room)) + ",";
        let times = times(room, &element).min(most);
        let elements = element.repeat(times);
        format!("[{}]", elements.trim_end_matches(','))
    })
}

/// An object with many members of that value.
pub(super) fn members(value: &Json) -> Grow {
    let value = value.to_string();
    Rc::new(move |room| {
        let member = |number| format!("\"k{number:05}\":{value}");
        let members: Vec<_> = (0..times(room, &member(0))).map(member).collect();
        format!("{{{}}}", members.join(","))
    })
}

/// How often this JSON has room, once at least.
fn times(room: usize, each: &str) -> usize {
    // Commas in texts count too, which only makes a list shorter.
    let values = each.matches([',', '{', '[']).count().saturating_add(1);
    let each = each.len().max(BYTES_A_VALUE.saturating_mul(values));
    room.checked_div(each).unwrap_or(0).max(1)
}

/// The JSON of a value below members, outermost first.
pub(super) fn below(way: &[String], value: String) -> String {
    let outwards = way.iter().rev();
    outwards.fold(value, |value, name| format!("{{{}:{value}}}", json!(name)))
}
