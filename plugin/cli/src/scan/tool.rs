//! Turns a server's list into tools, and leaves out those that no policy could name.
//!
//! It never judges a tool: `classify` and `signals` do.

use crate::invisible::is_invisible;
use crate::listed_tools::{ListedTools, NotTools};
use crate::sanitize::quoted;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// One tool as a server lists it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Tool {
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    #[serde(rename = "inputSchema")]
    pub(crate) input_schema: Map<String, Value>,
    #[serde(deserialize_with = "or_null")]
    pub(crate) annotations: Map<String, Value>,
}

/// The tools of a server.
#[derive(Debug, Default)]
pub struct ToolList {
    pub(crate) tools: Vec<Tool>,
    /// Names that were left out, with the reason.
    pub(crate) left_out: Vec<(String, &'static str)>,
}

/// The longest name that a policy is written for. The protocol recommends at most 128 characters.
const LONGEST_NAME: usize = 256;

impl Tool {
    pub(crate) fn description(&self) -> &str {
        self.description.as_deref().unwrap_or_default()
    }

    /// An annotation of the server; `None` where it is missing.
    pub(crate) fn hint(&self, annotation: &str) -> Option<bool> {
        self.annotations.get(annotation)?.as_bool()
    }
}

impl ToolList {
    /// The tools of a file or an answer, in any form that [`ListedTools::read`] knows.
    ///
    /// # Errors
    /// The kind of file that it is instead.
    pub fn read(bytes: &[u8]) -> Result<Self, NotTools> {
        Self::of(&ListedTools::read(bytes)?)
    }

    /// The tools of a list.
    ///
    /// # Errors
    /// When a definition has a member of another type than MCP gives it.
    pub fn of(listed: &ListedTools) -> Result<Self, NotTools> {
        let tools = listed.tools.iter().map(|definition| {
            serde_json::from_str(&definition.json).map_err(|error| NotTools::Tool {
                tool: quoted(&definition.name, 80),
                says: error.to_string(),
            })
        });
        Ok(Self::new(tools.collect::<Result<_, _>>()?))
    }

    /// Leaves out the tools that no policy could name.
    #[must_use]
    pub fn new(tools: Vec<Tool>) -> Self {
        let mut twice = BTreeSet::new();
        let mut once = BTreeSet::new();
        for tool in &tools {
            if !once.insert(tool.name.clone()) {
                twice.insert(tool.name.clone());
            }
        }
        let mut listed = Self::default();
        for tool in tools {
            match unusable(&tool.name, &twice) {
                Some(reason) => listed.left_out.push((tool.name, reason)),
                None => listed.tools.push(tool),
            }
        }
        listed
    }
}

/// Why no entry of a policy can name this tool, or this tool alone.
fn unusable(name: &str, twice: &BTreeSet<String>) -> Option<&'static str> {
    match name {
        "" => Some("its name is empty"),
        name if name.contains('*') => Some("its name has a `*`, which a policy reads as a pattern"),
        name if name.contains(['\n', '\r', '\t']) || name.chars().any(is_invisible) => {
            Some("its name has invisible characters")
        }
        name if name.trim() != name => Some("its name begins or ends with space"),
        name if name.chars().nth(LONGEST_NAME).is_some() => Some("its name is too long"),
        name if twice.contains(name) => Some("two tools have its name"),
        _ => None,
    }
}

fn or_null<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Map<String, Value>, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}
