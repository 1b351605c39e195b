//! Turns what a host observed of one request into the form that cases expect.
//!
//! It fails on what no case could mean: other bytes than were sent, an answer of an unknown shape, a log line that
//! contradicts the answer.

use crate::RawHeaders;
use crate::case::Step;
use crate::respond::Received;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// What a client and an operator see of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Seen {
    /// The server got exactly the bytes that were sent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub forward: bool,
    /// HTTP status of the plugin's own answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// `result` (a tool result with `isError`) or `error` (JSON-RPC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// The id of the answer, as it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// JSON-RPC error code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    /// What the client is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// `resultType` of the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_type: Option<String>,
    /// The decision's details as the client gets them, but for `requestId`, which every answer must have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Value>,
    /// The rule that the log names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Rules in shadow mode that would have refused, as the log names them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shadow: Vec<String>,
    /// The `authorization` header does not reach the server.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub credential_removed: bool,
    /// What the client gets of the server's response: `"same"`, or what is different.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<Value>,
}

impl Seen {
    /// As a case writes it.
    pub fn expectation(&self) -> Value {
        let forward = Self {
            forward: true,
            ..Self::default()
        };
        if *self == forward {
            "forward".into()
        } else {
            serde_json::to_value(self).unwrap_or_default()
        }
    }
}

/// What a host saw of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// One entry for each step.
    Seen(Vec<Seen>),
    /// The policy was refused with these lines.
    Refused(Vec<String>),
    /// The host cannot play it, and why.
    Cannot(String),
    /// Something happened that no case can expect.
    Failed(String),
}

impl Outcome {
    /// Gathers the steps; the first that makes no sense is the outcome.
    pub fn of(steps: impl Iterator<Item = Result<Seen, String>>) -> Self {
        let number = |(index, step): (usize, Result<Seen, String>)| {
            step.map_err(|error| format!("step {}: {error}", index.saturating_add(1)))
        };
        steps
            .enumerate()
            .map(number)
            .collect::<Result<_, _>>()
            .map_or_else(Self::Failed, Self::Seen)
    }
}

/// What a host observed of one request.
#[derive(Debug, Default)]
pub struct Observed {
    /// The plugin's own answer: status and body.
    pub reply: Option<(u16, Vec<u8>)>,
    /// What reached the server: header fields and body.
    pub forwarded: Option<(RawHeaders, Vec<u8>)>,
    /// The decision that was logged.
    pub audit: Option<String>,
    /// What the client got of the server's response.
    pub received: Option<Received>,
    /// What was logged of that.
    pub problem: Option<String>,
}

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

impl Observed {
    /// The decision among a host's log lines, and nothing else yet.
    ///
    /// # Errors
    /// When there is more than one.
    pub fn logged(lines: &[String]) -> Result<Self, String> {
        let mut audits = lines.iter().filter_map(|line| audit_of(line));
        let audit = audits.next().map(Into::into);
        if audits.next().is_some() {
            return Err("more than one decision was logged".into());
        }
        let problem = lines.iter().find_map(|line| problem_of(line));
        Ok(Self {
            audit,
            problem: problem.map(Into::into),
            ..Self::default()
        })
    }

    /// Notes that the request was passed on, without the headers that are `removed`.
    pub fn forward(&mut self, step: &Step, removed: impl Fn(&[u8]) -> bool, body: Vec<u8>) {
        let kept = step.headers.iter().filter(|(name, _)| !removed(name));
        self.forwarded = Some((kept.cloned().collect(), body));
    }

    fn response(&self, step: &Step, request_id: &str) -> Result<Option<Value>, String> {
        let (Some(respond), Some(_)) = (&step.respond, &self.forwarded) else {
            return Ok(None);
        };
        let received = self.received.as_ref().ok_or("no response came")?;
        let problem = self.problem.as_deref().map(serde_json::from_str::<Value>);
        let problem = problem.transpose().map_err(|error| error.to_string())?;
        let problem = problem.and_then(|line| Some(line.get("message")?.as_str()?.into()));
        let ids = (request_id, &*step.request_id());
        received.seen(respond, ids, problem).map(Some)
    }

    /// What the case's expectation is compared with.
    ///
    /// # Errors
    /// When the observation makes no sense.
    pub fn seen(&self, step: &Step, request_id: &str) -> Result<Seen, String> {
        let mut seen = match (&self.reply, &self.forwarded) {
            (Some((status, body)), None) => answered(*status, body, request_id)?,
            (None, Some((headers, body))) => forwarded(step, headers, body)?,
            (None, None) => return Err("neither answered nor forwarded".into()),
            (Some(_), Some(_)) => return Err("answered and forwarded".into()),
        };
        if let Some(line) = &self.audit {
            logged(&mut seen, line)?;
        } else if !seen.forward {
            return Err("a refusal without a line in the log".into());
        }
        seen.response = self.response(step, request_id)?;
        Ok(seen)
    }
}

fn answered(status: u16, body: &[u8], request_id: &str) -> Result<Seen, String> {
    let mut seen = Seen {
        status: Some(status),
        ..Seen::default()
    };
    if body.is_empty() {
        return Ok(seen);
    }
    let shown = String::from_utf8_lossy(body);
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
            seen.message = Some(text.clone());
            seen.result_type = result.result_type;
            result.meta.decision
        }
        (None, Some(error)) if response.jsonrpc == "2.0" => {
            seen.answer = Some("error".into());
            seen.code = Some(error.code);
            seen.message = Some(error.message);
            error.data
        }
        _ => return Err(format!("neither a result nor an error: {shown}")),
    };
    let id = detail
        .as_object_mut()
        .and_then(|detail| detail.remove("requestId"));
    // A request whose headers cannot be read has no id that could be told.
    if id.as_ref().is_some_and(|id| id != request_id) {
        return Err(format!("requestId is {id:?}, not {request_id:?}"));
    }
    seen.detail = Some(detail);
    Ok(seen)
}

/// An id that nobody would read to its end, by its length and what it begins with.
fn abridged(id: &str) -> String {
    match id.get(..20).filter(|_| id.len() > 200) {
        Some(start) => format!("{start}… ({} bytes)", id.len()),
        None => id.into(),
    }
}

fn forwarded(step: &Step, headers: &[(Vec<u8>, Vec<u8>)], body: &[u8]) -> Result<Seen, String> {
    if body != step.body.as_deref().unwrap_or_default() {
        return Err(format!(
            "other bytes were forwarded: {}",
            String::from_utf8_lossy(body)
        ));
    }
    let authorized =
        |headers: &[(Vec<u8>, Vec<u8>)]| headers.iter().any(|(name, _)| name == b"authorization");
    let credential_removed = authorized(&step.headers) && !authorized(headers);
    Ok(Seen {
        forward: true,
        credential_removed,
        ..Seen::default()
    })
}

/// Takes from the log what only the operator sees, and checks that it tells of the same decision.
fn logged(seen: &mut Seen, line: &str) -> Result<(), String> {
    let audit: Value =
        serde_json::from_str(line).map_err(|error| format!("{error} in log line {line}"))?;
    let text = |key| audit.get(key).and_then(Value::as_str);
    let decision = text("decision").unwrap_or_default();
    if (decision == "allow") != seen.forward {
        return Err(format!("the log says {decision:?}: {line}"));
    }
    let told = seen.detail.as_ref().map(|detail| detail.get("reason"));
    if told.is_some_and(|reason| reason != audit.get("reason")) {
        return Err(format!(
            "the log gives another reason than the client's: {line}"
        ));
    }
    seen.rule = text("rule").map(Into::into);
    let shadow = audit
        .get("shadow")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    seen.shadow = shadow
        .map(|refusal| {
            refusal
                .get("rule")
                .and_then(Value::as_str)
                .unwrap_or("no rule")
                .into()
        })
        .collect();
    Ok(())
}

/// What a log line says of a response.
pub fn problem_of(line: &str) -> Option<&str> {
    line.find(r#"{"event":"response""#)
        .and_then(|start| line.get(start..))
        .map(str::trim_end)
}

/// The decision in a log line of any host, which may put its own words before it.
pub fn audit_of(line: &str) -> Option<&str> {
    line.find(r#"{"event":"decision""#)
        .and_then(|start| line.get(start..))
        .map(str::trim_end)
}
