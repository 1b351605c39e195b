//! Turns the server's answer to a request into what the log says about it: its kind, its status, its time.
//!
//! It changes no byte of the response, and never keeps a part of it.

use super::refunds::NEEDLES;
use crate::audit::{AnswerKind, Answered, LoggedRequest};
use crate::step::Response;
use crate::words::Millis;
use crate::words::json::{Kind, Value};

/// The request of a forwarded message, until its exchange has ended.
#[derive(Debug)]
pub(crate) struct AnswerTracker {
    request: LoggedRequest,
    forwarded: Millis,
    status: Option<u16>,
    kind: Option<AnswerKind>,
    ended: bool,
}

/// The longest error code that the log repeats, in digits.
const LONGEST_CODE: usize = 10;

impl AnswerTracker {
    pub(crate) fn new(request: LoggedRequest, forwarded: Millis) -> Self {
        Self {
            request,
            forwarded,
            status: None,
            kind: None,
            ended: false,
        }
    }

    /// Whether the answer may still come.
    pub(super) fn is_open(&self) -> bool {
        self.kind.is_none() && !self.ended
    }

    /// Whether the end of the exchange is not logged yet.
    pub(super) fn awaits_end(&self) -> bool {
        !self.ended
    }

    /// An answer that contains none of these texts is a successful result.
    pub(super) fn needles(&self) -> &'static [&'static str] {
        match self.is_open() {
            true => NEEDLES,
            false => &[],
        }
    }

    /// Notes an event of the response. Returns what the log says when the exchange ends.
    pub(super) fn see(&mut self, response: &Response) -> Option<Answered> {
        match response {
            Response::Head { status, .. } if *status >= 200 => self.status = Some(*status),
            Response::Closed if !std::mem::replace(&mut self.ended, true) => {
                return Some(Answered {
                    request: self.request.clone(),
                    forwarded: self.forwarded,
                    status: self.status,
                    kind: self.kind.take(),
                });
            }
            _ => {}
        }
        None
    }

    /// Notes the answer. The first one counts.
    pub(super) fn answered(&mut self, answer: Value<'_>) {
        self.note(kind(answer));
    }

    /// Notes an answer that was not parsed.
    pub(super) fn note(&mut self, kind: AnswerKind) {
        self.kind.get_or_insert(kind);
    }
}

fn kind(answer: Value<'_>) -> AnswerKind {
    if let Some(error) = answer
        .get("error")
        .filter(|error| error.kind() != Kind::Null)
    {
        return AnswerKind::Error(error.get("code").and_then(code));
    }
    let failed = answer
        .get("result")
        .and_then(|result| result.get("isError"));
    match failed.and_then(Value::bool) {
        Some(true) => AnswerKind::ToolError,
        _ => AnswerKind::Result,
    }
}

fn code(code: Value<'_>) -> Option<Box<str>> {
    let raw = code.raw();
    let digits = raw.strip_prefix('-').unwrap_or(raw);
    let short = (1..=LONGEST_CODE).contains(&digits.len());
    let whole = digits.bytes().all(|byte| byte.is_ascii_digit());
    (code.kind() == Kind::Number && short && whole).then(|| raw.into())
}
