//! Plays calls whose limits a service counts: which of them ask it, and what passes by which answer.

use super::Exchange;
use crate::host::*;
use crate::store::Memory;
use std::sync::Arc;

const NOW: Millis = Millis(1_767_225_618_000);

/// Answers of the service: `OK`, `OVER_LIMIT`, and a message of another kind.
const OK: &[u8] = &[0, 0, 0, 0, 2, 8, 1];
const OVER_LIMIT: &[u8] = &[0, 0, 0, 0, 2, 8, 2];
const NEITHER: &[u8] = &[0, 0, 0, 0, 2, 8, 0];

fn answered(body: &[u8]) -> ServiceAnswer {
    ServiceAnswer {
        status: 200,
        body: body.into(),
    }
}

struct Gateway {
    policy: Arc<Policy>,
    store: Store,
    memory: Memory,
}

/// The questions of a call to the service, and whether it passes.
type Played = (usize, bool);

impl Gateway {
    fn new(counters: &str, rules: &str) -> Self {
        let text = format!(
            r#"{{ "version": "1", "default": "deny", "counters": {{ "backend": "rate_limit_service",
                "cluster": "counters", "domain": "mcp" {counters} }}, {rules} }}"#
        );
        let policy = Policy::parse(text.as_bytes()).unwrap();
        let policy = policy.with_environment(|_| Some("k".repeat(32)));
        let policy = Arc::new(policy.unwrap());
        let mut memory = Memory::default();
        let store = Store::prepare(&mut memory, "test", &policy, [7; 16]).unwrap();
        Self {
            policy,
            store,
            memory,
        }
    }

    /// Plays a call; `answer` is that of the service.
    fn call(&mut self, tool: &str, arguments: &str, answer: Option<&[u8]>) -> Played {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments}}}}}"#
        );
        let headers = [(":method", "POST"), ("content-type", "application/json")];
        let event = Event::Body {
            bytes: body.into_bytes(),
            end_of_stream: true,
        };
        self.play(&headers, Some(event), answer)
    }

    fn play(
        &mut self,
        headers: &[(&str, &str)],
        body: Option<Event>,
        answer: Option<&[u8]>,
    ) -> Played {
        let headers = Headers::from_iter(headers.iter().copied());
        let (policy, context) = (self.policy.clone(), HostContext::default());
        let (mut exchange, step) = Exchange::new(policy, &headers, body.is_none(), context, &NOW);
        let step = match body {
            Some(body) => exchange.feed(body, &NOW),
            None => step,
        };
        let mut step = exchange.resolve(step, &self.store, &mut self.memory, &NOW);
        let mut asked = 0_usize;
        while let Next::Ask(Ask::RateLimits(_)) = step.next {
            asked = asked.saturating_add(1);
            let event = Event::ServiceAnswer(answer.map(answered));
            let fed = exchange.feed(event, &NOW);
            step = exchange.resolve(fed, &self.store, &mut self.memory, &NOW);
        }
        (asked, matches!(step.next, Next::Forward))
    }
}

const ONE_LIMIT: &str = r#""tools": { "free": {}, "run": {
    "deny_if": [{ "conditions": [{ "path": "args.x", "op": "eq", "value": "bad" }] }],
    "limits": [{ "counter": "calls", "window": "minute", "max": 1 }] } }"#;

#[test]
fn call_passes_by_the_answer_of_the_service_alone() {
    let mut gateway = Gateway::new("", ONE_LIMIT);
    for _ in 0..3 {
        assert_eq!(gateway.call("run", "{}", Some(OK)), (1, true));
    }
    for answer in [Some(OVER_LIMIT), Some(NEITHER), Some(b"".as_slice()), None] {
        assert_eq!(gateway.call("run", "{}", answer), (1, false), "{answer:?}");
    }
}

#[test]
fn call_that_a_rule_refuses_or_no_limit_counts_asks_nothing() {
    let mut gateway = Gateway::new("", ONE_LIMIT);
    assert_eq!(gateway.call("run", r#"{"x":"bad"}"#, Some(OK)), (0, false));
    assert_eq!(gateway.call("unlisted", "{}", Some(OK)), (0, false));
    assert_eq!(gateway.call("free", "{}", None), (0, true));
}

#[test]
fn gateway_counts_alone_only_while_the_service_does_not_answer() {
    let local = r#", "on_unavailable": "local""#;
    let mut gateway = Gateway::new(local, ONE_LIMIT);
    assert_eq!(gateway.call("run", "{}", Some(OVER_LIMIT)), (1, false));
    assert_eq!(gateway.call("run", "{}", None), (1, true));
    assert_eq!(
        gateway.call("run", "{}", None),
        (1, false),
        "the local limit is full"
    );
    assert_eq!(gateway.call("run", "{}", Some(OK)), (1, true));
}

#[test]
fn limit_in_shadow_mode_and_mark_of_a_sequence_ask_nothing() {
    let rules = r#""sequence": [{ "after": ["read"], "deny": ["send"], "for": "10m" }], "tools": {
        "read": {}, "send": {}, "run": { "mode": "shadow",
        "limits": [{ "counter": "calls", "window": "minute", "max": 1 }] } }"#;
    let mut gateway = Gateway::new("", rules);
    for _ in 0..3 {
        assert_eq!(gateway.call("run", "{}", None), (0, true));
    }
    assert_eq!(gateway.call("read", "{}", None), (0, true));
    assert_eq!(gateway.call("send", "{}", None), (0, false));
}

#[test]
fn several_limits_of_a_call_are_one_question_to_an_atomic_service() {
    let rules = r#""all_tools": { "limits": [{ "counter": "all", "window": "hour", "max": 9 }] }, "tools": {
        "run": { "limits": [{ "counter": "calls", "window": "minute", "max": 1 }] } }"#;
    let mut gateway = Gateway::new(r#", "atomic": true"#, rules);
    assert_eq!(gateway.call("run", "{}", Some(OK)), (1, true));
    assert_eq!(gateway.call("run", "{}", Some(OVER_LIMIT)), (1, false));
}

#[test]
fn call_with_an_unknown_subject_is_refused_without_a_question() {
    let rules = r#""tools": { "run": { "limits": [
        { "counter": "calls", "window": "minute", "max": 1, "scope": ["grant", "args.x"] }] } }"#;
    let mut gateway = Gateway::new(r#", "key": "KEY""#, rules);
    assert_eq!(gateway.call("run", r#"{"x":[]}"#, Some(OK)), (0, false));
    assert_eq!(gateway.call("run", r#"{"x":"a"}"#, Some(OK)), (1, true));
}

#[test]
fn stream_of_a_get_is_counted_by_the_service() {
    let rules = r#""methods": { "GET": { "limits": [{ "counter": "streams", "window": "minute", "max": 1 }] } }"#;
    let mut gateway = Gateway::new("", rules);
    for (answer, passes) in [(Some(OK), true), (Some(OVER_LIMIT), false), (None, false)] {
        let played = gateway.play(&[(":method", "GET")], None, answer);
        assert_eq!(played, (1, passes), "{answer:?}");
    }
}
