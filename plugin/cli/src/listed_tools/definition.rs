//! Turns one element of a list into the definition of a tool in MCP's form.
//!
//! It never changes a definition that is in this form: a pin is of its bytes.

use super::form::Form;
use super::not_tools::NotTools;
use crate::sanitize::{line, quoted};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// The definition of one tool, as JSON in MCP's form.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    pub(crate) name: String,
    pub(crate) json: String,
}

/// The definition of the element with this index, and its form.
pub(super) fn read(index: usize, element: &RawValue) -> Result<(Definition, Form), NotTools> {
    let place = |name: &str| {
        let number = index.saturating_add(1);
        match name {
            "" => format!("tool {number} of the list"),
            name => format!("tool {number} of the list, {}", quoted(name, 80)),
        }
    };
    let says = |name: &str, says: String| NotTools::Tool {
        tool: place(name),
        says,
    };
    let tool: Map<String, Value> = serde_json::from_str(element.get()).map_err(|_| {
        let found = line(element.get(), 40);
        says(
            "",
            format!("found `{found}`; write an object with `name` and `inputSchema`"),
        )
    })?;
    let (tool, form) = in_mcp_form(tool);
    let name = tool
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    validate(&tool).map_err(|text| says(&name, text))?;
    let json = match form {
        Form::Mcp => element.get().to_owned(),
        _ => Value::Object(tool).to_string(),
    };
    Ok((Definition { name, json }, form))
}

/// The members under the names of MCP.
fn in_mcp_form(mut tool: Map<String, Value>) -> (Map<String, Value>, Form) {
    if let Some(Value::Object(function)) = tool.get("function") {
        tool = function.clone();
    }
    if tool.contains_key("inputSchema") {
        return (tool, Form::Mcp);
    }
    let forms = [
        ("input_schema", Form::Anthropic),
        ("parameters", Form::OpenAi),
    ];
    for (key, form) in forms {
        if let Some(schema) = tool.remove(key) {
            // A function of OpenAI's without parameters takes none.
            let schema = if schema.is_null() { json!({}) } else { schema };
            tool.insert("inputSchema".into(), schema);
            return (tool, form);
        }
    }
    (tool, Form::Mcp)
}

/// Why the members are not a definition, and the value to write.
fn validate(tool: &Map<String, Value>) -> Result<(), String> {
    let found = |key: &str, value: &Value, write: &str| {
        let found = line(&value.to_string(), 40);
        Err(format!("found `{found}` under `{key}`; write {write}"))
    };
    match tool.get("name") {
        Some(Value::String(_)) => {}
        Some(name) => return found("name", name, "a text"),
        None => return Err("found no `name`; write `name` and `inputSchema`".into()),
    }
    for key in ["title", "description"] {
        match tool.get(key) {
            None | Some(Value::Null | Value::String(_)) => {}
            Some(value) => return found(key, value, "a text"),
        }
    }
    match tool.get("annotations") {
        None | Some(Value::Null | Value::Object(_)) => {}
        Some(value) => return found("annotations", value, "an object"),
    }
    match tool.get("inputSchema") {
        Some(Value::Object(_)) => Ok(()),
        Some(value) => found(
            "inputSchema",
            value,
            "a JSON Schema, such as `{\"type\": \"object\"}`",
        ),
        None => schema_elsewhere(tool),
    }
}

/// A schema under a name that no form has.
fn schema_elsewhere(tool: &Map<String, Value>) -> Result<(), String> {
    const OWN: [&str; 5] = ["outputSchema", "annotations", "_meta", "execution", "icons"];
    let is_schema = |value: &Value| {
        value.get("properties").is_some_and(Value::is_object)
            || value.get("type").and_then(Value::as_str) == Some("object")
    };
    let mut members = tool.iter().filter(|(key, _)| !OWN.contains(&key.as_str()));
    match members.find(|(_, value)| is_schema(value)) {
        Some((key, _)) => Err(format!(
            "found its schema under `{}`; write it under `inputSchema`",
            line(key, 40)
        )),
        None => Ok(()),
    }
}
