//! Turns Intercept's document into ours: its head, and tool by tool the rules.
//!
//! It never interprets a rule: `rule` does.

use super::messages::{Location, Members, Messages};
use super::rule::{self, Rule, ToolRules};
use super::yaml::{Node, Value};
use serde_json::{Map, Value as Json, json};

const TOP: &[&str] = &[
    "version",
    "description",
    "default",
    "hide",
    "tools",
    "approvals",
];

/// Our default covers more than Intercept's.
pub(super) const DEFAULT_DENY: &str = "prompts, resources, unknown methods and requests of servers fall under the default too; Intercept lets them all pass. List the needed ones under `prompts`, `resources` and `methods`";
const LISTS: &str = "lists show only callable tools; those of Intercept show all tools that are not hidden, as `\"list\": \"all_but_hidden\"` does here";
pub(super) const COUNTS: &str = "a call that the server answers with a JSON-RPC error stays counted, unless the error says that it never ran; Intercept refunds each one";

/// Our document. It is only worth as much as the messages allow.
pub(super) fn translate(messages: &mut Messages, root: &Node, approvals: Option<&Json>) -> Json {
    let at = Location::root(root.mark);
    if !matches!(root.value, Value::Map(_)) {
        messages.cannot(&at, "the document is not a map");
    }
    let members = messages.members(&at, root, TOP);
    version(messages, &at, members);
    let mut policy = Map::new();
    policy.insert("version".into(), "1".into());
    if let Some(description) = members.text("description") {
        policy.insert("description".into(), description.into());
    }
    policy.insert("default".into(), default(messages, &at, members).into());
    if let Some(node) = members.get("hide") {
        let names = hide(messages, &at.key("hide", node), node);
        policy.extend((!names.is_empty()).then(|| ("hide".into(), names.into())));
    }
    if let Some(node) = members.get("tools") {
        tools(
            messages,
            (&at.key("tools", node), node),
            &mut policy,
            approvals,
        );
    }
    if let Some(node) = members.get("approvals") {
        let message = "nothing is sent to this place: approvers look at the page of approvals";
        messages.note(&at.key("approvals", node), message);
    }
    policy.into()
}

fn version(messages: &mut Messages, at: &Location, members: Members<'_>) {
    match members.get("version") {
        Some(node) if node.text().as_deref() == Some("1") => {}
        Some(node) => messages.cannot(&at.key("version", node), "only version \"1\" is known"),
        None => messages.cannot(at, "the key `version` is missing"),
    }
}

/// Intercept allows by default.
fn default(messages: &mut Messages, at: &Location, members: Members<'_>) -> &'static str {
    let Some(node) = members.get("default") else {
        return "allow";
    };
    let at = at.key("default", node);
    match node.text().as_deref() {
        Some("allow" | "") => "allow",
        Some("deny") => {
            messages.stricter(&at, DEFAULT_DENY);
            messages.note(&at, LISTS);
            "deny"
        }
        _ => {
            messages.cannot(&at, "`default` is \"allow\" or \"deny\"");
            "deny"
        }
    }
}

fn hide(messages: &mut Messages, at: &Location, node: &Node) -> Vec<Json> {
    let mut names = Vec::new();
    for (index, node) in messages.list(at, node).iter().enumerate() {
        let at = at.index(index, node);
        let name = node.text().unwrap_or_default();
        match name.strip_suffix('*') {
            Some("") => {}
            Some(prefix) if !prefix.contains('*') => {
                let message =
                    format!("`{name}` hides every tool whose name begins with `{prefix}`");
                messages.stricter(&at, &message);
            }
            _ => exact(messages, &at, &name),
        }
        if names.contains(&json!(name)) {
            messages.cannot(&at, "each name once");
        }
        names.push(name.into());
    }
    names
}

/// A name that both read literally.
fn exact(messages: &mut Messages, at: &Location, name: &str) {
    if name.contains('*') {
        messages.cannot(
            at,
            "a `*` in a name is a plain character in Intercept, and a wildcard here",
        );
    }
    if name.is_empty() || name.trim() != name || name.chars().any(char::is_control) {
        messages.cannot(
            at,
            "a name is not empty and has no space around it or control characters",
        );
    }
}

fn tools(
    messages: &mut Messages,
    (at, node): (&Location, &Node),
    policy: &mut Map<String, Json>,
    approvals: Option<&Json>,
) {
    let mut asks = false;
    let mut all = None;
    let mut entries = Map::new();
    let mut counts = false;
    for (name, node) in messages.map(at, node) {
        let at = at.key(name, node);
        let rules = rules(messages, &at, (name, node), approvals.is_some());
        asks |= rules.asks();
        counts |= !rules.limits.is_empty();
        if name == "*" {
            all = Some(rules.for_all());
        } else {
            exact(messages, &at, name);
            entries.insert(name.clone(), rules.entry());
        }
    }
    if let Some(approvals) = approvals.filter(|_| asks) {
        policy.insert("approvals".into(), approvals.clone());
    }
    if counts {
        messages.stricter(at, COUNTS);
    }
    if let Some(all) = all.filter(|all| !all.is_empty()) {
        policy.insert("all_tools".into(), all.into());
    }
    if !entries.is_empty() {
        policy.insert("tools".into(), entries.into());
    }
}

fn rules(
    messages: &mut Messages,
    at: &Location,
    (tool, node): (&str, &Node),
    approves: bool,
) -> ToolRules {
    let members = messages.members(at, node, &["rules"]);
    let mut rules = ToolRules::default();
    let mut counters = Vec::new();
    if let Some(node) = members.get("rules") {
        let at = at.key("rules", node);
        for (index, node) in messages.list(&at, node).iter().enumerate() {
            let at = at.index(index, node);
            let members = messages.members(&at, node, rule::KEYS);
            let rule = Rule {
                at,
                tool,
                members,
                approves,
            };
            rule.add(messages, &mut rules, &mut counters);
        }
    }
    rules
}
