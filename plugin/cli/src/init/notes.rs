//! Collects the decisions that a starter policy leaves to the operator.
//!
//! It never repeats a note: one line has all of its tools.

use std::collections::BTreeMap;

/// Remarks about tools, each remark once with all of its tools.
#[derive(Default)]
pub(super) struct Notes(BTreeMap<String, Vec<String>>);

impl Notes {
    pub(super) fn add(&mut self, what: &str, tool: String) {
        let tools = self.0.entry(what.into()).or_default();
        if !tools.contains(&tool) {
            tools.push(tool);
        }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.0
            .iter()
            .map(|(what, tools)| line(what, tools))
            .collect()
    }
}

fn line(what: &str, tools: &[String]) -> String {
    const MOST: usize = 12;
    let shown: Vec<&str> = tools.iter().take(MOST).map(String::as_str).collect();
    let shown = shown.join(", ");
    match tools.len().saturating_sub(MOST) {
        0 => format!("{what}: {shown}"),
        more => format!("{what}: {shown} and {more} more"),
    }
}
