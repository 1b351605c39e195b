//! Plays the calls through the engine, and keeps its log as Envoy prints it.
//!
//! It judges nothing.

use super::calls::{End, Sent};
use mcp_policy::host::Millis;
use mcp_policy_cases::Runner;
use mcp_policy_cases::runner::{CallEnd, OpenCall};
use mcp_policy_cases::server_response::ServerResponse;
use serde_json::{Value as Json, json};

/// What happened to the calls.
pub(crate) struct Played {
    pub(crate) allowed: Vec<bool>,
    pub(crate) log: Vec<String>,
    /// The call that a line of the log decides; `None` for another line.
    pub(crate) calls: Vec<Option<usize>>,
}

/// Calls that have not ended, with the times of their ends.
type Open = Vec<(u64, OpenCall, CallEnd)>;

/// Plays the calls in their order. A call that another policy refused, by `decided`, has no known end: it is executed here.
pub(crate) fn play(policy: &Json, sent: &[Sent], decided: Option<&[bool]>) -> Played {
    let mut runner = Runner::new(policy.to_string().as_bytes()).expect("a policy");
    let (mut played, mut open) = (Played::new(), Open::new());
    for (index, call) in sent.iter().enumerate() {
        played.end(&mut runner, &mut open, call.at);
        let now = Millis(call.at);
        let (seen, forwarded) = runner.open(&call.step(index), now).expect("it is played");
        played.add(Some(index), &seen.line);
        played.allowed.push(seen.seen.forward);
        let was_refused = decided.is_some_and(|decided| !decided[index]);
        if let Some(forwarded) = forwarded {
            open.push((call.at + call.takes, forwarded, end(call, was_refused)));
        }
    }
    played.end(&mut runner, &mut open, u64::MAX);
    played
}

fn end(call: &Sent, was_refused: bool) -> CallEnd {
    let result = |result: Json| json!({ "jsonrpc": "2.0", "id": call.id(), "result": result });
    let mut headers = vec![("content-type".into(), "application/json".into())];
    let message = match call.end {
        End::Session => {
            headers.push(("mcp-session-id".into(), call.session().into_bytes()));
            let server = json!({ "name": "s", "version": "1" });
            result(
                json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": server }),
            )
        }
        End::ToolError if !was_refused => result(json!({ "content": [], "isError": true })),
        End::NotExecuted if !was_refused => {
            let error = json!({ "code": -32602, "message": "no" });
            json!({ "jsonrpc": "2.0", "id": call.id(), "error": error })
        }
        End::Unsent if !was_refused => return CallEnd::Unsent,
        _ => result(json!({ "content": [] })),
    };
    CallEnd::Answered(ServerResponse {
        status: 200,
        headers,
        body: message.to_string().into_bytes(),
        trailers: false,
    })
}

impl Played {
    fn new() -> Self {
        Self {
            allowed: Vec::new(),
            log: Vec::new(),
            calls: Vec::new(),
        }
    }

    /// Ends the calls that have ended by now, in the order of their ends.
    fn end(&mut self, runner: &mut Runner, open: &mut Open, now: u64) {
        open.sort_by_key(|(at, ..)| *at);
        let ended = open.iter().filter(|(at, ..)| *at <= now).count();
        for (at, call, end) in open.drain(..ended) {
            let lines = runner.end(call, &end, Millis(at)).expect("it ends");
            lines.iter().for_each(|line| self.add(None, line));
        }
    }

    fn add(&mut self, call: Option<usize>, line: &str) {
        let prefix = "[2026-01-01 00:00:00.000][12][critical][wasm] [source/extensions/common/wasm/context.cc:1157] wasm log mcp: ";
        self.log.push([prefix, line].concat());
        self.calls.push(call);
    }

    /// The lines of the allowed calls of `run` in the minutes in which this policy refuses some that the other one allowed.
    pub(crate) fn first_of_refused(&self, other: &Self) -> Vec<usize> {
        let minute = |line: &str| {
            line.split("\"time\":\"")
                .nth(1)
                .map(|time| time[..16].to_owned())
        };
        let lines = other.calls.iter().enumerate();
        let lines: Vec<_> = lines
            .filter_map(|(line, call)| Some((line, (*call)?)))
            .filter(|(line, _)| other.log[*line].contains("\"tool\":\"run\""))
            .collect();
        let refused = lines
            .iter()
            .find(|(_, call)| other.allowed[*call] && !self.allowed[*call]);
        let Some((refused, _)) = refused else {
            return Vec::new();
        };
        let minute_of = minute(&other.log[*refused]);
        let before = lines.iter().filter(|(line, _)| line < refused);
        let before = before.filter(|(line, _)| minute(&other.log[*line]) == minute_of);
        before.map(|(line, _)| *line).collect()
    }
}
