//! Turns lines of a log into recorded calls.
//!
//! A line of the audit log names a call's arguments without their values; a JSON-RPC message holds the values, but neither
//! caller nor time. It never invents a fact that a line does not hold.

use super::call::Call;
use crate::sanitize::printable;
use mcp_policy::host::Millis;
use mcp_policy_cases::observation::audit_of;
use serde::Deserialize;
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

#[derive(Deserialize)]
struct Decision {
    time: String,
    grant: Option<String>,
    server: Option<String>,
    method: Option<String>,
    tool: Option<String>,
    prompt: Option<String>,
    uri: Option<String>,
    reason: Option<String>,
    #[serde(default)]
    argument_keys: Vec<String>,
}

/// The log has no more names of arguments than this.
const MOST_KEYS: usize = 64;
/// The log has no longer names than this.
const LONGEST: usize = 256;

pub(super) fn read(line: usize, text: &str) -> Line {
    match audit_of(text) {
        Some(text) => {
            serde_json::from_str(text).map_or(Line::Other, |decision| recorded(line, decision))
        }
        None => serde_json::from_str(text).map_or(Line::Other, |message| plain(line, message)),
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

fn recorded(line: usize, decision: Decision) -> Line {
    if decision.reason.as_deref() == Some("unreadable") {
        return Line::Unruled;
    }
    if decision.grant.is_none() {
        return Line::UnknownCaller;
    }
    match decision.message() {
        Ok(message) => Line::Call(decision.call(line, message)),
        Err(missing) => Line::Undecidable(missing),
    }
}

impl Decision {
    /// The message as far as it was recorded.
    ///
    /// # Errors
    /// The missing fact.
    fn message(&self) -> Result<Json, String> {
        let method = self.method.as_ref().ok_or("no method was recorded")?;
        let mut texts = self.argument_keys.iter().chain(self.name()).chain([method]);
        if texts.any(|text| is_cut(text)) || self.argument_keys.len() >= MOST_KEYS {
            return Err("a name is truncated in the log".into());
        }
        let params = params(method, self)
            .ok_or_else(|| format!("the target of `{}` was not recorded", printable(method)))?;
        Ok(json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }))
    }

    fn name(&self) -> Option<&String> {
        let names = [&self.tool, &self.prompt, &self.uri];
        names.into_iter().find_map(Option::as_ref)
    }

    fn at(&self) -> Option<Millis> {
        let time = OffsetDateTime::parse(&self.time, &Rfc3339).ok()?;
        let millis = u64::try_from(time.unix_timestamp_nanos() / 1_000_000);
        millis.ok().map(Millis)
    }

    fn call(self, line: usize, message: Json) -> Call {
        Call {
            line,
            at: self.at(),
            name: self.name().cloned(),
            caller: self.grant,
            server: self.server,
            method: self.method.unwrap_or_default(),
            message,
            unknown: self.argument_keys,
        }
    }
}

/// Whether the log may hold only a part of a name.
fn is_cut(text: &str) -> bool {
    text.chars().count() >= LONGEST || text.contains('\u{FFFD}')
}

fn params(method: &str, decision: &Decision) -> Option<Json> {
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
