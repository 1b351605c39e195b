//! Turns the list of a server's tools into the pins of the tools.
//!
//! It never computes a pin by itself: the engine does, so that a gateway computes the same.

use crate::listed_tools::{Definition, Form, ListedTools, NotTools};
use mcp_policy::host::Policy;
use std::collections::BTreeMap;

/// The pin of each tool that a server lists, or why the tool can have none.
#[derive(Debug)]
pub(super) struct Definitions(BTreeMap<String, Result<String, &'static str>>);

impl Definitions {
    /// The pins of a list.
    ///
    /// # Errors
    /// When the list does not hold the definitions as the server sends them.
    pub(super) fn read(listed: &ListedTools) -> Result<Self, NotTools> {
        if listed.form != Form::Mcp {
            return Err(NotTools::NotAsSent(listed.form));
        }
        let mut definitions = Self(BTreeMap::new());
        for tool in &listed.tools {
            definitions.add(tool);
        }
        Ok(definitions)
    }

    fn add(&mut self, tool: &Definition) {
        self.0
            .entry(tool.name.clone())
            .and_modify(|known| *known = Err("two tools have its name"))
            .or_insert_with(|| pin(&tool.json));
    }

    pub(super) fn pin(&self, tool: &str) -> Result<String, &'static str> {
        let found = self.0.get(tool).cloned();
        found.unwrap_or(Err("the server does not list it"))
    }
}

/// The pin of a definition that the engine reads as every other reader does.
fn pin(definition: &str) -> Result<String, &'static str> {
    let document = Policy::document(definition.as_bytes())
        .map_err(|_| "two readers may read its definition differently")?;
    let pin = mcp_policy::document::pin(document.root());
    pin.ok_or("two readers may read a number in its definition differently")
}
