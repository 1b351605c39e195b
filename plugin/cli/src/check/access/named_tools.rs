//! Turns a policy, or a list of a server, into the tools of a caller's overview.
//!
//! It never makes up a name.

use crate::check::tool_index::ToolIndex;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// The definitions of tools by name: of the listed ones, or else of those that some rule set names.
pub(super) fn tools(policy: &Json, listed: Option<&ToolIndex>) -> BTreeMap<String, String> {
    match listed {
        Some(index) => {
            let tools = index.tools.iter();
            tools
                .map(|tool| (tool.name.clone(), tool.definition.clone()))
                .collect()
        }
        None => named(policy),
    }
}

/// A prefix stands for the names that begin with it.
fn named(policy: &Json) -> BTreeMap<String, String> {
    let sets = ["policies", "grants"].into_iter();
    let sets = sets.filter_map(|key| policy.get(key)?.as_object());
    let sets = sets.flat_map(Map::values).chain([policy]);
    let tables = sets.filter_map(|set| set.get("tools")?.as_object());
    let names = tables.flat_map(Map::keys);
    let definition = |name: &String| json!({ "name": name, "inputSchema": { "type": "object" } });
    names
        .map(|name| (name.clone(), definition(name).to_string()))
        .collect()
}

/// The policy without pins, where no server lists the definitions that they are of.
pub(super) fn without_pins(policy: &mut Json) {
    match policy {
        Json::Object(members) => {
            members.retain(|key, value| key != "pin" || !value.is_string());
            members.values_mut().for_each(without_pins);
        }
        Json::Array(elements) => elements.iter_mut().for_each(without_pins),
        _ => {}
    }
}
