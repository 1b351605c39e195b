//! Finds the JSON of an audit line in a text: alone, after the prefix of a host, or in a member of a log shipper's object.
//!
//! It never looks behind a quotation mark: a request that another program logs, such as a user agent in an access log, could
//! hold anything there.

use serde_json::{Map, Value as Json};
use std::borrow::Cow;

/// The members in which log shippers keep a line.
const MEMBERS: [&str; 10] = [
    "message",
    "log",
    "msg",
    "body",
    "line",
    "textPayload",
    "jsonPayload",
    "MESSAGE",
    "@message",
    "_raw",
];

/// The events of version 1.
const EVENTS: [&str; 6] = ["decision", "response", "refund", "answer", "approval", LOST];

/// The event in the place of lines that did not reach a collector.
pub(super) const LOST: &str = "lost";

/// How the JSON of an audit line begins.
const START: &str = "{\"v\":";

/// The content of a text.
pub(super) enum Found<'t> {
    /// The JSON of an audit line, perhaps damaged.
    Audit(Cow<'t, str>),
    /// The text of one line, out of a shipper's object.
    Inner { text: String, docker: bool },
    /// It seems to hold an audit line, and is damaged.
    Damaged(String),
    /// No audit line.
    Other,
}

pub(super) fn find(text: &str) -> Found<'_> {
    let text = text.trim();
    if !text.starts_with('{') {
        return after_prefix(text);
    }
    match serde_json::from_str::<Json>(text) {
        Ok(Json::Object(object)) if is_audit(&object) => Found::Audit(Cow::Borrowed(text)),
        Ok(Json::Object(object)) => in_object(object),
        Err(error) if is_mention(text) => Found::Damaged(error.to_string()),
        _ => Found::Other,
    }
}

/// Where the line is in a damaged object, as its start or as a text in it.
fn is_mention(text: &str) -> bool {
    text.starts_with(START) || text.contains(r#"{\"v\":"#)
}

/// Whether the object is a line of this version, or seems to be one of a later version.
fn is_audit(object: &Map<String, Json>) -> bool {
    let version = object.get("v").and_then(Json::as_u64);
    let event = object.get("event").and_then(Json::as_str);
    match (version, event) {
        (Some(1), Some(LOST)) => object.contains_key("lost"),
        (Some(1), Some(_)) => object.contains_key("decision"),
        (Some(2..), Some(event)) => EVENTS.contains(&event),
        _ => false,
    }
}

fn after_prefix(text: &str) -> Found<'_> {
    let Some((prefix, _)) = text.split_once(START) else {
        return Found::Other;
    };
    match text.get(prefix.len()..) {
        Some(json) if !prefix.contains('"') => Found::Audit(Cow::Borrowed(json)),
        _ => Found::Other,
    }
}

fn in_object<'t>(mut object: Map<String, Json>) -> Found<'t> {
    // A recorded message of MCP is not a shipper's.
    if object.contains_key("jsonrpc") {
        return Found::Other;
    }
    let docker = object.contains_key("log") && object.contains_key("stream");
    for name in MEMBERS {
        match object.get_mut(name).map(Json::take) {
            Some(Json::String(text)) => return Found::Inner { text, docker },
            Some(Json::Object(inner)) if is_audit(&inner) => {
                return Found::Audit(Cow::Owned(Json::Object(inner).to_string()));
            }
            Some(Json::Object(inner)) => return in_object(inner),
            _ => {}
        }
    }
    Found::Other
}
