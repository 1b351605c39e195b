//! Turns what a server's `tools/list` answers into names, and the arguments that each tool takes.
//!
//! It believes what is listed, since a policy is only held against it for its author.

use crate::input::Input;
use crate::screen::Trouble;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::collections::HashMap;
use std::path::Path;

/// The tools of a server.
#[derive(Debug)]
pub(super) struct Listed {
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

impl Listed {
    pub(super) fn read(path: &Path) -> Result<Self, Trouble> {
        let input = Input::read(path)?;
        Self::parse(&input.bytes).map_err(|error| {
            let what = "expected what `tools/list` answers, its result, or its list of tools";
            Trouble(format!("{}: {what}: {error}", input.name))
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

    /// The tools that a name or a prefix stands for.
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
