//! Turns a policy's text and the pins of its tools into the text with these pins.
//!
//! It never changes anything else: layout and order stay.

use super::outcome::Outcome;
use mcp_policy::document::Value;
use std::ops::Range;

/// The text with the pins that are known.
pub(super) fn pinned(text: &str, policy: Value<'_>, outcomes: &[Outcome]) -> String {
    let entry = |outcome: &Outcome| {
        let set = match &outcome.policy {
            Some(name) => policy.get("policies")?.get(name)?,
            None => policy,
        };
        set.get("tools")?.get(&outcome.tool)
    };
    let known = outcomes
        .iter()
        .filter_map(|outcome| Some(edit(text, entry(outcome)?, outcome.now.as_deref()?)));
    let mut edits: Vec<_> = known.collect();
    edits.sort_by_key(|(range, _)| range.start);
    let mut written = text.to_owned();
    for (range, with) in edits.into_iter().rev() {
        written.replace_range(range, &with);
    }
    written
}

fn edit(text: &str, entry: Value<'_>, pin: &str) -> (Range<usize>, String) {
    if let Some(old) = entry.get("pin") {
        return (old.range(), format!("\"{pin}\""));
    }
    let object = entry.range();
    let Some((first, _)) = entry.named().next() else {
        return (object, format!("{{ \"pin\": \"{pin}\" }}"));
    };
    // After the brace. The space after it is repeated: a line break and its indentation, or a blank.
    let inside = object.start.saturating_add(1);
    let first = first.range().start;
    let space = text.get(inside..first).unwrap_or_default();
    let space = if space.is_empty() { " " } else { space };
    (first..first, format!("\"pin\": \"{pin}\",{space}"))
}
