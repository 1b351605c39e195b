//! Finds the list of tools in a JSON document: a list alone, an object with `tools`, or messages of JSON-RPC.
//!
//! It never guesses: a document of another kind is named.

use super::not_tools::NotTools;
use super::servers;
use crate::sanitize::line;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

type Members<'a> = BTreeMap<String, &'a RawValue>;

/// A list of tools, or some pages of it.
pub(super) struct List<'a> {
    pub(super) elements: Vec<&'a RawValue>,
    /// It has no `nextCursor`, so no page follows.
    pub(super) is_complete: bool,
}

/// The list in a document.
pub(super) fn list(document: &str) -> Result<List<'_>, NotTools> {
    if let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(document) {
        return array(elements);
    }
    match serde_json::from_str::<Members<'_>>(document) {
        Ok(members) => object(document, &members),
        Err(_) => Err(NotTools::Other("a single value".into())),
    }
}

/// The list of which several messages hold the pages.
pub(super) fn of_messages<'a>(
    messages: impl Iterator<Item = &'a str>,
) -> Result<List<'a>, NotTools> {
    let mut all = List {
        elements: Vec::new(),
        is_complete: false,
    };
    let (mut found, mut problem) = (false, None);
    for message in messages {
        match list(message) {
            Ok(page) => {
                found = true;
                all.elements.extend(page.elements);
                all.is_complete |= page.is_complete;
            }
            Err(other) if matches!(problem, Some(NotTools::RpcError { .. })) => drop(other),
            Err(other) => problem = Some(other),
        }
    }
    match problem {
        Some(problem) if !found => Err(problem),
        _ => Ok(all),
    }
}

fn array(elements: Vec<&RawValue>) -> Result<List<'_>, NotTools> {
    let is_message = |element: &&RawValue| {
        let members = serde_json::from_str::<Members<'_>>(element.get());
        members.is_ok_and(|members| members.contains_key("jsonrpc"))
    };
    match elements.first().is_some_and(is_message) {
        true => of_messages(elements.into_iter().map(RawValue::get)),
        false => Ok(List {
            elements,
            is_complete: true,
        }),
    }
}

fn object<'a>(document: &str, members: &Members<'a>) -> Result<List<'a>, NotTools> {
    let all: Map<String, Value> = serde_json::from_str(document).unwrap_or_default();
    if let Some(problem) = other_kind(&all) {
        return Err(problem);
    }
    if let Some(result) = members.get("result") {
        return list(result.get());
    }
    let mut lists = ["tools", "functionDeclarations"].iter();
    let Some((key, found)) = lists.find_map(|key| Some((key, members.get(*key)?))) else {
        return Err(other(&all));
    };
    let elements = serde_json::from_str(found.get()).map_err(|_| {
        let found = line(found.get(), 40);
        NotTools::Other(format!("`{found}` under `{key}`"))
    })?;
    Ok(List {
        elements,
        is_complete: all.get("nextCursor").is_none_or(Value::is_null),
    })
}

/// The kind of an object that holds no list of tools; `None` for an unknown kind.
fn other_kind(members: &Map<String, Value>) -> Option<NotTools> {
    let has = |key| members.contains_key(key);
    let tools = members.get("tools");
    let first_tool = tools.and_then(|tools| tools.get(0));
    if let Some(commands) = servers::commands(members) {
        return Some(NotTools::Servers(commands));
    }
    if let (Some(error), false) = (members.get("error"), has("result")) {
        return Some(rpc_error(error));
    }
    if let Some(method) = members.get("method").and_then(Value::as_str) {
        return Some(NotTools::Request(method.into()));
    }
    if has("version") && (has("default") || tools.is_some_and(Value::is_object)) {
        return Some(NotTools::Policy);
    }
    if has("manifest_version") || has("dxt_version") {
        return Some(NotTools::Manifest);
    }
    if has("source") && first_tool.is_some_and(|tool| tool.get("severity").is_some()) {
        return Some(NotTools::ScanReport);
    }
    if has("openapi") || has("swagger") {
        return Some(NotTools::Other("an OpenAPI document".into()));
    }
    if has("protocolVersion") && tools.is_none() {
        return Some(NotTools::Initialized);
    }
    let schemas = ["inputSchema", "input_schema", "parameters", "function"];
    (tools.is_none() && schemas.into_iter().any(has)).then_some(NotTools::OneTool)
}

fn rpc_error(error: &Value) -> NotTools {
    let code = error.get("code").map(Value::to_string);
    let message = error.get("message").and_then(Value::as_str);
    NotTools::RpcError {
        code: code.unwrap_or_else(|| "without a code".into()),
        message: message.map_or_else(|| error.to_string(), str::to_owned),
    }
}

fn other(members: &Map<String, Value>) -> NotTools {
    let names: Vec<_> = members
        .keys()
        .take(5)
        .map(|name| format!("`{name}`"))
        .collect();
    NotTools::Other(match names.as_slice() {
        [] => "an empty object".into(),
        names => format!("an object with {}", names.join(", ")),
    })
}
