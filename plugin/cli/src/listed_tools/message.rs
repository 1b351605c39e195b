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

/// The elements of the list.
pub(super) fn elements(document: &str) -> Result<Vec<&RawValue>, NotTools> {
    if let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(document) {
        return list(elements);
    }
    match serde_json::from_str::<Members<'_>>(document) {
        Ok(members) => object(document, &members),
        Err(_) => Err(NotTools::Other("a single value".into())),
    }
}

/// The elements of all lists in the answers among several messages.
pub(super) fn of_messages<'a>(
    messages: impl Iterator<Item = &'a str>,
) -> Result<Vec<&'a RawValue>, NotTools> {
    let mut all = Vec::new();
    let (mut found, mut problem) = (false, None);
    for message in messages {
        match elements(message) {
            Ok(elements) => {
                found = true;
                all.extend(elements);
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

fn list(elements: Vec<&RawValue>) -> Result<Vec<&RawValue>, NotTools> {
    let is_message = |element: &&RawValue| {
        let members = serde_json::from_str::<Members<'_>>(element.get());
        members.is_ok_and(|members| members.contains_key("jsonrpc"))
    };
    match elements.first().is_some_and(is_message) {
        true => of_messages(elements.into_iter().map(RawValue::get)),
        false => Ok(elements),
    }
}

fn object<'a>(document: &str, members: &Members<'a>) -> Result<Vec<&'a RawValue>, NotTools> {
    let all: Map<String, Value> = serde_json::from_str(document).unwrap_or_default();
    if let Some(problem) = other_kind(&all) {
        return Err(problem);
    }
    if let Some(result) = members.get("result") {
        return elements(result.get());
    }
    let mut lists = ["tools", "functionDeclarations"].iter();
    let Some((key, list)) = lists.find_map(|key| Some((key, members.get(*key)?))) else {
        return Err(other(&all));
    };
    let found = || NotTools::Other(format!("`{}` under `{key}`", line(list.get(), 40)));
    serde_json::from_str(list.get()).map_err(|_| found())
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
