//! Turns lines of logs into recorded calls.
//!
//! A line of the audit log has the names of a call's arguments, and the values that its policy opens; a JSON-RPC message holds
//! all values, but neither caller nor time. It never invents a fact that a line does not hold.

use super::call::{Call, Decision, Verdict};
use super::outcome::{Ending, Outcome, Requests};
use super::recorded::Recorded;
use crate::audit_line::{self, AuditLine, Event, LineReader, Read, parse};
use crate::sanitize::printable;
use mcp_policy::host::Millis;
use serde_json::{Value as Json, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// One line of a log.
pub(super) enum Line {
    Call(Box<Call>),
    /// A decision that no rule of a policy made.
    Unruled,
    /// An unknown caller was refused, by the policy with this hash.
    UnknownCaller(Option<String>),
    /// Counts of the request with this id were given back, or it ended; `None` for a refund that does not say whose.
    End(Option<String>, Option<Millis>),
    /// A decision with missing facts, which are missing, and its time.
    Undecidable(String, Option<Millis>),
    /// Anything else.
    Other,
}

/// The log has no more names of arguments than this.
const MOST_KEYS: usize = 64;
/// What the log has in the place of a secret in a name.
const REDACTED: &str = "[REDACTED";
/// The log has no longer names than this.
const LONGEST: usize = 256;

pub(super) fn read(
    number: usize,
    text: &str,
    reader: &mut LineReader,
    requests: &Requests,
) -> Line {
    let json = match reader.json(text) {
        Ok(json) => json,
        Err(Read::Other) => {
            return serde_json::from_str(text)
                .map_or(Line::Other, |message| plain(number, message));
        }
        Err(_) => return Line::Other,
    };
    match Ending::of(&json) {
        Some(ending) if ending.event != Event::Decision => end(ending, requests),
        _ => match parse(&json) {
            Read::Line(line) if line.event == Event::Decision => recorded(number, *line, requests),
            _ => Line::Other,
        },
    }
}

/// A line about the end of a call.
fn end(ending: Ending, requests: &Requests) -> Line {
    let at = millis(&ending.time);
    match (ending.event, ending.request_id) {
        (Event::Refund, id) => Line::End(id.filter(|id| requests.knows(id)), at),
        (Event::Answer, Some(id)) => Line::End(Some(id), at),
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
    Line::Call(Box::new(Call {
        line,
        at: None,
        caller: None,
        server: None,
        name: text("/params/name").or_else(|| text("/params/uri")),
        method,
        message: message.to_string(),
        recorded: Recorded::default(),
        decision: None,
        outcome: Outcome::default(),
    }))
}

fn recorded(line: usize, decision: AuditLine, requests: &Requests) -> Line {
    if decision.reason.as_deref() == Some("unreadable") {
        return Line::Unruled;
    }
    if decision.grant.is_none() {
        return Line::UnknownCaller(decision.policy().map(str::to_owned));
    }
    let recorded = Recorded::of(&decision);
    match message(&decision, &recorded, line) {
        Ok(message) => {
            let outcome = requests.outcome(decision.request_id.as_deref());
            Line::Call(Box::new(Call {
                recorded,
                outcome,
                ..call(decision, line, message)
            }))
        }
        Err(missing) => Line::Undecidable(missing, at(&decision)),
    }
}

/// The message as far as it was recorded.
///
/// # Errors
/// The missing fact.
fn message(decision: &AuditLine, recorded: &Recorded, id: usize) -> Result<String, String> {
    let method = decision.method.as_ref().ok_or("no method was recorded")?;
    let keys = &decision.argument_keys;
    let names = decision.name().into_iter().chain(&decision.grant);
    let mut texts = keys.iter().chain(names).chain([method]);
    if texts.any(|text| is_cut(text)) || keys.len() >= MOST_KEYS {
        return Err("a name is truncated or redacted in the log".into());
    }
    let params = params(method, decision, recorded)
        .ok_or_else(|| format!("the target of `{}` was not recorded", printable(method)))?;
    let method = Json::from(&**method);
    Ok(format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":{method},"params":{params}}}"#
    ))
}

fn at(decision: &AuditLine) -> Option<Millis> {
    millis(&decision.time)
}

fn millis(time: &str) -> Option<Millis> {
    let time = OffsetDateTime::parse(time, &Rfc3339).ok()?;
    let millis = u64::try_from(time.unix_timestamp_nanos() / 1_000_000);
    millis.ok().map(Millis)
}

fn call(decision: AuditLine, line: usize, message: String) -> Call {
    Call {
        line,
        at: at(&decision),
        decision: Some(decided(&decision)),
        name: decision.name().cloned(),
        caller: decision.grant,
        server: decision.server,
        method: decision.method.unwrap_or_default(),
        message,
        recorded: Recorded::default(),
        outcome: Outcome::default(),
    }
}

fn decided(decision: &AuditLine) -> Decision {
    Decision {
        policy: decision.policy().map(str::to_owned),
        verdict: Verdict {
            allowed: decision.decision == audit_line::Decision::Allow,
            rule: decision.rule.clone(),
            needs_approval: needs_approval(decision),
        },
    }
}

/// Whether a person had to approve the call, or has approved it.
fn needs_approval(decision: &AuditLine) -> bool {
    decision.reason.as_deref() == Some("approval_required")
        || decision.rest.contains_key("approvals")
}

/// Whether the log may hold only a part of a name.
fn is_cut(text: &str) -> bool {
    text.chars().count() >= LONGEST || text.contains('\u{FFFD}') || text.contains(REDACTED)
}

/// The parameters as JSON; `None` where the log does not hold what the method is about.
fn params(method: &str, decision: &AuditLine, recorded: &Recorded) -> Option<String> {
    let named = |name: &String| {
        let name = Json::from(&**name);
        match recorded.arguments() {
            Some(arguments) => format!(r#"{{"name":{name},"arguments":{arguments}}}"#),
            None => format!(r#"{{"name":{name}}}"#),
        }
    };
    match (method, &decision.tool, &decision.prompt, &decision.uri) {
        ("tools/call", Some(tool), ..) => Some(named(tool)),
        ("prompts/get", _, Some(prompt), _) => Some(named(prompt)),
        ("resources/read" | "resources/subscribe" | "resources/unsubscribe", .., Some(uri)) => {
            Some(json!({ "uri": uri }).to_string())
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
        _ => Some("{}".into()),
    }
}
