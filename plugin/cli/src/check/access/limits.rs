//! Turns the rule sets of a caller into the limits that count its calls of a tool.
//!
//! It never counts.

use super::caller_access::Limit;
use crate::name_patterns::applying;
use crate::source_map::pointer_token;
use mcp_policy::document::LimitInfo;
use mcp_policy::document::Star;
use serde_json::Value as Json;

/// The limits of a tool in these rule sets.
pub(super) fn limits(all: &[LimitInfo], sets: &[String], tool: &str, policy: &Json) -> Vec<Limit> {
    let places = sets.iter().flat_map(|set| places(set, tool, policy));
    let places: Vec<_> = places.collect();
    let counts = |limit: &&LimitInfo| {
        let mut places = places.iter();
        places.any(|place| limit.pointer.starts_with(place))
    };
    let limits = all.iter().filter(counts);
    limits
        .map(|limit| Limit {
            says: says(policy.pointer(&limit.pointer)),
            rule: limit.pointer.clone(),
        })
        .collect()
}

/// The places of the rules of all tools, and of the tool's entry.
fn places(set: &str, tool: &str, policy: &Json) -> Vec<String> {
    let tools = policy.pointer(&format!("{set}/tools"));
    let entry = tools.and_then(Json::as_object);
    let entry = entry.and_then(|tools| applying(tools.keys(), tool, Star::Any));
    let entry = entry.map(|key| format!("{set}/tools/{}/", pointer_token(key)));
    [format!("{set}/all_tools/")]
        .into_iter()
        .chain(entry)
        .collect()
}

/// A limit in short.
fn says(limit: Option<&Json>) -> String {
    let member = |key: &str| {
        let member = limit?.get(key)?;
        let text = member.as_str().map(str::to_owned);
        Some(text.unwrap_or_else(|| member.to_string()))
    };
    match (
        limit.and_then(Json::as_str),
        member("max"),
        member("window"),
    ) {
        (Some(text), ..) => text.into(),
        (None, Some(max), Some(window)) => {
            let seconds = window.parse::<u64>().map_or("", |_| " seconds");
            let scope = member("scope").map(|scope| format!(", scope {scope}"));
            format!("{max} in {window}{seconds}{}", scope.unwrap_or_default())
        }
        _ => limit.map(Json::to_string).unwrap_or_default(),
    }
}
