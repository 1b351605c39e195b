//! Turns the answers of a server to `tools/list` into the pins of its tools.
//!
//! It never reads by itself: the engine's own reader does, so that a gateway computes the same pins.

use mcp_policy::document::{Document, Kind, Value};
use mcp_policy::host::Policy;
use std::collections::BTreeMap;

/// The pin of each tool that a server lists, or why the tool can have none.
#[derive(Debug)]
pub(super) struct Definitions(BTreeMap<String, Result<String, &'static str>>);

impl Definitions {
    /// Each answer is a list of tools, an object with `tools`, or the answer to `tools/list`.
    pub(super) fn read(answers: &[String]) -> Result<Self, String> {
        let mut definitions = Self(BTreeMap::new());
        for answer in answers {
            let document = Policy::document(answer.as_bytes());
            let document = document.map_err(|error| error.to_string())?;
            for tool in tools(&document)?.elements() {
                definitions.add(tool)?;
            }
        }
        Ok(definitions)
    }

    fn add(&mut self, tool: Value<'_>) -> Result<(), &'static str> {
        let name = tool.get("name").and_then(Value::string);
        let name = name.ok_or("it lists a tool without a name")?.into_owned();
        let pin = mcp_policy::document::pin(tool);
        let pin = pin.ok_or("two readers may read a number in its definition differently");
        self.0
            .entry(name)
            .and_modify(|known| *known = Err("two tools have its name"))
            .or_insert(pin);
        Ok(())
    }

    pub(super) fn pin(&self, tool: &str) -> Result<String, &'static str> {
        let found = self.0.get(tool).cloned();
        found.unwrap_or(Err("the server does not list it"))
    }
}

fn tools<'a>(document: &'a Document<'a>) -> Result<Value<'a>, &'static str> {
    let root = document.root();
    let result = root.get("result").unwrap_or(root);
    let tools = result.get("tools").unwrap_or(root);
    let is_list = tools.kind() == Kind::Array;
    is_list
        .then_some(tools)
        .ok_or("it is not a tool list; write `[…]`, `{\"tools\": […]}` or an answer to tools/list")
}
