//! The entries of a policy's tables and their rules, each with its JSON Pointer.
//!
//! It never reports a mistake: the engine accepted the policy already.

use super::member::{conditions, list, text, texts};
use mcp_policy::document::Value;
use std::borrow::Cow;

/// An entry of a table.
#[derive(Clone)]
pub(super) struct Entry<'a> {
    pub(super) section: &'static str,
    pub(super) key: Cow<'a, str>,
    pub(super) at: String,
    pub(super) value: Value<'a>,
}

/// An entry, or the rules of all tools.
#[derive(Clone)]
pub(super) struct Rules<'a> {
    pub(super) at: String,
    pub(super) value: Value<'a>,
    /// `None` for all tools.
    pub(super) entry: Option<Entry<'a>>,
}

/// A condition of a group.
pub(super) struct Condition<'a> {
    /// It is in `require`, else in `deny_if` or `require_approval`.
    pub(super) required: bool,
    pub(super) at: String,
    pub(super) value: Value<'a>,
    /// The entry that it belongs to; `None` for all tools.
    pub(super) entry: Option<Entry<'a>>,
}

impl<'a> Rules<'a> {
    pub(super) fn conditions(
        self,
        key: &'static str,
        required: bool,
    ) -> impl Iterator<Item = Condition<'a>> {
        list(self.value, key).flat_map(move |(group, value)| {
            let at = format!("{}/{key}/{group}/conditions", self.at);
            let entry = self.entry.clone();
            conditions(value).map(move |(place, value)| Condition {
                required,
                at: format!("{at}/{place}"),
                value,
                entry: entry.clone(),
            })
        })
    }

    /// The conditions of the calls that need an approval.
    pub(super) fn approval_conditions(self) -> impl Iterator<Item = Condition<'a>> {
        let rule = self.value.get("require_approval").into_iter();
        let at = format!("{}/require_approval/conditions", self.at);
        rule.flat_map(conditions)
            .map(move |(place, value)| Condition {
                required: false,
                at: format!("{at}/{place}"),
                value,
                entry: self.entry.clone(),
            })
    }

    /// Each limit with its pointer, and the `rate_limit` last.
    pub(super) fn limits(&self) -> impl Iterator<Item = (String, Value<'a>)> {
        let at = self.at.clone();
        let limits = list(self.value, "limits")
            .map(move |(index, limit)| (format!("{at}/limits/{index}"), limit));
        let rate = self.value.get("rate_limit");
        limits.chain(rate.map(|rate| (format!("{}/rate_limit", self.at), rate)))
    }
}

impl Condition<'_> {
    pub(super) fn text(&self, key: &str) -> Cow<'_, str> {
        text(self.value, key)
    }

    /// The paths of the values that the condition reads, each with its JSON Pointer.
    pub(super) fn paths(&self) -> Vec<(String, String)> {
        let mut paths = vec![(format!("{}/path", self.at), self.text("path").into_owned())];
        let at = format!("{}/value", self.at);
        let operand = self.value.get("value");
        if let Some(other) = operand.and_then(|operand| operand.get("ref")) {
            let other = other.string().unwrap_or_default().into_owned();
            paths.push((format!("{at}/ref"), other));
        }
        if let Some(operand) = operand.filter(|_| self.text("op") == "within") {
            paths.extend(names_of_roots(operand).map(|path| (at.clone(), path)));
        }
        paths
    }
}

/// The paths that fill names of roots, such as `grant` in `/home/{grant}`.
fn names_of_roots(operand: Value<'_>) -> impl Iterator<Item = String> {
    let roots = operand.get("roots").unwrap_or(operand);
    let roots = texts(Some(roots)).into_iter();
    let roots = roots.chain(operand.get("base").and_then(Value::string));
    roots.flat_map(|root| {
        let names = root.split('/');
        let filled = names.filter_map(|name| name.strip_prefix('{')?.strip_suffix('}'));
        filled.map(str::to_owned).collect::<Vec<_>>()
    })
}
