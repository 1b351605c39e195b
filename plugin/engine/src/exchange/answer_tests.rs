//! Plays calls under `audit.answers`: what the log says when their exchanges end.

use crate::host::*;
use std::sync::Arc;

const SENT: Millis = Millis(1_767_225_618_000);

const ENDED: Millis = Millis(1_767_225_618_250);

const POLICY: &str = r#"{ "version": "1", "default": "deny", "tools": { "run": {} }, "audit": { "answers": true } }"#;

/// A call of `run` that was forwarded.
fn forwarded(policy: &str) -> Exchange {
    let policy = Arc::new(Policy::parse(policy.as_bytes()).unwrap());
    let headers = Headers::from_iter([(":method", "POST"), ("content-type", "application/json")]);
    let (mut exchange, _) = Exchange::new(policy, &headers, false, HostContext::default(), &SENT);
    let body = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run"}}"#;
    let body = Event::Body {
        bytes: body.to_vec(),
        end_of_stream: true,
    };
    let step = exchange.feed(body, &SENT);
    assert!(matches!(step.next, Next::Forward));
    exchange
}

fn feed(exchange: &mut Exchange, response: Response) -> Option<String> {
    let step = exchange.feed(Event::Response(response), &ENDED);
    assert!(!matches!(step.next, Next::Reply(_)), "{:?}", step.next);
    step.audit.map(|audit| audit.into_line())
}

/// The lines about a response of these pieces, the last of which is not marked as the last.
fn lines(exchange: &mut Exchange, content_type: &str, pieces: &[&str]) -> Vec<String> {
    let head = Response::Head {
        status: 200,
        headers: Headers::from_iter([("content-type", content_type)]),
        end_of_stream: false,
    };
    let body = pieces.iter().map(|piece| Response::Body {
        bytes: piece.as_bytes().to_vec(),
        end_of_stream: false,
    });
    let events = [head].into_iter().chain(body).chain([Response::Closed]);
    events.filter_map(|event| feed(exchange, event)).collect()
}

fn line_of(policy: &str, content_type: &str, pieces: &[&str]) -> String {
    let mut exchange = forwarded(policy);
    assert!(exchange.awaits_end());
    let lines = lines(&mut exchange, content_type, pieces);
    assert!(!exchange.awaits_end());
    let [line] = &lines[..] else {
        panic!("{lines:?}");
    };
    let (before, rest) = line.split_once(r#""method""#).unwrap();
    assert!(before.starts_with(r#"{"v":1,"event":"answer","time":"2026-01-01T00:00:18.250Z""#));
    format!(r#"{{"method"{rest}"#)
}

#[test]
fn answer_is_logged_by_its_kind() {
    for (body, said) in [
        (
            r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
            r#""answer":"result""#,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"result":{"isError":false}}"#,
            r#""answer":"result""#,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"result":{"isError":true}}"#,
            r#""answer":"tool_error""#,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"a"}}"#,
            r#""answer":"error","error_code":-32602"#,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":1e9,"message":"a"}}"#,
            r#""answer":"error""#,
        ),
    ] {
        let expected = format!(
            r#"{{"method":"tools/call","tool":"run","status":200,{said},"latency_ms":250,"decision":"allow"}}"#
        );
        assert_eq!(line_of(POLICY, "application/json", &[body]), expected);
        let event = format!("data: {body}\n\n");
        let (first, second) = event.split_at(20);
        assert_eq!(
            line_of(POLICY, "text/event-stream", &[first, second]),
            expected
        );
    }
}

#[test]
fn exchange_without_an_answer_is_logged_without_one() {
    let expected =
        r#"{"method":"tools/call","tool":"run","status":200,"latency_ms":250,"decision":"allow"}"#;
    for (content_type, body) in [
        (
            "application/json",
            r#"{"jsonrpc":"2.0","id":2,"result":{}}"#,
        ),
        ("application/json", r#"{"jsonrpc":"2.0","id":1,"#),
        ("text/html", "<html>"),
        ("text/event-stream", ": nothing\n\n"),
    ] {
        assert_eq!(line_of(POLICY, content_type, &[body]), expected);
    }
}

#[test]
fn long_answer_is_logged_as_unread() {
    let policy = r#"{ "version": "1", "default": "allow", "audit": { "answers": true } }"#;
    let text = "a".repeat(100_000);
    let body = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"text":"{text}"}}}}"#);
    let event = format!("data: {body}\n\n");
    let pieces = |text: &str| -> Vec<String> {
        let bytes = text.as_bytes().chunks(16 * 1024);
        bytes
            .map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
            .collect()
    };
    for (content_type, text) in [("application/json", body), ("text/event-stream", event)] {
        let pieces = pieces(&text);
        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        let line = line_of(policy, content_type, &pieces);
        assert!(line.contains(r#""answer":"unread""#), "{line}");
    }
}

#[test]
fn exchange_that_no_response_ends_is_logged() {
    let line = feed(&mut forwarded(POLICY), Response::Closed).unwrap();
    assert!(line.contains(r#""tool":"run","latency_ms":250"#), "{line}");
}

#[test]
fn answer_is_not_logged_without_the_option() {
    let policy = r#"{ "version": "1", "default": "deny", "tools": { "run": {} } }"#;
    let mut exchange = forwarded(policy);
    assert!(!exchange.awaits_end());
    let body = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    assert!(lines(&mut exchange, "application/json", &[body]).is_empty());
}
