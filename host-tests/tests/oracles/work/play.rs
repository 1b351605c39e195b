//! Plays a trial: its policy, its call and the answer to it, and counts the steps.
//!
//! It decides nothing about what it saw.

use super::made::{Part, Trial};
use super::module::Sent;
use mcp_policy::host::{
    Event, Exchange, Headers, HostContext, Millis, Next, Policy, Response, Step,
};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The steps that a message takes under a policy.
pub(super) fn steps(policy: &str, sent: &Sent) -> u64 {
    let policy = Policy::parse(policy.as_bytes()).expect("a valid policy");
    let (mut exchange, _) = begin(policy);
    let now = Millis(0);
    let body = Event::Body {
        bytes: sent.request.clone().into(),
        end_of_stream: true,
    };
    exchange.feed(body, &now);
    let before = exchange.steps();
    match &sent.answer {
        None => before,
        Some(answer) => {
            answered(&mut exchange, answer.content_type, answer.body.clone(), now);
            exchange.steps() - before
        }
    }
}

fn begin(policy: Policy) -> (Exchange, Step) {
    let headers = [(":method", "POST"), ("content-type", "application/json")];
    let headers = Headers::from_iter(headers);
    let context = HostContext::default();
    Exchange::new(Arc::new(policy), &headers, false, context, &Millis(0))
}

/// What came of a trial.
pub(super) struct Played {
    pub(super) steps: u64,
    /// The most steps that the message may take.
    pub(super) bound: u64,
    pub(super) refused: bool,
    pub(super) time: Duration,
}

#[allow(clippy::disallowed_methods, reason = "time is what is measured")]
pub(super) fn play(trial: &Trial, bounded: bool) -> Played {
    let parsed = Policy::parse(trial.policy.to_string().as_bytes());
    let parsed = parsed.unwrap_or_else(|errors| panic!("{errors:?}: {}", trial.policy));
    let message = trial.message();
    let bound = parsed.steps(message.len());
    let policy = if bounded {
        parsed
    } else {
        parsed.without_bound()
    };
    let now = Millis(0);
    let (mut exchange, _) = begin(policy);
    let call = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t"}}"#;
    let request = match trial.part {
        Part::Request => message.clone().into_bytes(),
        Part::Response => call.to_vec(),
    };
    let start = Instant::now();
    let body = |bytes| Event::Body {
        bytes,
        end_of_stream: true,
    };
    let step = exchange.feed(body(request), &now);
    let mut refused = !matches!(step.next, Next::Forward);
    if trial.part == Part::Response {
        assert!(!refused, "{}", trial.policy);
        refused = answered(&mut exchange, "application/json", message, now);
    }
    Played {
        steps: exchange.steps(),
        bound,
        refused,
        time: start.elapsed(),
    }
}

/// True where the answer is withheld.
fn answered(exchange: &mut Exchange, content_type: &str, message: String, now: Millis) -> bool {
    let headers = Headers::from_iter([("content-type", content_type)]);
    let head = Response::Head {
        status: 200,
        headers,
        end_of_stream: false,
    };
    exchange.feed(Event::Response(head), &now);
    let body = Response::Body {
        bytes: message.into_bytes(),
        end_of_stream: true,
    };
    match exchange.feed(Event::Response(body), &now).next {
        Next::ReplaceBody(bytes) => String::from_utf8_lossy(&bytes).contains("\"error\""),
        _ => false,
    }
}
