//! Plays a message in the engine, and counts its steps.
//!
//! It never evaluates other rules than the measured ones: no caller, no limit.

use super::cost::Part;
use mcp_policy::host::{Event, Exchange, Headers, HostContext, Millis, Next, Policy, Response};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

/// Tools that are known by their positions, under a policy without a bound.
pub(super) struct Gateway(Arc<Policy>);

/// The options of the host without which a message would be another.
const HOST: [&str; 3] = ["max_request_bytes", "max_response_bytes", "max_depth"];

const NOW: Millis = Millis(0);

impl Gateway {
    /// `None` where the rules make no policy by themselves.
    pub(super) fn new(policy: &Json, tools: Vec<Json>) -> Option<Self> {
        let option = |name: &str| Some((name.to_owned(), policy.get("host")?.get(name)?.clone()));
        let host: Map<_, _> = HOST.into_iter().filter_map(option).collect();
        let tools = tools.into_iter().enumerate();
        let tools: Map<_, _> = tools
            .map(|(tool, rules)| (tool.to_string(), rules))
            .collect();
        let policy = json!({ "version": "1", "default": "deny", "host": host, "tools": tools });
        let policy = Policy::parse(policy.to_string().as_bytes()).ok()?;
        Some(Self(Arc::new(policy.without_bound())))
    }

    /// The bytes of the message and its steps; `None` if it is too long or has too many values to be read.
    pub(super) fn play(&self, tool: usize, part: Part, content: &str) -> Option<(usize, u64)> {
        let headers = [(":method", "POST"), ("content-type", "application/json")];
        let headers = Headers::from_iter(headers);
        let context = HostContext::default();
        let (mut exchange, _) = Exchange::new(self.0.clone(), &headers, false, context, &NOW);
        let arguments = match part {
            Part::Call => content,
            Part::Result => "{}",
        };
        let bytes = called(&mut exchange, tool, arguments)?;
        let before = exchange.steps();
        if part == Part::Call {
            return Some((bytes, before));
        }
        let bytes = answered(&mut exchange, content)?;
        Some((bytes, exchange.steps().saturating_sub(before)))
    }
}

fn called(exchange: &mut Exchange, tool: usize, arguments: &str) -> Option<usize> {
    let call = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments}}}}}"#
    );
    let bytes = call.into_bytes();
    let length = bytes.len();
    let body = Event::Body {
        bytes,
        end_of_stream: true,
    };
    let step = exchange.feed(body, &NOW);
    matches!(step.next, Next::Forward).then_some(length)
}

fn answered(exchange: &mut Exchange, content: &str) -> Option<usize> {
    let head = Response::Head {
        status: 200,
        headers: Headers::from_iter([("content-type", "application/json")]),
        end_of_stream: false,
    };
    exchange.feed(Event::Response(head), &NOW);
    let answer = format!(
        r#"{{"jsonrpc":"2.0","id":1,"result":{{"content":[],"structuredContent":{content}}}}}"#
    );
    let bytes = answer.into_bytes();
    let length = bytes.len();
    let body = Response::Body {
        bytes,
        end_of_stream: true,
    };
    let step = exchange.feed(Event::Response(body), &NOW);
    matches!(step.next, Next::Forward).then_some(length)
}
