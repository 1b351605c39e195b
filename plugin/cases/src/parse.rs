//! Turns the text of a case into a case.
//!
//! An invalid text is an error, never skipped. It opens no file: the caller brings the policy that a case names.

use crate::RawHeaders;
use crate::caller::CallerFacts;
use crate::case::{Attack, Case, Play, Step};
use crate::expectation::Expectation;
use crate::raw_caller::{RawCaller, RawCertificate, text_or_null};
use crate::raw_header::{RawHeader, fields, headers, headers_of, names, unhex};
use crate::server_response::ServerResponse;
use crate::step_callers::StepCallers;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCase {
    #[serde(rename = "$schema")]
    _schema: Option<String>,
    why: String,
    policy: Option<Box<RawValue>>,
    policy_text: Option<String>,
    policy_file: Option<String>,
    attack: Option<Attack>,
    start: Option<String>,
    #[serde(default)]
    hosts: BTreeMap<String, String>,
    #[serde(rename = "as")]
    caller: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, RawHeader>,
    steps: Option<Vec<RawStep>>,
    refused: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    #[serde(default)]
    at: String,
    #[serde(rename = "why")]
    _why: Option<String>,
    method: Option<String>,
    path: Option<String>,
    host: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, RawHeader>,
    trailers: Option<BTreeMap<String, String>>,
    peer: Option<String>,
    #[serde(rename = "as", default, deserialize_with = "text_or_null")]
    caller: Option<Option<String>>,
    claims: Option<Box<RawValue>>,
    #[serde(default)]
    certificate: RawCertificate,
    cluster: Option<String>,
    sent_to: Option<String>,
    call: Option<String>,
    arguments: Option<Box<RawValue>>,
    body: Option<Box<RawValue>>,
    text: Option<String>,
    hex: Option<String>,
    #[serde(default)]
    repeat: BTreeMap<String, Repeat>,
    respond: Option<RawRespond>,
    expect: Option<Value>,
}

/// A request's body: a call, any JSON, or an exact text or bytes.
struct RawMessage {
    call: Option<String>,
    arguments: Option<Box<RawValue>>,
    body: Option<Box<RawValue>>,
    text: Option<String>,
    hex: Option<String>,
    repeat: BTreeMap<String, Repeat>,
}

/// A server's response: any JSON, or an exact text or bytes. `events` are sent as an event stream, each as one message.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRespond {
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, RawHeader>,
    body: Option<Box<RawValue>>,
    text: Option<String>,
    hex: Option<String>,
    events: Option<Vec<Box<RawValue>>>,
    #[serde(default)]
    repeat: BTreeMap<String, Repeat>,
    trailers: Option<bool>,
}

/// A piece of `text` that is too long to write out: each key of `repeat` in the text stands for `times` copies of
/// `what`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Repeat {
    what: String,
    times: usize,
}

/// 2026-01-01T00:00:00Z, a Thursday.
const START: u64 = 1_767_225_600;

impl Case {
    /// Reads a case's text. `read` returns the text of the policy's file that the case names.
    ///
    /// # Errors
    /// A sentence that says why the text is invalid.
    pub fn parse(
        name: &str,
        text: &str,
        read: impl FnOnce(&str) -> Result<String, String>,
    ) -> Result<Self, String> {
        Self::parse_as(name, text, &CallerFacts::default(), read)
    }

    /// Reads a case's text like [`parse`](Self::parse). `caller` makes each request whose caller the case does not state.
    ///
    /// # Errors
    /// A sentence that says why the text is invalid, or what the policy has no caller for.
    pub fn parse_as(
        name: &str,
        text: &str,
        caller: &CallerFacts,
        read: impl FnOnce(&str) -> Result<String, String>,
    ) -> Result<Self, String> {
        let raw: RawCase = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if raw.why.trim().is_empty() {
            return Err("`why` is empty".into());
        }
        let named = raw.policy_file.as_deref();
        let written = policy(raw.policy, raw.policy_text, named, read)?;
        let of_all = OfAll {
            caller: raw.caller,
            headers: raw.headers,
        };
        let (play, policy) = match (raw.steps, raw.refused) {
            (Some(steps), None) if !steps.is_empty() => of_all.steps(steps, &written, caller)?,
            (None, Some(lines)) => (of_all.refused(lines)?, written.clone()),
            _ => return Err("one of `steps` (at least one) and `refused` must be there".into()),
        };
        Ok(Self {
            name: name.into(),
            policy,
            written_policy: written,
            play,
            start: start(raw.start)?,
            why: raw.why,
            policy_file: raw.policy_file,
            hosts: raw.hosts,
            attack: raw.attack,
        })
    }
}

fn policy(
    policy: Option<Box<RawValue>>,
    text: Option<String>,
    file: Option<&str>,
    read: impl FnOnce(&str) -> Result<String, String>,
) -> Result<String, String> {
    match (policy, text, file) {
        (Some(policy), None, None) => Ok(policy.get().to_owned()),
        (None, Some(text), None) => Ok(text),
        (None, None, Some(file)) => {
            read(file).map_err(|error| format!("`policy_file` {file:?}: {error}"))
        }
        _ => Err("one of `policy`, `policy_text` and `policy_file` must be there".into()),
    }
}

/// What a case states for all of its steps.
struct OfAll {
    caller: Option<String>,
    headers: BTreeMap<String, RawHeader>,
}

impl OfAll {
    /// The steps, and the policy to play.
    fn steps(
        self,
        steps: Vec<RawStep>,
        policy: &str,
        caller: &CallerFacts,
    ) -> Result<(Play, String), String> {
        let mut callers = StepCallers::new(policy, caller, self.caller)?;
        let steps = (1..)
            .zip(steps)
            .map(|(number, step)| step.with(&self.headers).parse(number, &mut callers));
        let mut steps = steps.collect::<Result<Vec<_>, _>>()?;
        callers.exchange_tokens(&mut steps);
        Ok((Play::Steps(steps), callers.policy(policy)))
    }

    fn refused(self, lines: Vec<String>) -> Result<Play, String> {
        let misplaced = match (self.headers.is_empty(), self.caller) {
            (true, None) => return Ok(Play::Refused(lines)),
            (false, _) => "headers",
            (true, Some(_)) => "as",
        };
        Err(format!("`{misplaced}` belongs beside `steps`"))
    }
}

fn start(start: Option<String>) -> Result<u64, String> {
    start.map_or(Ok(START), |start| {
        let seconds = start.parse();
        seconds.map_err(|_| "`start` is no number of seconds".into())
    })
}

impl RawStep {
    /// The step with these header fields, of the whole case or of its caller, that it does not name itself.
    fn with(mut self, headers: &BTreeMap<String, RawHeader>) -> Self {
        let mut given = headers.clone();
        given.retain(|name, _| !names(&self.headers, name));
        self.headers.extend(given);
        self
    }

    /// The step of this number, from 1.
    fn parse(self, number: usize, callers: &mut StepCallers) -> Result<Step, String> {
        self.step(number, callers)
            .map_err(|error| format!("step {number}: {error}"))
    }

    fn step(mut self, number: usize, callers: &mut StepCallers) -> Result<Step, String> {
        let own = RawCaller {
            claims: self.claims.take(),
            certificate: std::mem::take(&mut self.certificate),
        };
        let caller = callers.of_step(self.caller.take(), |headers| {
            !own.is_empty() || headers.iter().any(|name| names(&self.headers, name))
        })?;
        if let Some(caller) = &caller {
            self = self.with(&headers_of(caller));
        }
        let respond = self.respond.map(RawRespond::parse).transpose();
        let method = self.method.unwrap_or_else(|| "POST".into());
        let trailers = self.trailers.map(|fields| {
            let bytes = |(name, value): (String, String)| (name.into(), value.into());
            fields.into_iter().map(bytes).collect()
        });
        let message = RawMessage {
            call: self.call,
            arguments: self.arguments,
            body: self.body,
            text: self.text,
            hex: self.hex,
            repeat: self.repeat,
        };
        let body = message.body(number)?;
        Ok(Step {
            expect: self.expect.map(expectation).transpose()?,
            at: offset(&self.at).ok_or("`at` is no time like 90s or 2h")?,
            headers: headers(&method, number, self.headers)?,
            method,
            path: self.path.unwrap_or_else(|| "/mcp".into()),
            host: self.host,
            body,
            trailers,
            peer: self.peer.unwrap_or_else(|| "127.0.0.1".into()),
            verified: own.verified(caller.as_ref())?,
            cluster: self.cluster,
            sent_to: self.sent_to,
            respond: respond.map_err(|error| format!("`respond`: {error}"))?,
        })
    }
}

impl RawMessage {
    fn body(mut self, number: usize) -> Result<Option<Vec<u8>>, String> {
        repeat(&mut self.text, self.repeat)?;
        match (self.call, self.body, self.text, self.hex) {
            (Some(tool), None, None, None) => Ok(Some(call(number, &tool, self.arguments))),
            _ if self.arguments.is_some() => Err("`arguments` belongs beside `call`".into()),
            (None, Some(body), None, None) => Ok(Some(body.get().as_bytes().to_vec())),
            (None, None, Some(text), None) => Ok(Some(text.into_bytes())),
            (None, None, None, Some(hex)) => unhex(&hex).map(Some),
            (None, None, None, None) => Ok(None),
            _ => Err("at most one of `call`, `body`, `text` and `hex` may be there".into()),
        }
    }
}

fn call(number: usize, tool: &str, arguments: Option<Box<RawValue>>) -> Vec<u8> {
    let arguments = arguments.map_or_else(String::new, |arguments| {
        format!(r#","arguments":{arguments}"#)
    });
    let name = json!(tool);
    let message = format!(
        r#"{{"jsonrpc":"2.0","id":{number},"method":"tools/call","params":{{"name":{name}{arguments}}}}}"#
    );
    message.into_bytes()
}

fn expectation(expect: Value) -> Result<Expectation, String> {
    match expect.as_str() {
        Some("forward") => Ok(Expectation {
            forward: true,
            ..Expectation::default()
        }),
        Some(other) => Err(format!(
            "`expect` is {other:?}; write \"forward\" or an object"
        )),
        None => serde_json::from_value(expect).map_err(|error| error.to_string()),
    }
}

/// Puts the repeated pieces into a text.
fn repeat(text: &mut Option<String>, pieces: BTreeMap<String, Repeat>) -> Result<(), String> {
    for (key, Repeat { what, times }) in pieces {
        match text {
            Some(text) if text.contains(&key) => *text = text.replace(&key, &what.repeat(times)),
            _ => return Err(format!("`repeat` names {key:?}, which is not in `text`")),
        }
    }
    Ok(())
}

/// JSON as a server writes it: no string of JSON has a line break, so that all of them are layout.
fn on_one_line(value: &RawValue) -> String {
    value.get().lines().map(str::trim_start).collect()
}

impl RawRespond {
    fn parse(mut self) -> Result<ServerResponse, String> {
        repeat(&mut self.text, self.repeat)?;
        let kind = match self.events {
            Some(_) => "text/event-stream",
            None => "application/json",
        };
        let body = match (self.body, self.text, self.hex, self.events) {
            (Some(body), None, None, None) => on_one_line(&body).into_bytes(),
            (None, Some(text), None, None) => text.into_bytes(),
            (None, None, Some(hex), None) => unhex(&hex)?,
            (None, None, None, Some(events)) => event_stream(&events).into_bytes(),
            (None, None, None, None) => Vec::new(),
            _ => {
                return Err(
                    "at most one of `body`, `text`, `hex` and `events` may be there".into(),
                );
            }
        };
        let mut headers = RawHeaders::new();
        if !names(&self.headers, "content-type") {
            headers.push(("content-type".into(), kind.into()));
        }
        headers.extend(fields(self.headers)?);
        Ok(ServerResponse {
            status: self.status.unwrap_or(200),
            headers,
            body,
            trailers: self.trailers.unwrap_or(true),
        })
    }
}

fn event_stream(messages: &[Box<RawValue>]) -> String {
    let event = |(id, message): (usize, &RawValue)| {
        let message = on_one_line(message);
        format!("event: message\nid: {id}\ndata: {message}\n\n")
    };
    let messages = messages.iter().map(AsRef::as_ref);
    messages.enumerate().map(event).collect()
}

/// `90s`, `2h`, `3d`; empty is the start.
fn offset(text: &str) -> Option<Duration> {
    if text.is_empty() {
        return Some(Duration::ZERO);
    }
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}
