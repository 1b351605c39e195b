//! How recorded calls ended: turns the lines about refunds and answers into the outcome of each call.
//!
//! Lines belong together by their request id. An id that is missing or that two calls have tells nothing.

use crate::audit_line::{Event, LineReader};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The members of a line that tell to which request it belongs, and how that ended.
#[derive(Deserialize)]
pub(super) struct Ending {
    pub(super) event: Event,
    v: u64,
    pub(super) time: String,
    pub(super) request_id: Option<String>,
    message: Option<String>,
    answer: Option<String>,
    error_code: Option<i64>,
}

impl Ending {
    /// `None` for a line of another version, or one that cannot be read.
    pub(super) fn of(json: &str) -> Option<Self> {
        let ending = serde_json::from_str::<Self>(json).ok();
        ending.filter(|ending| ending.v == 1)
    }
}

/// How a call ended, as far as the log tells.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    /// The id by which the log tells about the end; `None` where it tells nothing certain.
    pub(super) id: Option<String>,
    pub(super) told: Option<Told>,
}

/// The outcome that lines tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// No byte of it reached the server.
    Unsent,
    /// The server refused to run it.
    NotExecuted,
    ToolError,
    Executed,
}

/// All lines of one request, so far.
#[derive(Debug, Default)]
struct Request {
    decisions: usize,
    /// Why the counts were given back.
    refund: Option<String>,
    /// The kind of the answer and the code of its error, where a line tells the end; empty without an answer.
    answer: Option<(String, Option<i64>)>,
    /// A line about the response stands in the place of one about a refund.
    is_unclear: bool,
}

/// The requests of a log by their ids.
#[derive(Debug, Default)]
pub(super) struct Requests(BTreeMap<String, Request>);

impl Requests {
    pub(super) fn of(log: &str) -> Self {
        let (mut requests, mut reader) = (Self::default(), LineReader::default());
        for text in log.lines() {
            let json = reader.json(text).ok();
            let line = json.and_then(|json| Ending::of(&json));
            line.into_iter().for_each(|line| requests.add(line));
        }
        requests
    }

    fn add(&mut self, line: Ending) {
        let Some(id) = line.request_id else {
            return;
        };
        let request = self.0.entry(id).or_default();
        match line.event {
            Event::Decision => request.decisions = request.decisions.saturating_add(1),
            Event::Refund => {
                request.is_unclear |= request.refund.is_some();
                request.refund = Some(line.message.unwrap_or_default());
            }
            Event::Response => request.is_unclear = true,
            Event::Answer => {
                request.answer = Some((line.answer.unwrap_or_default(), line.error_code));
            }
            Event::Approval | Event::Later => {}
        }
    }

    /// The outcome of the one call with this id.
    pub(super) fn outcome(&self, id: Option<&str>) -> Outcome {
        let found = id.and_then(|id| Some((id, self.0.get(id)?)));
        let Some((id, request)) = found.filter(|(_, request)| request.is_certain()) else {
            return Outcome::default();
        };
        Outcome {
            id: Some(id.into()),
            told: request.told(),
        }
    }

    /// Whether the call that a line is about is known, or is none of this log.
    pub(super) fn knows(&self, id: &str) -> bool {
        let request = self.0.get(id);
        request.is_some_and(|request| request.decisions == 0 || request.is_certain())
    }
}

impl Request {
    fn is_certain(&self) -> bool {
        self.decisions == 1 && !self.is_unclear
    }

    fn told(&self) -> Option<Told> {
        if let Some(why) = &self.refund {
            return Some(match why {
                why if why.contains("failed") => Told::ToolError,
                why if why.contains("did not reach") => Told::Unsent,
                _ => Told::NotExecuted,
            });
        }
        let (answer, code) = self.answer.as_ref()?;
        match &**answer {
            "result" => Some(Told::Executed),
            "tool_error" => Some(Told::ToolError),
            "error" if code.is_some_and(never_ran) => Some(Told::NotExecuted),
            // Without an answer no policy gives back what reached the server.
            "error" | "" => Some(Told::Executed),
            _ => None,
        }
    }
}

/// Whether a server reports this error before it executes anything, as `refund` takes it.
fn never_ran(code: i64) -> bool {
    matches!(
        code,
        -32700 | -32602..=-32600 | -32022..=-32020
    )
}

impl Outcome {
    /// Whether some policy gives back what it counted for the call.
    pub(super) fn may_be_refunded(&self) -> bool {
        self.told.is_some_and(|told| told != Told::Executed)
    }
}
