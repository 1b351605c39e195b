//! The counters of a whole document: a rule may read one that another rule counts.
//!
//! It never reports a mistake: the rule that has the counter does.

use super::limit::{self, Increment};
use crate::yaml::{Node, Value};
use std::collections::BTreeMap;

/// Counters by their path, `state.<scope>.<counter>`.
#[derive(Debug, Default)]
pub(super) struct Counters(BTreeMap<String, Counter>);

/// A counter, as other rules need it.
#[derive(Debug)]
pub(super) struct Counter {
    pub(super) window: String,
    pub(super) increment: Increment,
    /// Intercept counts only where a rule bounds its own counter.
    pub(super) counts: bool,
}

impl Counters {
    /// Those of the map `tools`.
    pub(super) fn read(tools: &Node) -> Self {
        let mut counters = Self::default();
        for (tool, node) in map(tools) {
            let scope = if tool == "*" { "_global" } else { tool };
            for rule in get(node, "rules").map(list).unwrap_or_default() {
                if let Some((name, counter)) = counter(scope, rule) {
                    counters.0.entry(name).or_insert(counter);
                }
            }
        }
        counters
    }

    pub(super) fn get(&self, path: &str) -> Option<&Counter> {
        self.0.get(path)
    }
}

fn counter(scope: &str, rule: &Node) -> Option<(String, Counter)> {
    if let Some(rate) = get(rule, "rate_limit").and_then(Node::text) {
        let (_, window) = limit::rate(&rate)?;
        let increment = Increment::By(1);
        let path = format!("state.{scope}._rate_{window}");
        let counter = Counter {
            window,
            increment,
            counts: true,
        };
        return Some((path, counter));
    }
    let state = get(rule, "state")?;
    let name = get(state, "counter").and_then(Node::text)?;
    let path = format!("state.{scope}.{name}");
    let bounds = |node: &Node| {
        let has = |key: &str, texts: &[&str]| {
            let text = get(node, key).and_then(Node::text);
            text.is_some_and(|text| texts.contains(&text.as_str()))
        };
        has("path", &[&path]) && has("op", &["lt", "lte"])
    };
    let conditions = get(rule, "conditions").map(list).unwrap_or_default();
    let denies = get(rule, "action").and_then(Node::text);
    let counts = conditions.iter().any(bounds) && denies.as_deref() != Some("deny");
    let counter = Counter {
        window: get(state, "window").and_then(Node::text)?,
        increment: Increment::of(state)?,
        counts,
    };
    Some((path, counter))
}

fn map(node: &Node) -> &[(String, Node)] {
    match &node.value {
        Value::Map(members) => members,
        _ => &[],
    }
}

fn list(node: &Node) -> &[Node] {
    match &node.value {
        Value::List(list) => list,
        _ => &[],
    }
}

fn get<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    let found = map(node).iter().find(|(name, _)| name == key);
    found.map(|(_, node)| node)
}
