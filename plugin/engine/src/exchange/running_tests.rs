//! Plays calls and streams of several callers: who takes a place or a count, and who gets one.

use super::Exchange;
use crate::host::*;
use crate::store::Memory;
use std::sync::Arc;

const NOW: Millis = Millis(1_767_225_618_000);

fn policy_with(rules: &str) -> String {
    format!(
        r#"{{ "version": "1", "default": "deny", "host": {{ "slots": 1024 }},
            "identity": {{ "from": [{{ "header": "x-user", "set_by_gateway": true }}] }}, {rules} }}"#
    )
}

struct Gateway {
    policy: Arc<Policy>,
    store: Store,
    memory: Memory,
}

/// A request, and the step after its verdict.
struct Played {
    exchange: Exchange,
    passes: bool,
}

impl Gateway {
    fn new(rules: &str) -> Self {
        Self::of(&policy_with(rules))
    }

    fn of(text: &str) -> Self {
        let policy = Arc::new(Policy::parse(text.as_bytes()).unwrap());
        let mut memory = Memory::default();
        let store = Store::prepare(&mut memory, "test", &policy, [7; 16]).unwrap();
        Self {
            policy,
            store,
            memory,
        }
    }

    fn call(&mut self, user: &str, argument: &str) -> Played {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"run","arguments":{{"x":"{argument}"}}}}}}"#
        );
        let headers = [(":method", "POST"), ("content-type", "application/json")];
        let event = Event::Body {
            bytes: body.into_bytes(),
            end_of_stream: true,
        };
        self.play(user, &headers, Some(event))
    }

    /// A call that the server may answer with a task (MCP 2025-11-25).
    fn call_for_a_task(&mut self, user: &str) -> Played {
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run","arguments":{},"task":{"ttl":60000}}}"#;
        let headers = [
            (":method", "POST"),
            ("content-type", "application/json"),
            ("mcp-protocol-version", "2025-11-25"),
        ];
        let event = Event::Body {
            bytes: body.into(),
            end_of_stream: true,
        };
        self.play(user, &headers, Some(event))
    }

    fn stream(&mut self, user: &str) -> Played {
        self.play(user, &[(":method", "GET")], None)
    }

    fn play(&mut self, user: &str, headers: &[(&str, &str)], body: Option<Event>) -> Played {
        let headers = headers.iter().copied().chain([("x-user", user)]);
        let (policy, context) = (self.policy.clone(), HostContext::default());
        let ends = body.is_none();
        let headers = Headers::from_iter(headers);
        let (mut exchange, step) = Exchange::new(policy, &headers, ends, context, &NOW);
        let step = match body {
            Some(body) => exchange.feed(body, &NOW),
            None => step,
        };
        let step = exchange.resolve(step, &self.store, &mut self.memory, &NOW);
        let passes = matches!(step.next, Next::Forward);
        Played { exchange, passes }
    }

    fn respond(&mut self, played: &mut Played, response: Response) {
        let step = played.exchange.feed(Event::Response(response), &NOW);
        played
            .exchange
            .resolve(step, &self.store, &mut self.memory, &NOW);
    }
}

fn head(media: &str) -> Response {
    Response::Head {
        status: 200,
        headers: Headers::from_iter([("content-type", media)]),
        end_of_stream: false,
    }
}

fn answer(text: &str) -> Response {
    Response::Body {
        bytes: text.into(),
        end_of_stream: true,
    }
}

#[test]
fn flood_of_values_by_one_caller_leaves_the_counts_of_another() {
    let mut gateway = Gateway::new(
        r#""tools": { "run": { "limits": [
            { "counter": "values", "window": "hour", "max": 1, "scope": ["grant", "args.x"] }] } }"#,
    );
    let flood = (0..2000).filter(|value| gateway.call("ada", &value.to_string()).passes);
    let admitted = flood.count();
    assert!(
        (16..=64).contains(&admitted),
        "{admitted} values of one caller"
    );
    assert!(
        !gateway.call("ada", "0").passes,
        "her first value is counted still"
    );
    for value in 0..16 {
        let value = value.to_string();
        assert!(
            gateway.call("bob", &value).passes,
            "{value} of another caller"
        );
        assert!(!gateway.call("bob", &value).passes, "{value} is counted");
    }
}

/// A limit by a header.
const BY_HEADER: &str = r#""tools": { "run": { "limits": [
    { "counter": "topics", "window": "hour", "max": 1, "scope": ["grant", "header:x-topic"] }] } }"#;

fn call_about(gateway: &mut Gateway, user: &str, topic: &str) -> bool {
    let headers = [
        (":method", "POST"),
        ("content-type", "application/json"),
        ("x-topic", topic),
    ];
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run"}}"#;
    let event = Event::Body {
        bytes: body.into(),
        end_of_stream: true,
    };
    gateway.play(user, &headers, Some(event)).passes
}

#[test]
fn flood_of_headers_by_one_caller_leaves_the_counts_of_others() {
    let mut gateway = Gateway::new(BY_HEADER);
    for topic in 0..2000 {
        call_about(&mut gateway, "ada", &topic.to_string());
    }
    let mut users = 0..50;
    assert!(users.all(|user| call_about(&mut gateway, &format!("user {user}"), "a")));
    assert!(!call_about(&mut gateway, "user 0", "a"), "it is counted");
}

#[test]
fn values_of_a_header_that_the_gateway_sets_have_the_whole_table() {
    let mut chosen = Gateway::new(BY_HEADER);
    let set = r#"{ "trusted_headers": ["x-topic"], "from""#;
    let mut set = Gateway::of(&policy_with(BY_HEADER).replace(r#"{ "from""#, set));
    let admitted = [&mut chosen, &mut set].map(|gateway| {
        let topics = (0..200).filter(|topic| call_about(gateway, "ada", &topic.to_string()));
        topics.count()
    });
    assert!(admitted[0] < 70 && admitted[1] == 200, "{admitted:?}");
}

const RUNNING: &str =
    r#""tools": { "run": { "limits": [{ "counter": "calls", "window": "running", "max": 1 }] } }"#;

#[test]
fn place_is_given_back_once_by_the_answer() {
    let mut gateway = Gateway::new(RUNNING);
    let mut first = gateway.call("ada", "a");
    assert!(first.passes);
    assert!(!gateway.call("ada", "b").passes, "one is under way");
    assert!(
        gateway.call("bob", "b").passes,
        "another caller has its own place"
    );
    gateway.respond(&mut first, head("application/json"));
    assert!(!gateway.call("ada", "c").passes, "a head is no answer");
    gateway.respond(
        &mut first,
        answer(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#),
    );
    assert!(gateway.call("ada", "d").passes);
    gateway.respond(&mut first, Response::Closed);
    assert!(
        !gateway.call("ada", "e").passes,
        "the end frees nothing again"
    );
}

#[test]
fn client_that_goes_away_keeps_its_place_and_an_unsent_call_has_none() {
    let mut gateway = Gateway::new(RUNNING);
    let mut first = gateway.call("ada", "a");
    gateway.respond(&mut first, Response::Closed);
    assert!(!gateway.call("ada", "b").passes);
    let mut other = gateway.call("bob", "a");
    gateway.respond(&mut other, Response::Delivery(Delivery::Unsent));
    assert!(gateway.call("bob", "b").passes);
}

#[test]
fn answer_that_the_gateway_replaces_gives_the_place_back() {
    let rules = RUNNING.replace(r#""run": {"#, r#""run": { "result": { "max_bytes": 10 },"#);
    let mut gateway = Gateway::new(&rules);
    let mut first = gateway.call("ada", "a");
    gateway.respond(&mut first, head("application/json"));
    gateway.respond(
        &mut first,
        answer(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#),
    );
    assert!(gateway.call("ada", "b").passes);
}

#[test]
fn task_with_escapes_in_its_name_keeps_its_place() {
    let mut gateway = Gateway::new(RUNNING);
    let mut first = gateway.call_for_a_task("ada");
    gateway.respond(&mut first, head("application/json"));
    let task =
        r#"{"jsonrpc":"2.0","id":1,"result":{"task":{"task\u0049d":"t","status":"working"}}}"#;
    gateway.respond(&mut first, answer(task));
    assert!(!gateway.call("ada", "b").passes, "the task is under way");
}

#[test]
fn task_that_the_gateway_withholds_keeps_its_place() {
    let rules = RUNNING.replace(r#""run": {"#, r#""run": { "result": { "max_bytes": 10 },"#);
    let mut gateway = Gateway::new(&rules);
    let mut first = gateway.call_for_a_task("ada");
    assert!(first.passes);
    gateway.respond(&mut first, head("application/json"));
    let task = r#"{"jsonrpc":"2.0","id":1,"result":{"task":{"taskId":"t","status":"working"}}}"#;
    gateway.respond(&mut first, answer(task));
    assert!(!gateway.call("ada", "b").passes, "the task is under way");
}

#[test]
fn stream_has_its_place_until_it_ends() {
    let mut gateway = Gateway::new(
        r#""methods": { "GET": { "limits": [{ "counter": "streams", "window": "running", "max": 1 }] } }"#,
    );
    let mut first = gateway.stream("ada");
    gateway.respond(&mut first, head("text/event-stream"));
    assert!(first.passes && first.exchange.awaits_end());
    assert!(!gateway.stream("ada").passes);
    assert!(gateway.stream("bob").passes);
    gateway.respond(&mut first, Response::Closed);
    assert!(gateway.stream("ada").passes);
}
