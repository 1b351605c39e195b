//! What a policy's author should think about, though every gateway accepts the policy.
//!
//! A warning is worth its line only where the policy may do something else than it seems to; what is merely good to know
//! is a note.

mod header;
mod limit;
mod listed;
mod pin;
mod unreachable;
mod value;

use super::Level;
use super::tools::Listed;
use crate::source::written;
use mcp_policy::{Kind, Policy, Value};
use std::borrow::Cow;
use std::collections::HashSet;

/// Something about a place of a policy.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) level: Level,
    /// What the kind of finding is called.
    pub(super) name: &'static str,
    /// A JSON Pointer.
    pub(super) at: String,
    /// It is about the name of the member there, not its value.
    pub(super) on_name: bool,
    pub(super) message: String,
    pub(super) help: Option<String>,
    /// Other places of which the same is to be said.
    pub(super) also: Vec<String>,
}

/// An entry of a table.
#[derive(Clone)]
struct Entry<'a> {
    section: &'static str,
    key: Cow<'a, str>,
    at: String,
    value: Value<'a>,
}

/// A condition of a group.
struct Condition<'a> {
    /// It stands in `require`, else in `deny_if`.
    required: bool,
    at: String,
    value: Value<'a>,
    /// The entry that it belongs to; `None` for all tools.
    entry: Option<Entry<'a>>,
}

/// Every finding about a policy.
pub(super) fn all(policy: &Policy, root: Value<'_>, tools: Option<&Listed>) -> Vec<Finding> {
    let mut findings = unreachable::all(policy, root);
    findings.extend(header::all(root));
    findings.extend(limit::all(policy, root));
    findings.extend(pin::all(root));
    findings.extend(value::all(root));
    findings.extend(tools.into_iter().flat_map(|tools| listed::all(root, tools)));
    findings
}

impl Finding {
    fn new(
        level: Level,
        name: &'static str,
        at: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            level,
            name,
            at: at.into(),
            on_name: false,
            message: message.into(),
            help: None,
            also: Vec::new(),
        }
    }

    fn warning(name: &'static str, at: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Level::Warning, name, at, message)
    }

    fn note(name: &'static str, at: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Level::Note, name, at, message)
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }

    fn on_name(self) -> Self {
        Self {
            on_name: true,
            ..self
        }
    }

    /// One finding about several places; none about no place.
    fn once(
        places: impl IntoIterator<Item = String>,
        finding: impl FnOnce(String) -> Self,
    ) -> Option<Self> {
        let mut places = places.into_iter();
        let first = places.next()?;
        Some(Self {
            also: places.collect(),
            ..finding(first)
        })
    }
}

/// The entries of all tables.
fn entries<'a>(root: Value<'a>) -> impl Iterator<Item = Entry<'a>> {
    let sections = ["tools", "prompts", "resources"];
    sections.into_iter().flat_map(move |section| {
        let members = root.get(section).into_iter().flat_map(Value::members);
        members.map(move |(key, value)| Entry {
            section,
            at: format!("/{section}/{}", written(&key)),
            key,
            value,
        })
    })
}

/// Every condition.
fn conditions<'a>(root: Value<'a>) -> impl Iterator<Item = Condition<'a>> {
    let all = root
        .get("all_tools")
        .map(|value| (None, "/all_tools".to_owned(), value));
    let entries = entries(root).map(|entry| (Some(entry.clone()), entry.at, entry.value));
    all.into_iter()
        .chain(entries)
        .flat_map(|(entry, at, value)| {
            let lists = [("require", true), ("deny_if", false)];
            lists.into_iter().flat_map(move |(list, required)| {
                let groups = value
                    .get(list)
                    .into_iter()
                    .flat_map(Value::elements)
                    .enumerate();
                let (entry, at) = (entry.clone(), at.clone());
                groups.flat_map(move |(group, value)| {
                    let conditions = value
                        .get("conditions")
                        .into_iter()
                        .flat_map(Value::elements);
                    let (entry, at) = (entry.clone(), format!("{at}/{list}/{group}/conditions"));
                    conditions.enumerate().map(move |(index, value)| Condition {
                        required,
                        at: format!("{at}/{index}"),
                        value,
                        entry: entry.clone(),
                    })
                })
            })
        })
}

impl Condition<'_> {
    fn text(&self, key: &str) -> Cow<'_, str> {
        text(self.value, key)
    }
}

/// The text of a member; empty where there is none.
fn text<'a>(value: Value<'a>, key: &str) -> Cow<'a, str> {
    value.get(key).and_then(Value::string).unwrap_or_default()
}

/// The texts of a list, or the one text that stands in its place.
fn texts<'a>(value: Option<Value<'a>>) -> Vec<Cow<'a, str>> {
    let one = value.and_then(Value::string);
    let list = value
        .into_iter()
        .flat_map(Value::elements)
        .filter_map(Value::string);
    one.into_iter().chain(list).collect()
}

fn is_empty_list(value: Value<'_>) -> bool {
    value.kind() == Kind::Array && value.elements().next().is_none()
}

/// Names and prefixes, of which there may be tens of thousands.
#[derive(Default)]
struct Names<'n> {
    exact: HashSet<&'n str>,
    prefixes: Vec<&'n str>,
}

impl<'n> Names<'n> {
    fn new(names: impl IntoIterator<Item = &'n str>) -> Self {
        let (prefixes, exact): (Vec<_>, Vec<_>) =
            names.into_iter().partition(|name| name.ends_with('*'));
        Self {
            exact: exact.into_iter().collect(),
            prefixes,
        }
    }

    /// One that stands for every name that `key` stands for, and is not `key`.
    fn other_around(&self, key: &str) -> Option<&'n str> {
        let stem = key.strip_suffix('*').unwrap_or(key);
        let mut prefixes = self.prefixes.iter().filter(|prefix| **prefix != key);
        let around = prefixes.find(|prefix| stem.starts_with(prefix.trim_end_matches('*')));
        around.copied()
    }

    /// One that stands for every name that `key` stands for.
    fn around(&self, key: &str) -> Option<&'n str> {
        let exact = self.exact.get(key);
        let prefix = || self.prefixes.iter().find(|prefix| **prefix == key);
        let same = exact.or_else(prefix).copied();
        same.or_else(|| self.other_around(key))
    }
}
