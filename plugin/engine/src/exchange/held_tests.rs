//! Drops the held bytes of an exchange at any point: the client gets a refusal for that message and loses no other.

use super::Exchange;
use crate::host::*;
use std::sync::Arc;

const NOW: Millis = Millis(1_767_225_618_000);
const CALL: &[u8] = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run"}}"#;
const ANSWER: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#;
const REFUSED: &str = "The gateway holds too many responses right now to check this one.";
/// A policy that redacts each result, so that responses are read.
const READ: &str =
    r#"{"version":"1","default":"deny","tools":{"run":{"result":{"redact":["secrets"]}}}}"#;
/// A policy without a rule that edits responses.
const UNREAD: &str = r#"{"version":"1","default":"allow","tools":{"run":{"limits":[{"counter":"a","window":"hour","max":1,"refund":"on_error"}]}}}"#;

fn reading(policy: &str) -> Exchange {
    let policy = Arc::new(Policy::parse(policy.as_bytes()).unwrap());
    let headers = Headers::from_iter([(":method", "POST"), ("content-type", "application/json")]);
    Exchange::new(policy, &headers, false, HostContext::default(), &NOW).0
}

fn sent(exchange: &mut Exchange, bytes: &[u8], end_of_stream: bool) -> Next {
    let bytes = bytes.to_vec();
    let event = Event::Body {
        bytes,
        end_of_stream,
    };
    exchange.feed(event, &NOW).next
}

fn counted(exchange: &mut Exchange) -> Next {
    let count = Count {
        used: Some(Amount::ONE),
        ends: NOW,
        shadowed: None,
        added: true,
    };
    let reserved = Reservation::Reserved(vec![count]);
    exchange.feed(Event::Reserved(reserved), &NOW).next
}

/// A call that was forwarded, and has the head of its response.
fn answering(policy: &str, media: &str) -> Exchange {
    let mut exchange = reading(policy);
    if let Next::Ask(Ask::Reserve(_)) = sent(&mut exchange, CALL, true) {
        counted(&mut exchange);
    }
    let head = Response::Head {
        status: 200,
        headers: Headers::from_iter([("content-type", media)]),
        end_of_stream: false,
    };
    let step = exchange.feed(Event::Response(head), &NOW);
    assert!(matches!(step.next, Next::Forward));
    exchange
}

/// The bytes that the client gets for an event, and the reason in the log.
fn passed(exchange: &mut Exchange, response: Response) -> (String, String) {
    let came = match &response {
        Response::Body { bytes, .. } => bytes.clone(),
        _ => Vec::new(),
    };
    let step = exchange.feed(Event::Response(response), &NOW);
    let bytes = match step.next {
        Next::Forward => came,
        Next::ReplaceBody(bytes) => bytes,
        other => panic!("the connection is not kept: {other:?}"),
    };
    let reason = step.audit.and_then(|audit| audit.reason());
    let reason = reason.map(|reason| reason.to_string());
    (
        String::from_utf8(bytes).unwrap(),
        reason.unwrap_or_default(),
    )
}

fn piece(text: &str, end_of_stream: bool) -> Response {
    Response::Body {
        bytes: text.as_bytes().to_vec(),
        end_of_stream,
    }
}

/// Plays a body in two pieces, and drops the held bytes between them. Returns the whole body for the client, and the
/// number of `unavailable` lines in the log.
fn dropped_at(policy: &str, media: &str, text: &str, cut: usize) -> (String, usize) {
    let mut exchange = answering(policy, media);
    let (one, other) = text.split_at(cut);
    let before = passed(&mut exchange, piece(one, false));
    exchange.drop_held();
    let after = [piece(other, true), Response::Closed];
    let after = after.map(|event| passed(&mut exchange, event));
    let all = [&[before][..], &after].concat();
    let told = all.iter().filter(|(_, reason)| reason == "unavailable");
    let told = told.count();
    (all.into_iter().map(|(text, _)| text).collect(), told)
}

#[test]
fn document_whose_bytes_are_dropped_is_refused_once() {
    for cut in 1..ANSWER.len() {
        let mut exchange = answering(READ, "application/json");
        passed(&mut exchange, piece(ANSWER.split_at(cut).0, false));
        assert_eq!(exchange.held_bytes(), cut);
        exchange.drop_held();
        exchange.drop_held();
        assert_eq!(exchange.held_bytes(), 0, "at once");
        let (body, told) = dropped_at(READ, "application/json", ANSWER, cut);
        assert!(
            body.contains(REFUSED) && body.contains(r#""id":1,"#),
            "{body}"
        );
        assert!(!body.contains("result"), "cut at {cut}: {body}");
        assert_eq!((body.matches(REFUSED).count(), told), (1, 1));
    }
    let (body, told) = dropped_at(READ, "application/json", ANSWER, 0);
    assert_eq!((&*body, told), (ANSWER, 0), "nothing was held");
}

#[test]
fn event_whose_bytes_are_dropped_is_refused_and_next_event_passes() {
    let event = format!("id: 7\ndata: {ANSWER}\nevent: message\n\n");
    let next = "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}\n\n: end\n\n";
    let text = format!(": ping\n\n{event}{next}");
    let held = ": ping\n\nid: 7\ndata".len()..text.len() - next.len();
    for cut in 0..=text.len() {
        let (body, told) = dropped_at(READ, "text/event-stream", &text, cut);
        if held.contains(&cut) {
            assert_eq!((body.matches(REFUSED).count(), told), (1, 1), "{body}");
            assert!(!body.contains("result"), "cut at {cut}: {body}");
            assert!(body.starts_with(": ping\n\nid: 7\ndata: {"), "{body}");
            assert!(
                body.ends_with(&format!("}}\n\n{next}")),
                "cut at {cut}: {body}"
            );
        } else if told == 0 {
            assert_eq!(body, text, "cut at {cut}");
        } else {
            assert!(
                cut > held.end && body.starts_with(text.strip_suffix(next).unwrap()),
                "{body}"
            );
        }
    }
}

#[test]
fn response_that_no_rule_reads_passes_whole_after_a_drop() {
    let events = format!("data: {ANSWER}\n\n");
    for (media, text) in [("application/json", ANSWER), ("text/event-stream", &events)] {
        let mut held = 0;
        for cut in 0..=text.len() {
            let mut exchange = answering(UNREAD, media);
            passed(&mut exchange, piece(text.split_at(cut).0, false));
            held = held.max(exchange.held_bytes());
            exchange.drop_held();
            assert!(exchange.held_bytes() < "data: ".len() + 2);
            assert_eq!(dropped_at(UNREAD, media, text, cut), (text.into(), 0));
        }
        assert!(held > 40, "{media}: something is held of it");
    }
}

#[test]
fn dropped_response_is_logged_when_it_ends_without_another_piece() {
    for (media, start) in [("application/json", "{"), ("text/event-stream", "data: {")] {
        let mut exchange = answering(READ, media);
        passed(&mut exchange, piece(start, false));
        assert!(!exchange.awaits_end());
        exchange.drop_held();
        assert!(exchange.awaits_end(), "its refusal is not in the log yet");
        let (_, reason) = passed(&mut exchange, Response::Closed);
        assert_eq!((&*reason, exchange.awaits_end()), ("unavailable", false));
    }
    let mut exchange = answering(READ, "application/json");
    passed(&mut exchange, piece("{", false));
    exchange.drop_held();
    let (body, reason) = passed(&mut exchange, Response::Trailers);
    assert!(body.contains(REFUSED) && reason == "unavailable", "{body}");
}

/// A policy for a host without a callback for trailers.
const TAKEN: &str = r#"{"version":"1","default":"deny","host":{"trailers":false},
    "tools":{"run":{"limits":[{"counter":"a","window":"hour","max":1}]}}}"#;

fn is_refused(next: &Next) -> bool {
    matches!(next, Next::Reply(reply) if reply.status == 400)
}

#[test]
fn taken_pieces_of_a_request_come_back_whole() {
    for (policy, taken) in [
        (TAKEN.to_owned(), true),
        (TAKEN.replace("false", "true"), false),
    ] {
        for cut in 1..CALL.len() {
            let (one, other) = CALL.split_at(cut);
            let mut exchange = reading(&policy);
            assert!(matches!(sent(&mut exchange, one, false), Next::NeedMore));
            assert_eq!(exchange.held_bytes(), if taken { cut } else { 0 });
            assert!(matches!(sent(&mut exchange, other, true), Next::Ask(_)));
            match counted(&mut exchange) {
                Next::ForwardBody(body) => assert!(taken && body == CALL, "cut at {cut}"),
                next => assert!(!taken && matches!(next, Next::Forward), "{next:?}"),
            }
            assert_eq!(exchange.held_bytes(), 0);
        }
    }
    let mut whole = reading(TAKEN);
    sent(&mut whole, CALL, true);
    let next = counted(&mut whole);
    assert!(matches!(next, Next::Forward), "the host has it: {next:?}");
}

#[test]
fn request_whose_bytes_are_dropped_is_refused() {
    let (one, other) = CALL.split_at(9);
    let mut exchange = reading(TAKEN);
    sent(&mut exchange, one, false);
    exchange.drop_held();
    assert_eq!(exchange.held_bytes(), 0);
    assert!(
        is_refused(&sent(&mut exchange, other, true)),
        "while it arrives"
    );
    let mut exchange = reading(TAKEN);
    sent(&mut exchange, one, false);
    sent(&mut exchange, other, true);
    assert_eq!(exchange.held_bytes(), CALL.len());
    exchange.drop_held();
    assert_eq!(exchange.held_bytes(), 0);
    assert!(is_refused(&counted(&mut exchange)), "while it is counted");
}

#[test]
fn request_beyond_its_room_is_refused() {
    let (one, other) = CALL.split_at(9);
    for (room, refused) in [(CALL.len(), false), (CALL.len() - 1, true)] {
        let mut exchange = reading(TAKEN);
        exchange.hold_at_most(room);
        sent(&mut exchange, one, false);
        let next = sent(&mut exchange, other, true);
        assert_eq!(is_refused(&next), refused, "{next:?}");
    }
}
