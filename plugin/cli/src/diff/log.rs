//! Turns lines of a log into recorded calls.
//!
//! A line of the audit log names a call's arguments without their values; a JSON-RPC message holds the values, but neither
//! caller nor time. It never invents a fact that a line does not hold.

use super::call::Call;
use crate::audit_line::{AuditLine, Event, LineReader, Read};
use crate::sanitize::printable;
use mcp_policy::host::Millis;
use serde_json::{Map, Value as Json, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// One line of a log.
pub(super) enum Line {
    Call(Call),
    /// A decision that no rule of a policy made.
    Unruled,
    /// An unknown caller was refused.
    UnknownCaller,
    /// A decision with missing facts, and which are missing.
    Undecidable(String),
    /// Anything else.
    Other,
}

/// The log has no more names of arguments than this.
const MOST_KEYS: usize = 64;
/// The log has no longer names than this.
const LONGEST: usize = 256;

pub(super) fn read(number: usize, text: &str, reader: &mut LineReader) -> Line {
    match reader.read(text) {
        Read::Line(line) if line.event == Event::Decision => recorded(number, *line),
        Read::Other => {
            serde_json::from_str(text).map_or(Line::Other, |message| plain(number, message))
        }
        _ => Line::Other,
    }
}

/// A JSON-RPC request on a line of its own.
fn plain(line: usize, message: Json) -> Line {
    let text = |pointer| {
        message
            .pointer(pointer)
            .and_then(Json::as_str)
            .map(str::to_owned)
    };
    let is_message = text("/jsonrpc").as_deref() == Some("2.0");
    let Some(method) = text("/method").filter(|_| is_message) else {
        return Line::Other;
    };
    Line::Call(Call {
        line,
        at: None,
        caller: None,
        server: None,
        name: text("/params/name").or_else(|| text("/params/uri")),
        method,
        message,
        unknown: Vec::new(),
    })
}

fn recorded(line: usize, decision: AuditLine) -> Line {
    if decision.reason.as_deref() == Some("unreadable") {
        return Line::Unruled;
    }
    if decision.grant.is_none() {
        return Line::UnknownCaller;
    }
    match message(&decision) {
        Ok(message) => Line::Call(call(decision, line, message)),
        Err(missing) => Line::Undecidable(missing),
    }
}

/// The message as far as it was recorded.
///
/// # Errors
/// The missing fact.
fn message(decision: &AuditLine) -> Result<Json, String> {
    let method = decision.method.as_ref().ok_or("no method was recorded")?;
    let keys = &decision.argument_keys;
    let mut texts = keys.iter().chain(decision.name()).chain([method]);
    if texts.any(|text| is_cut(text)) || keys.len() >= MOST_KEYS {
        return Err("a name is truncated in the log".into());
    }
    let params = params(method, decision)
        .ok_or_else(|| format!("the target of `{}` was not recorded", printable(method)))?;
    Ok(json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }))
}

fn at(decision: &AuditLine) -> Option<Millis> {
    let time = OffsetDateTime::parse(&decision.time, &Rfc3339).ok()?;
    let millis = u64::try_from(time.unix_timestamp_nanos() / 1_000_000);
    millis.ok().map(Millis)
}

fn call(decision: AuditLine, line: usize, message: Json) -> Call {
    Call {
        line,
        at: at(&decision),
        name: decision.name().cloned(),
        caller: decision.grant,
        server: decision.server,
        method: decision.method.unwrap_or_default(),
        message,
        unknown: decision.argument_keys,
    }
}

/// Whether the log may hold only a part of a name.
fn is_cut(text: &str) -> bool {
    text.chars().count() >= LONGEST || text.contains('\u{FFFD}')
}

fn params(method: &str, decision: &AuditLine) -> Option<Json> {
    let arguments: Map<_, _> = decision
        .argument_keys
        .iter()
        .map(|key| (key.clone(), Json::Null))
        .collect();
    match (method, &decision.tool, &decision.prompt, &decision.uri) {
        ("tools/call", Some(tool), ..) => Some(json!({ "name": tool, "arguments": arguments })),
        ("prompts/get", _, Some(prompt), _) => {
            Some(json!({ "name": prompt, "arguments": arguments }))
        }
        ("resources/read" | "resources/subscribe" | "resources/unsubscribe", .., Some(uri)) => {
            Some(json!({ "uri": uri }))
        }
        (
            "tools/call"
            | "prompts/get"
            | "completion/complete"
            | "subscriptions/listen"
            | "response",
            ..,
        ) => None,
        (method, ..) if method.starts_with("resources/") && !method.ends_with("list") => None,
        // A request without a message is judged by its caller.
        ("GET" | "DELETE" | "OPTIONS" | "POST", ..) => None,
        _ => Some(json!({})),
    }
}
