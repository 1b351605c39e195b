//! Turns Intercept's document into ours: its head, and tool by tool the rules.
//!
//! It never interprets a rule: `rule` does.

use super::counters::Counters;
use super::messages::{Location, Members, Messages};
use super::name::{self, Name};
use super::rule::{self, Head, Rule, ToolRules};
use crate::yaml::{Node, Value};
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
        None if members.get("tools").is_none() && members.get("hide").is_none() => {
            messages.cannot(at, "the keys `version` and `tools` are missing");
        }
        None => messages.note(
            at,
            "the key `version`, which Intercept wants, is missing; it is read as version \"1\"",
        ),
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
    let mut names: Vec<Json> = Vec::new();
    let mut given = Vec::new();
    for (index, node) in messages.list(at, node).iter().enumerate() {
        let at = at.index(index, node);
        let name = node.text().unwrap_or_default();
        if given.contains(&name) {
            messages.cannot(&at, "each name once");
        }
        let hidden = match name::read(&name) {
            _ if name == "*" => name.clone(),
            Name::Exact(name) => name.into(),
            Name::Pattern(pattern) => {
                let message = format!("`{pattern}` hides every tool whose name it matches");
                messages.stricter(&at, &message);
                pattern
            }
            Name::None => {
                messages.cannot(&at, "a name has at least one character that can be seen");
                name.clone()
            }
        };
        if !names.contains(&json!(hidden)) {
            names.push(hidden.into());
        }
        given.push(name);
    }
    names
}

/// The key of a tool's entry; `None` where no entry is written.
///
/// Under `default: deny` a pattern would allow the tools that it matches.
fn key(messages: &mut Messages, at: &Location, name: &str, denies: bool) -> Option<String> {
    match name::read(name) {
        Name::Exact(name) => Some(name.into()),
        Name::Pattern(_) if denies => {
            messages.stricter(at, "Intercept takes this name literally, so it lists no other tool; a tool of this very name is denied here");
            None
        }
        Name::Pattern(pattern) => {
            let message = format!(
                "the rules apply to every tool whose name `{pattern}` matches and that has no entry of its own; Intercept takes the name literally"
            );
            messages.stricter(at, &message);
            Some(pattern)
        }
        Name::None => {
            messages.cannot(at, "a name has at least one character that can be seen");
            None
        }
    }
}

fn tools(
    messages: &mut Messages,
    (at, node): (&Location, &Node),
    policy: &mut Map<String, Json>,
    approvals: Option<&Json>,
) {
    let denies = policy
        .get("default")
        .is_some_and(|default| default == "deny");
    let head = Head {
        approves: approvals.is_some(),
        counters: Counters::read(node),
    };
    let mut asks = false;
    let mut all = None;
    let mut entries = Map::new();
    let mut counts = false;
    for (name, node) in messages.map(at, node) {
        let at = at.key(name, node);
        let rules = rules(messages, &at, (name, node), &head);
        asks |= rules.asks();
        counts |= !rules.limits.is_empty();
        if name == "*" {
            all = Some(rules.for_all());
        } else if let Some(key) = key(messages, &at, name, denies) {
            if entries.contains_key(&key) {
                messages.cannot(&at, "another name has the same pattern");
            }
            entries.insert(key, rules.entry());
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
    head: &Head,
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
                head,
            };
            rule.add(messages, &mut rules, &mut counters);
        }
    }
    rules
}
