//! Turns a host's observation of one request into the form that cases expect.
//!
//! It fails on an outcome that no case can expect: bytes that differ from the sent ones, an answer of an unknown form,
//! a log line that contradicts the answer.

use crate::RawHeaders;
use crate::case::Step;
use crate::expectation::Expectation;
use crate::reply::answered;
use crate::server_response::Received;
use serde_json::Value;

/// A host's observation of one request.
#[derive(Debug, Default)]
pub struct Observation {
    /// The plugin's own answer.
    pub reply: Option<Received>,
    /// The request at the server: header fields and body.
    pub forwarded: Option<(RawHeaders, Vec<u8>)>,
    /// The decision that was logged.
    pub audit: Option<String>,
    /// The server's response at the client.
    pub received: Option<Received>,
    /// The log line about the response.
    pub problem: Option<String>,
}

impl Observation {
    /// The decision among a host's log lines, and the line about the response; everything else is empty.
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

    fn response(
        &self,
        step: &Step,
        request_id: &str,
        problem: Option<String>,
    ) -> Result<Option<Value>, String> {
        let (Some(respond), Some(_)) = (&step.respond, &self.forwarded) else {
            return Ok(None);
        };
        let received = self.received.as_ref().ok_or("no response came")?;
        let ids = (request_id, &*step.request_id());
        received.seen(respond, ids, problem).map(Some)
    }

    /// The observation in the form of a case's expectation.
    ///
    /// # Errors
    /// The reason why no case can expect such an observation.
    pub fn seen(&self, step: &Step, request_id: &str) -> Result<Expectation, String> {
        let mut seen = self.outside(step, request_id)?;
        let problem = self.problem.as_deref().map(serde_json::from_str::<Value>);
        let problem = problem.transpose().map_err(|error| error.to_string())?;
        let problem = problem.and_then(|line| Some(line.get("message")?.as_str()?.into()));
        seen.response = self.response(step, request_id, problem)?;
        if let Some(line) = &self.audit {
            logged(&mut seen, line)?;
        } else if !seen.forward {
            return Err("a refusal without a line in the log".into());
        }
        Ok(seen)
    }

    /// The part of the expectation that the client and the server see, without the log.
    ///
    /// # Errors
    /// The reason why no case can expect such an observation.
    pub fn seen_outside(&self, step: &Step, request_id: &str) -> Result<Expectation, String> {
        let response = self.response(step, request_id, None)?;
        Ok(Expectation {
            response,
            ..self.outside(step, request_id)?
        })
    }

    fn outside(&self, step: &Step, request_id: &str) -> Result<Expectation, String> {
        match (&self.reply, &self.forwarded) {
            (Some(reply), None) => answered(reply, request_id),
            (None, Some((headers, body))) => forwarded(step, headers, body),
            (None, None) => Err("neither answered nor forwarded".into()),
            (Some(_), Some(_)) => Err("answered and forwarded".into()),
        }
    }
}

fn forwarded(
    step: &Step,
    headers: &[(Vec<u8>, Vec<u8>)],
    body: &[u8],
) -> Result<Expectation, String> {
    let sent = step.body.as_deref().unwrap_or_default();
    let rounds_removed = body != sent;
    if rounds_removed && !is_without_rounds(body, sent) {
        return Err(format!(
            "other bytes were forwarded: {}",
            String::from_utf8_lossy(body)
        ));
    }
    let authorized =
        |headers: &[(Vec<u8>, Vec<u8>)]| headers.iter().any(|(name, _)| name == b"authorization");
    let credential_removed = authorized(&step.headers) && !authorized(headers);
    Ok(Expectation {
        forward: true,
        credential_removed,
        rounds_removed,
        ..Expectation::default()
    })
}

/// Whether the body is the sent one with spaces in the place of the gateway's own members.
fn is_without_rounds(body: &[u8], sent: &[u8]) -> bool {
    let parsed = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).ok();
    let (Some(body_value), Some(mut sent_value)) = (parsed(body), parsed(sent)) else {
        return false;
    };
    if let Some(params) = sent_value.get_mut("params").and_then(Value::as_object_mut) {
        params.remove("inputResponses");
        params.remove("requestState");
    }
    body.len() == sent.len() && body_value == sent_value
}

/// The facts with the same text for each keyed hash: its key differs on each host.
fn with_any_hash(mut facts: Value) -> Value {
    let is_hash =
        |text: &str| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if let Some(session) = facts.get_mut("session")
        && session.as_str().is_some_and(is_hash)
    {
        *session = "a keyed hash".into();
    }
    facts
}

/// Takes from the log the members that only the operator sees, and checks that the log has the same decision.
fn logged(seen: &mut Expectation, line: &str) -> Result<(), String> {
    let audit: Value =
        serde_json::from_str(line).map_err(|error| format!("{error} in log line {line}"))?;
    let text = |key| audit.get(key).and_then(Value::as_str);
    let decision = text("decision").unwrap_or_default();
    let shows_page = seen.answer.as_deref() == Some("page") && seen.status.is_some_and(|s| s < 400);
    if (decision == "allow") != (seen.forward || shows_page) {
        return Err(format!("the log says {decision:?}: {line}"));
    }
    let told = seen.detail.as_ref().map(|detail| detail.get("reason"));
    let told = told.filter(|_| seen.answer.as_deref() != Some("page"));
    if told.is_some_and(|reason| reason != audit.get("reason")) {
        return Err(format!(
            "the log gives another reason than the client's: {line}"
        ));
    }
    seen.rule = text("rule").map(Into::into);
    seen.arguments = audit.get("arguments").cloned();
    seen.arguments_withheld = audit.get("arguments_withheld").cloned();
    seen.facts = audit.get("facts").cloned().map(with_any_hash);
    seen.facts_withheld = audit.get("facts_withheld").cloned();
    seen.absent = audit.get("absent").cloned();
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

/// The part of a log line about a response.
pub fn problem_of(line: &str) -> Option<&str> {
    line.find(r#"{"v":1,"event":"response""#)
        .and_then(|start| line.get(start..))
        .map(str::trim_end)
}

/// The decision in a log line of any host, which may begin with a prefix of the host.
pub fn audit_of(line: &str) -> Option<&str> {
    let starts = [
        r#"{"v":1,"event":"decision""#,
        r#"{"v":1,"event":"approval""#,
    ];
    let start = starts.iter().find_map(|start| line.find(start));
    start.and_then(|start| line.get(start..)).map(str::trim_end)
}
