//! Names a document that is no policy of Intercept, in one sentence.
//!
//! It never claims a document that has the head of one.

use super::rule;
use crate::sanitize::quoted;
use crate::yaml::{Node, Value};

/// The keys of documents that are often confused with policies, and what they are.
const KINDS: &[(&[&str], &str)] = &[
    (&["binds"], "a configuration of agentgateway"),
    (&["listeners", "targets"], "a configuration of agentgateway"),
    (&["static_resources"], "a configuration of Envoy"),
    (&["dynamic_resources"], "a configuration of Envoy"),
    (&["mcpServers"], "a list of MCP servers"),
    (&["mcp_servers"], "a list of MCP servers"),
    (&["openapi"], "a description of an API (OpenAPI)"),
    (&["swagger"], "a description of an API (OpenAPI)"),
    (&["on", "jobs"], "a workflow of GitHub Actions"),
    (&["_format_version"], "a configuration of Kong"),
    (&["services"], "a file of Docker Compose"),
];

/// Keys of our policies that no document of Intercept has.
const OURS: &[&str] = &["all_tools", "grants", "identity", "methods", "policies"];
const OUR_LISTS: &[&str] = &["deny_if", "limits", "require"];
const NO_POLICY: &str =
    "it is no policy of Intercept, which is a map with the keys `version` and `tools`";

/// What a document is instead, and what to do.
pub(super) fn what(root: &Node) -> Option<String> {
    let members = match &root.value {
        Value::Map(members) => members,
        Value::List(list) => return part_of_a_list(list),
        _ => return Some(NO_POLICY.into()),
    };
    let get = |key: &str| {
        members
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, node)| node)
    };
    if let (Some(_), Some(kind)) = (get("apiVersion"), get("kind")) {
        let kind = kind.text().unwrap_or_default();
        return Some(format!(
            "it is a Kubernetes manifest (kind {}), not a policy of Intercept",
            quoted(&kind, 40)
        ));
    }
    let tools = get("tools");
    if is_ours(members, tools) {
        return Some("it is a policy of this program already, and needs no import; `mcp-policy check` reads it as JSON".into());
    }
    if tools.is_some() {
        return None;
    }
    let kind = KINDS
        .iter()
        .find(|(keys, _)| keys.iter().all(|key| get(key).is_some()));
    if let Some((_, kind)) = kind {
        return Some(format!("it is {kind}, not a policy of Intercept"));
    }
    get("version").is_none().then(|| part(members)).flatten()
}

/// The entries of `tools` alone, as pages quote them: every key is a tool with its rules.
pub(super) fn is_entries(root: &Node) -> bool {
    let has_rules = |node: &Node| matches!(&node.value, Value::Map(entry) if entry.iter().any(|(key, _)| key == "rules"));
    match &root.value {
        Value::Map(members) => {
            !members.is_empty()
                && members
                    .iter()
                    .all(|(key, node)| key != "tools" && has_rules(node))
        }
        _ => false,
    }
}

fn is_ours(members: &[(String, Node)], tools: Option<&Node>) -> bool {
    let has = |key: &str| members.iter().any(|(name, _)| name == key);
    let entries = match tools.map(|node| &node.value) {
        Some(Value::Map(entries)) => entries.as_slice(),
        _ => &[],
    };
    let is_entry = |node: &Node| {
        let Value::Map(entry) = &node.value else {
            return false;
        };
        let mut entry = entry.iter();
        entry.any(|(key, node)| {
            OUR_LISTS.contains(&key.as_str()) && matches!(node.value, Value::List(_))
        })
    };
    let has_map = |key: &&str| {
        let mut members = members.iter();
        members.any(|(name, node)| name == key && matches!(node.value, Value::Map(_)))
    };
    has("version") && OURS.iter().any(has_map) || entries.iter().any(|(_, node)| is_entry(node))
}

/// Rules, or conditions, as pages quote them.
fn part_of_a_list(list: &[Node]) -> Option<String> {
    let is_rule = |node: &Node| matches!(&node.value, Value::Map(members) if members.iter().any(|(key, _)| rule::KEYS.contains(&key.as_str())));
    let text = if !list.is_empty() && list.iter().all(is_rule) {
        "it is a part of a policy: rules. Write `version: \"1\"` and `tools: {NAME: {rules: […]}}` around them"
    } else {
        NO_POLICY
    };
    Some(text.into())
}

/// A part of a policy without its head.
fn part(members: &[(String, Node)]) -> Option<String> {
    let is_rule = members
        .iter()
        .all(|(key, _)| rule::KEYS.contains(&key.as_str()));
    (is_rule && !members.is_empty()).then(|| "it is a part of a policy: keys of a rule. Write `version: \"1\"` and `tools: {NAME: {rules: [{…}]}}` around them".into())
}
