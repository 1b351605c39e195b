//! The policy and the calls of the test: teams known by claims and by a header, with limits, costs, sessions and sequences.
//!
//! Equal numbers give equal calls: nothing is random.

use mcp_policy_cases::Step;
use serde_json::{Value as Json, json};

/// A call, its time, and how it ends if it is forwarded.
pub(crate) struct Sent {
    pub(crate) at: u64,
    pub(crate) end: End,
    /// The milliseconds from the call to its end.
    pub(crate) takes: u64,
    caller: usize,
    message: Json,
    environment: Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum End {
    Result,
    ToolError,
    NotExecuted,
    Unsent,
    /// The server begins a session for its caller.
    Session,
}

/// The time of the first call: `2026-01-01T00:00:00Z`.
const START: u64 = 1_767_225_600_000;

const CALLERS: usize = 12;

pub(crate) fn policy() -> Json {
    let limit = |counter: &str, max: u64, scope: &str| json!({ "counter": counter, "window": "minute", "max": max, "scope": scope });
    let mut paid = limit("paid", 400, "grant");
    paid["cost"] = json!("args.amount");
    paid["refund"] = json!("on_error");
    let mut searched = limit("searched", 12, "session");
    searched["refund"] = json!("on_tool_error");
    searched["window"] = json!("10m");
    let condition = |path: &str, op: &str, value: Json| json!([{ "conditions": [{ "path": path, "op": op, "value": value }] }]);
    let commands = json!(["make", "make test", "make deploy"]);
    json!({
        "version": "1",
        "default": "deny",
        "identity": { "trusted_headers": ["x-team"] },
        "grants": {
            "red": { "match": { "claim": { "team": "red" } }, "policy": "team" },
            "blue": { "match": { "claim": { "team": "blue" } }, "policy": "team" },
            "ops": { "match": { "header": { "x-team": "ops" } }, "policy": "team" }
        },
        "policies": { "team": {
            "default": "deny",
            "tools": {
                "run": { "require": condition("args.command", "in", commands), "limits": [limit("run", 6, "grant")] },
                "pay": { "limits": [paid, limit("paying", 5, "ip")] },
                "read_*": { "require": condition("header.x-env", "in", json!(["prod", "test"])) },
                "search": { "limits": [searched] },
                "export": { "limits": [limit("exports", 3, "claim:team")] },
                "delete": { "deny_if": condition("args.options.force", "eq", json!(true)) }
            },
            "sequence": [{ "after": ["read_secret"], "deny": ["export"], "for": "30s" }]
        } },
        "audit": {
            "answers": true,
            "arguments": ["args.command", "args.amount", "args.options.force"],
            "facts": ["ip", "session", "header.x-env", "header.x-team", "identity.team", "identity.sub", "identity.iss"]
        }
    })
}

/// A generator of numbers below a bound.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % bound
    }
}

/// So many calls in their order; first each caller begins a session.
pub(crate) fn sent(count: usize) -> Vec<Sent> {
    let (mut numbers, mut at) = (Numbers(7), START);
    let mut sent = Vec::new();
    for caller in 0..CALLERS {
        sent.push(begin(caller, at));
        at += 10;
    }
    while sent.len() < count {
        at += u64::try_from(numbers.below(7000)).expect("a time") + 1;
        sent.push(next(&mut numbers, at));
    }
    sent
}

fn begin(caller: usize, at: u64) -> Sent {
    let client = json!({ "name": "test", "version": "1" });
    let params =
        json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
    Sent {
        at,
        end: End::Session,
        takes: 0,
        caller,
        message: json!({ "jsonrpc": "2.0", "id": "begin", "method": "initialize", "params": params }),
        environment: None,
    }
}

fn next(numbers: &mut Numbers, at: u64) -> Sent {
    let (tool, arguments) = call(numbers);
    let params = json!({ "name": tool, "arguments": arguments });
    let environments = [Some("prod"), Some("test"), Some("prod"), Some("dev"), None];
    Sent {
        at,
        end: [
            End::Result,
            End::Result,
            End::Result,
            End::Result,
            End::ToolError,
            End::NotExecuted,
        ][numbers.below(6)],
        takes: u64::try_from(numbers.below(3000)).expect("a time"),
        caller: numbers.below(CALLERS),
        message: json!({ "jsonrpc": "2.0", "id": at, "method": "tools/call", "params": params }),
        environment: environments[numbers.below(environments.len())],
    }
    .unsent(numbers.below(50) == 0)
}

fn call(numbers: &mut Numbers) -> (&'static str, Json) {
    let long = "x".repeat(2000);
    match numbers.below(10) {
        0..=3 => {
            let commands = [
                "make",
                "make test",
                "make deploy",
                "rm",
                "make",
                "make deploy",
            ];
            let command = commands[numbers.below(commands.len())];
            let is_long = numbers.below(200) == 0;
            let command = if is_long { &long } else { command };
            ("run", json!({ "command": command, "note": "private" }))
        }
        4 => (
            "pay",
            json!({ "amount": 25 * (numbers.below(8) + 1), "to": "shop" }),
        ),
        5 => ("read_file", json!({ "path": "/a" })),
        6 => ("read_secret", json!({})),
        7 => ("search", json!({ "query": "private" })),
        8 => ("export", json!({ "format": "csv" })),
        _ => match numbers.below(3) {
            0 => (
                "delete",
                json!({ "options": { "force": true, "depth": 1 } }),
            ),
            1 => ("delete", json!({ "options": { "depth": 1 } })),
            _ => ("delete", json!({})),
        },
    }
}

impl Sent {
    fn unsent(self, is_unsent: bool) -> Self {
        let end = if is_unsent { End::Unsent } else { self.end };
        Self { end, ..self }
    }

    pub(crate) fn id(&self) -> &Json {
        &self.message["id"]
    }

    /// The name of the session that the server issues to the caller.
    pub(crate) fn session(&self) -> String {
        format!("session-{}", self.caller)
    }

    /// The request, with this id for the log.
    pub(crate) fn step(&self, request: usize) -> Step {
        let mut step = Step::post(self.message.to_string().into_bytes());
        let mut header = |name: &str, value: String| {
            step.headers.retain(|(own, _)| own != name.as_bytes());
            step.headers.push((name.into(), value.into_bytes()));
        };
        header("x-request-id", format!("request-{request}"));
        if let Some(environment) = self.environment {
            header("x-env", environment.into());
        }
        if self.end != End::Session && self.caller % 4 != 3 {
            header("mcp-session-id", self.session());
        }
        let team = ["red", "blue", "ops"][self.caller % 3];
        match team {
            "ops" => header("x-team", "ops".into()),
            team => {
                let claims = json!({ "iss": "https://id.example", "sub": format!("user-{}", self.caller), "team": team });
                step.verified.claims = Some(claims.to_string());
            }
        }
        step.peer = format!("192.0.2.{}", self.caller % 5);
        step
    }
}
