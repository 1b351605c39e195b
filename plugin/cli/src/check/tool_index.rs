//! Turns the answer of a server to `tools/list` into an index of its tools and their arguments.
//!
//! It never doubts the server: a policy is only validated against the list for the policy's author.

use crate::input::Input;
use crate::report::{CommandError, CommandResult};
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::collections::HashMap;

/// The tools of a server, by name.
#[derive(Debug)]
pub struct ToolIndex {
    pub(super) tools: Vec<Tool>,
    by_name: HashMap<String, usize>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Tool {
    pub(super) name: String,
    #[serde(default, rename = "inputSchema")]
    schema: Schema,
}

#[derive(Debug, Default, Deserialize)]
struct Schema {
    properties: Option<Map<String, Json>>,
}

#[derive(Deserialize)]
struct List {
    tools: Vec<Tool>,
}

/// A list alone, a result, or an answer.
#[derive(Deserialize)]
#[serde(untagged)]
enum File {
    Tools(Vec<Tool>),
    Result(List),
    Answer { result: List },
}

impl ToolIndex {
    /// Reads the answer to `tools/list`, its result, or its list of tools.
    ///
    /// # Errors
    /// When the file is none of these.
    pub fn read(file: &Input) -> CommandResult<Self> {
        Self::parse(&file.bytes).map_err(|error| {
            let what = "expected the answer to `tools/list`, its result, or its list of tools";
            CommandError::about(&file.name, format_args!("{what}: {error}"))
        })
    }

    pub(super) fn parse(bytes: &[u8]) -> serde_json::Result<Self> {
        let tools: Vec<Tool> = match serde_json::from_slice(bytes)? {
            File::Tools(tools) => tools,
            File::Result(list) | File::Answer { result: list } => list.tools,
        };
        let names = tools.iter().enumerate();
        let by_name = names
            .map(|(index, tool)| (tool.name.clone(), index))
            .collect();
        Ok(Self { tools, by_name })
    }

    /// The tools that match a name or a prefix.
    pub(super) fn matching(&self, name: &str) -> Vec<&Tool> {
        match name.strip_suffix('*') {
            Some(prefix) => {
                let tools = self.tools.iter();
                tools.filter(|tool| tool.name.starts_with(prefix)).collect()
            }
            None => {
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
    /// The names of its arguments; `None` where the server does not say.
    pub(super) fn arguments(&self) -> Option<impl Iterator<Item = &str>> {
        let properties = self.schema.properties.as_ref()?;
        Some(properties.keys().map(String::as_str))
    }

    /// The one type that the server gives an argument.
    pub(super) fn type_of(&self, argument: &str) -> Option<&str> {
        self.schema
            .properties
            .as_ref()?
            .get(argument)?
            .get("type")?
            .as_str()
    }
}
