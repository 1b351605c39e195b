//! Turns a list of tools into an index of the tools and their arguments.
//!
//! It never doubts the server: a policy is only validated against the list for the policy's author.

use crate::listed_tools::{Definition, ListedTools};
use crate::name_patterns::matches;
use mcp_policy::document::Star;
use serde_json::{Map, Value as Json};
use std::collections::HashMap;

/// The tools of a server, by name.
#[derive(Debug)]
pub struct ToolIndex {
    pub(super) tools: Vec<Tool>,
    by_name: HashMap<String, usize>,
}

#[derive(Debug)]
pub(super) struct Tool {
    pub(super) name: String,
    /// As the server sends it.
    pub(super) definition: String,
    /// The arguments with their schemas; `None` where the server does not say.
    properties: Option<Map<String, Json>>,
}

impl ToolIndex {
    /// The index of a list.
    #[must_use]
    pub fn new(listed: &ListedTools) -> Self {
        let tools: Vec<_> = listed.tools.iter().map(Tool::new).collect();
        let names = tools.iter().enumerate();
        let by_name = names
            .map(|(index, tool)| (tool.name.clone(), index))
            .collect();
        Self { tools, by_name }
    }

    /// The tools that match a name or a pattern.
    pub(super) fn matching(&self, name: &str) -> Vec<&Tool> {
        match name.contains('*') {
            true => {
                let tools = self.tools.iter();
                tools
                    .filter(|tool| matches(name, &tool.name, Star::Any))
                    .collect()
            }
            false => {
                let index = self.by_name.get(name).copied();
                index
                    .and_then(|index| self.tools.get(index))
                    .into_iter()
                    .collect()
            }
        }
    }
}

impl Tool {
    fn new(definition: &Definition) -> Self {
        let json: Json = serde_json::from_str(&definition.json).unwrap_or_default();
        let properties = json.pointer("/inputSchema/properties");
        Self {
            name: definition.name.clone(),
            definition: definition.json.clone(),
            properties: properties.and_then(Json::as_object).cloned(),
        }
    }

    /// The names of its arguments; `None` where the server does not say.
    pub(super) fn arguments(&self) -> Option<impl Iterator<Item = &str>> {
        Some(self.properties.as_ref()?.keys().map(String::as_str))
    }

    /// The one type that the server gives an argument.
    pub(super) fn type_of(&self, argument: &str) -> Option<&str> {
        self.properties
            .as_ref()?
            .get(argument)?
            .get("type")?
            .as_str()
    }
}
