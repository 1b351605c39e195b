//! Two requests of one session at once: the owner of each answer, and the rules that apply to it.

use super::Exchange;
use crate::host::*;
use crate::store::Memory;
use std::sync::Arc;

const NOW: Millis = Millis(1_767_225_618_000);

/// Shared data in memory; with `fails`, a host that has none.
#[derive(Default)]
struct Host {
    memory: Memory,
    fails: bool,
}

impl Host {
    fn memory(&mut self) -> Result<&mut Memory, Unavailable> {
        (!self.fails).then_some(&mut self.memory).ok_or(Unavailable)
    }
}

impl Cells for Host {
    fn read(&mut self, key: &str) -> Result<Option<(Vec<u8>, Version)>, Unavailable> {
        self.memory()?.read(key)
    }

    fn swap(
        &mut self,
        key: &str,
        bytes: &[u8],
        version: Option<Version>,
    ) -> Result<bool, Unavailable> {
        self.memory()?.swap(key, bytes, version)
    }
}

struct Gateway {
    policy: Arc<Policy>,
    store: Store,
    host: Host,
    now: Millis,
}

const POLICY: &str = r#"{
    "version": "1", "default": "deny",
    "tools": {
        "free": {},
        "secret": { "result": { "redact": ["secrets"] } },
        "limited": { "limits": [{ "counter": "calls", "window": "hour", "max": 1, "refund": "on_error" }] }
    }
}"#;

const SECRET: &str = "AKIAIOSFODNN7EXAMPLE";

impl Gateway {
    fn new() -> Self {
        Self::with(POLICY)
    }

    fn with(policy: &str) -> Self {
        let policy = Arc::new(Policy::parse(policy.as_bytes()).unwrap());
        let mut host = Host::default();
        let store = Store::prepare(&mut host, "test", &policy, [7; 16]).unwrap();
        Self {
            policy,
            store,
            host,
            now: NOW,
        }
    }

    /// A gateway that has seen the server begin the session `s`.
    fn with_session() -> Self {
        let mut gateway = Self::new();
        gateway.begin_session("s");
        gateway
    }

    fn begin_session(&mut self, session: &str) {
        let (mut exchange, _) = self.post(None, r#""init""#, "initialize", "{}");
        let headers = Headers::from_iter([
            ("content-type", "application/json"),
            ("mcp-session-id", session),
        ]);
        let head = Response::Head {
            status: 200,
            headers,
            end_of_stream: false,
        };
        self.respond(&mut exchange, head);
        self.respond(&mut exchange, Response::Closed);
    }

    fn post(
        &mut self,
        session: Option<&str>,
        id: &str,
        method: &str,
        params: &str,
    ) -> (Exchange, Step) {
        let own = [(":method", "POST"), ("content-type", "application/json")];
        let session = session.map(|session| ("mcp-session-id", session));
        let headers = Headers::from_iter(own.into_iter().chain(session));
        let policy = self.policy.clone();
        let context = HostContext::default();
        let (mut exchange, _) = Exchange::new(policy, &headers, false, context, &self.now);
        let body =
            format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#);
        let body = Event::Body {
            bytes: body.into(),
            end_of_stream: true,
        };
        let step = exchange.feed(body, &self.now);
        let step = exchange.resolve(step, &self.store, &mut self.host, &self.now);
        (exchange, step)
    }

    fn call(&mut self, id: &str, tool: &str) -> (Exchange, Step) {
        let params = format!(r#"{{"name":"{tool}"}}"#);
        self.post(Some("s"), id, "tools/call", &params)
    }

    /// A call that passes.
    fn passes(&mut self, id: &str, tool: &str) -> Exchange {
        let (exchange, step) = self.call(id, tool);
        assert!(
            matches!(step.next, Next::Forward),
            "{id} {tool}: {:?}",
            step.next
        );
        exchange
    }

    fn respond(&mut self, exchange: &mut Exchange, response: Response) -> Next {
        let step = exchange.feed(Event::Response(response), &self.now);
        exchange
            .resolve(step, &self.store, &mut self.host, &self.now)
            .next
    }

    /// The body that the client gets of an event stream with these messages.
    fn stream(&mut self, exchange: &mut Exchange, messages: &[&str]) -> String {
        let headers = Headers::from_iter([("content-type", "text/event-stream")]);
        let head = Response::Head {
            status: 200,
            headers,
            end_of_stream: false,
        };
        self.respond(exchange, head);
        let mut body = String::new();
        for message in messages {
            let bytes = format!("data: {message}\n\n");
            let piece = Response::Body {
                bytes: bytes.clone().into(),
                end_of_stream: false,
            };
            body += &match self.respond(exchange, piece) {
                Next::Forward => bytes,
                Next::ReplaceBody(bytes) => String::from_utf8(bytes).unwrap(),
                other => panic!("{other:?}"),
            };
        }
        body
    }

    /// The body that the client gets of an answer, after which the response is closed.
    fn answered(&mut self, exchange: &mut Exchange, message: &str) -> String {
        let body = self.stream(exchange, &[message]);
        self.respond(exchange, Response::Closed);
        body
    }
}

fn result(id: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content":[{{"type":"text","text":"{SECRET}"}}]}}}}"#
    )
}

fn refused(step: &Step) -> String {
    let Next::Reply(reply) = &step.next else {
        panic!("{:?}", step.next)
    };
    assert_eq!(reply.status, 200);
    String::from_utf8(reply.body.clone()).unwrap()
}

#[test]
fn second_request_with_an_open_id_is_refused() {
    let mut gateway = Gateway::with_session();
    let mut first = gateway.passes("1", "free");
    for id in ["1", r#""1""#, r#""\u0031""#] {
        let (_, step) = gateway.call(id, "secret");
        let body = refused(&step);
        assert!(
            body.contains(&format!(r#""id":{id},"error":{{"code":-32600"#)),
            "{body}"
        );
        assert!(body.contains("This id is in use"), "{body}");
        let reason = step.audit.and_then(|audit| audit.reason());
        assert_eq!(reason, Some(Reason::Unreadable));
    }
    gateway.passes("2", "secret");
    assert!(gateway.answered(&mut first, &result("1")).contains(SECRET));
    gateway.passes("1", "secret");
}

#[test]
fn refused_duplicate_is_not_charged() {
    let mut gateway = Gateway::with_session();
    let mut first = gateway.passes("1", "free");
    refused(&gateway.call("1", "limited").1);
    gateway.passes("2", "limited");
    gateway.answered(&mut first, &result("1"));
    // A call that a limit refuses leaves no id open.
    for _ in 0..2 {
        assert!(refused(&gateway.call("3", "limited").1).contains("The limit of 1 call"));
    }
    gateway.passes("3", "free");
}

#[test]
fn sequential_calls_with_one_id_are_judged_by_their_own_rules() {
    let mut gateway = Gateway::with_session();
    for _ in 0..3 {
        let mut call = gateway.passes("1", "free");
        assert!(gateway.answered(&mut call, &result("1")).contains(SECRET));
        let mut call = gateway.passes("1", "secret");
        assert!(!gateway.answered(&mut call, &result("1")).contains(SECRET));
    }
}

/// The ways in which an exchange ends without its answer.
fn ends() -> Vec<(&'static str, Vec<Response>)> {
    let head = |status, kind, end_of_stream| Response::Head {
        status,
        headers: Headers::from_iter([("content-type", kind)]),
        end_of_stream,
    };
    let body = |bytes: &str| Response::Body {
        bytes: bytes.into(),
        end_of_stream: true,
    };
    vec![
        ("nothing comes", vec![Response::Closed]),
        ("202", vec![head(202, "", true)]),
        (
            "an empty stream",
            vec![head(200, "text/event-stream", false), Response::Trailers],
        ),
        (
            "another id",
            vec![head(200, "application/json", false), body(&result("2"))],
        ),
        (
            "a page",
            vec![head(502, "text/html", false), body("<p>no</p>")],
        ),
        (
            "a redirect",
            vec![Response::Head {
                status: 307,
                headers: Headers::from_iter([("location", "/x")]),
                end_of_stream: true,
            }],
        ),
        (
            "in another coding",
            vec![
                Response::Head {
                    status: 200,
                    headers: Headers::from_iter([("content-encoding", "br")]),
                    end_of_stream: false,
                },
                body("x"),
            ],
        ),
        ("out of order", vec![Response::Trailers]),
        (
            "an unreadable answer",
            vec![
                head(200, "application/json", false),
                body(r#"{"id":1,"id":1,"result":{}}"#),
            ],
        ),
    ]
}

#[test]
fn id_without_its_answer_is_judged_by_the_rules_of_all_tools() {
    for (why, responses) in ends() {
        let mut gateway = Gateway::with_session();
        let mut lost = gateway.passes("1", "free");
        for response in responses {
            gateway.respond(&mut lost, response);
        }
        let mut call = gateway.passes("1", "free");
        assert!(
            !gateway.answered(&mut call, &result("1")).contains(SECRET),
            "{why}"
        );
        let mut call = gateway.passes("3", "free");
        assert!(
            gateway.answered(&mut call, &result("3")).contains(SECRET),
            "{why}: control"
        );
        gateway.now = Millis(NOW.0 + 1_200_001);
        let mut call = gateway.passes("1", "free");
        assert!(
            gateway.answered(&mut call, &result("1")).contains(SECRET),
            "{why}: later"
        );
    }
}

#[test]
fn unclear_answer_refunds_nothing() {
    let error = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no"}}"#;
    let mut gateway = Gateway::with_session();
    for _ in 0..3 {
        let mut call = gateway.passes("1", "limited");
        gateway.answered(&mut call, error);
    }
    let mut lost = gateway.passes("1", "free");
    gateway.respond(&mut lost, Response::Closed);
    let mut call = gateway.passes("1", "limited");
    gateway.answered(&mut call, error);
    refused(&gateway.call("2", "limited").1);
}

#[test]
fn request_that_reached_no_server_leaves_its_id_free() {
    let mut gateway = Gateway::with_session();
    let mut unsent = gateway.passes("1", "free");
    assert!(unsent.awaits_delivery(), "hosts report it only then");
    gateway.respond(&mut unsent, Response::Delivery(Delivery::Unsent));
    gateway.respond(&mut unsent, Response::Closed);
    let mut call = gateway.passes("1", "free");
    assert!(gateway.answered(&mut call, &result("1")).contains(SECRET));
}

#[test]
fn second_answer_on_a_stream_is_judged_as_another_requests() {
    let mut gateway = Gateway::with_session();
    let mut call = gateway.passes("1", "free");
    let body = gateway.stream(&mut call, &[&result("1"), &result("1")]);
    assert_eq!(body.matches(SECRET).count(), 1, "{body}");
}

#[test]
fn long_answer_that_passes_unread_closes_its_id() {
    let long = "x".repeat(1 << 20);
    let first = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"content":"{long}"}}}}"#);
    let last = format!(r#"{{"jsonrpc":"2.0","result":{{"content":"{long}"}},"id":1}}"#);
    let limits = r#"{"version":"1","default":"allow","tools":{"free":{"limits":[{"counter":"a","window":"day","max":9,"refund":"on_error"}]}}}"#;
    for policy in [POLICY, limits] {
        for message in [&first, &last] {
            let mut gateway = Gateway::with(policy);
            gateway.begin_session("s");
            let mut call = gateway.passes("1", "free");
            let piece = |bytes: &[u8], end_of_stream| Response::Body {
                bytes: bytes.into(),
                end_of_stream,
            };
            let (one, other) = message.as_bytes().split_at(1 << 20);
            let head = Response::Head {
                status: 200,
                headers: Headers::from_iter([("content-type", "application/json")]),
                end_of_stream: false,
            };
            for response in [head, piece(one, false), piece(other, false)] {
                gateway.respond(&mut call, response);
            }
            assert!(!call.awaits_end(), "as a document");
            let mut call = gateway.passes("1", "free");
            gateway.stream(&mut call, &[message]);
            assert!(!call.awaits_end(), "in a stream");
        }
    }
}

#[test]
fn ids_of_an_unissued_session_are_unclear() {
    for begun in [None, Some("another")] {
        let mut gateway = Gateway::new();
        begun
            .into_iter()
            .for_each(|session| gateway.begin_session(session));
        let mut call = gateway.passes("1", "free");
        assert!(!gateway.answered(&mut call, &result("1")).contains(SECRET));
        assert!(gateway.host.memory.keys().all(|key| !key.contains("/ids/")));
    }
}

#[test]
fn requests_without_a_session_share_no_ids() {
    let mut gateway = Gateway::new();
    let mut both = [0, 1].map(|_| {
        gateway
            .post(None, "1", "tools/call", r#"{"name":"free"}"#)
            .0
    });
    for call in &mut both {
        assert!(gateway.answered(call, &result("1")).contains(SECRET));
    }
}

#[test]
fn host_without_shared_data_makes_every_id_unclear() {
    let mut gateway = Gateway::with_session();
    gateway.host.fails = true;
    for _ in 0..2 {
        let mut call = gateway.passes("1", "free");
        assert!(!gateway.answered(&mut call, &result("1")).contains(SECRET));
    }
}

#[test]
fn policy_without_rules_that_depend_on_ids_remembers_none() {
    let mut gateway = Gateway::with(
        r#"{"version":"1","default":"allow","tools":{"free":{"limits":[{"counter":"a","window":"day","max":9}]}}}"#,
    );
    gateway.begin_session("s");
    let keys = gateway.host.memory.keys().count();
    let calls = [0, 1].map(|_| gateway.passes("1", "free"));
    assert!(calls.iter().all(|call| !call.awaits_end()));
    assert_eq!(gateway.host.memory.keys().count(), keys);
}
