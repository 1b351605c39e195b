//! Turns the plugin's own reply into the form that cases expect.
//!
//! It fails on a reply of an unknown shape.

use crate::captured::{page, without_ids};
use crate::expectation::Expectation;
use crate::server_response::Received;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Response {
    jsonrpc: String,
    id: Option<Box<RawValue>>,
    result: Option<ToolResult>,
    error: Option<Error>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ToolResult {
    content: Vec<Content>,
    is_error: bool,
    result_type: Option<String>,
    #[serde(rename = "_meta")]
    meta: Meta,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    r#type: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Meta {
    #[serde(rename = "mcp-policy/decision")]
    decision: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Error {
    code: i64,
    message: String,
    data: Value,
}

pub(crate) fn answered(reply: &Received, request_id: &str) -> Result<Expectation, String> {
    let mut seen = Expectation {
        status: Some(reply.status),
        challenge: reply.text("www-authenticate"),
        ..Expectation::default()
    };
    let body = &reply.body[..];
    if body.is_empty() {
        return Ok(seen);
    }
    let media = reply.text("content-type");
    if let Some(page) = of_page(media.as_deref(), body) {
        seen.answer = Some("page".into());
        seen.detail = page;
        return Ok(seen);
    }
    if media.as_deref() != Some("application/json") {
        return Err(format!("an answer with the content type {media:?}"));
    }
    let shown = String::from_utf8_lossy(body);
    if let Some(waits) = waiting(body) {
        return waits.seen(seen);
    }
    let response: Response =
        serde_json::from_slice(body).map_err(|error| format!("{error} in {shown}"))?;
    seen.id = response.id.map(|id| abridged(id.get()));
    let mut detail = match (response.result, response.error) {
        (Some(result), None) if result.is_error && response.jsonrpc == "2.0" => {
            let [Content { r#type, text }] = &result.content[..] else {
                return Err(format!("content of {shown}"));
            };
            seen.answer = Some(if r#type == "text" {
                "result".into()
            } else {
                r#type.clone()
            });
            seen.message = Some(without_ids(text));
            seen.result_type = result.result_type;
            result.meta.decision
        }
        (None, Some(error)) if response.jsonrpc == "2.0" => {
            seen.answer = Some("error".into());
            seen.code = Some(error.code);
            seen.message = Some(without_ids(&error.message));
            error.data
        }
        _ => return Err(format!("neither a result nor an error: {shown}")),
    };
    let id = detail
        .as_object_mut()
        .and_then(|detail| detail.remove("requestId"));
    // A request with unreadable headers has no known id.
    if id.as_ref().is_some_and(|id| id != request_id) {
        return Err(format!("requestId is {id:?}, not {request_id:?}"));
    }
    seen.detail = Some(page(detail));
    Ok(seen)
}

/// The page of approvals: its JSON, or nothing of its HTML; `None` for an answer to a message.
fn of_page(media: Option<&str>, body: &[u8]) -> Option<Option<Value>> {
    if media == Some("text/html; charset=utf-8") {
        return Some(None);
    }
    let answer: Value = serde_json::from_slice(body).ok()?;
    answer.get("jsonrpc").is_none().then(|| Some(page(answer)))
}

/// An answer by which the client waits for an approval.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Waiting {
    jsonrpc: String,
    id: Box<RawValue>,
    result: WaitingResult,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WaitingResult {
    result_type: String,
    input_requests: Option<Value>,
    request_state: String,
    #[serde(rename = "_meta")]
    meta: Meta,
}

fn waiting(body: &[u8]) -> Option<Waiting> {
    let waiting: Waiting = serde_json::from_slice(body).ok()?;
    (waiting.result.result_type == "input_required").then_some(waiting)
}

impl Waiting {
    fn seen(self, mut seen: Expectation) -> Result<Expectation, String> {
        let Self {
            jsonrpc,
            id,
            result,
        } = self;
        if jsonrpc != "2.0" || result.request_state.is_empty() {
            return Err("an answer without a state to wait with".into());
        }
        let mut detail = result.meta.decision;
        if let Some(members) = detail.as_object_mut() {
            members.remove("requestId");
        }
        let asked = result.input_requests.as_ref();
        let asked = asked.and_then(|asked| asked.pointer("/mcp-policy~1approval/params"));
        if let Some(asked) = asked {
            let same = asked.get("url") == detail.get("approvalUrl");
            let message = asked.get("message").and_then(Value::as_str);
            seen.message = message.filter(|_| same).map(without_ids);
        }
        seen.id = Some(abridged(id.get()));
        seen.answer = Some("input_required".into());
        seen.detail = Some(page(detail));
        Ok(seen)
    }
}

/// A long id, shortened to its length and its beginning.
fn abridged(id: &str) -> String {
    match id.get(..20).filter(|_| id.len() > 200) {
        Some(start) => format!("{start}… ({} bytes)", id.len()),
        None => id.into(),
    }
}
