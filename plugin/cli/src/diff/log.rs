//! Turns lines of a log into calls that were made, and what is known of each.
//!
//! A line of the audit log names a call's arguments and does not hold them; a JSON-RPC message holds them, and nothing of
//! who sent it and when. What a line does not hold is not made up.

use mcp_policy::Millis;
use mcp_policy_cases::seen::audit_of;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A call that was made.
#[derive(Debug)]
pub(super) struct Call {
    /// The number of its line, from 1.
    pub(super) line: usize,
    pub(super) at: Option<Millis>,
    pub(super) caller: Option<String>,
    pub(super) method: String,
    /// What it acts on: a tool, a prompt or a URI.
    pub(super) name: Option<String>,
    /// The message, with `null` where an argument is not known.
    pub(super) message: Json,
    /// The arguments whose values are not known.
    pub(super) unknown: Vec<String>,
}

/// What a line of a log is.
pub(super) enum Line {
    Call(Call),
    /// A decision that no rule of a policy made.
    Unruled,
    /// A caller was refused of whom nothing is known.
    Stranger,
    /// A decision of which too little was recorded, and what.
    Vague(String),
    /// Something else.
    Other,
}

#[derive(Deserialize)]
struct Decision {
    time: String,
    grant: Option<String>,
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
        return Line::Stranger;
    }
    let Some(method) = decision.method.clone() else {
        return Line::Vague("no method was recorded".into());
    };
    let name = [&decision.tool, &decision.prompt, &decision.uri]
        .into_iter()
        .find_map(Clone::clone);
    let texts = decision.argument_keys.iter().chain(&name).chain([&method]);
    if texts.into_iter().any(|text| is_cut(text)) || decision.argument_keys.len() >= MOST_KEYS {
        return Line::Vague("a name was cut when it was recorded".into());
    }
    let Some(params) = params(&method, &decision) else {
        return Line::Vague(format!(
            "what `{}` acts on was not recorded",
            crate::screen::plain(&method)
        ));
    };
    let at = OffsetDateTime::parse(&decision.time, &Rfc3339).ok();
    let at = at.and_then(|at| u64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok());
    Line::Call(Call {
        line,
        at: at.map(Millis),
        caller: decision.grant,
        name,
        message: json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }),
        method,
        unknown: decision.argument_keys,
    })
}

/// A name that the log does not hold as it was.
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
        // A request without a message is judged by who sends it.
        ("GET" | "DELETE" | "OPTIONS" | "POST", ..) => None,
        _ => Some(json!({})),
    }
}
