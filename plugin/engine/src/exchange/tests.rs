//! Feeds exchanges events in every order, as a host might. An event out of order is refused.

use super::Exchange;
use crate::host::*;
use std::sync::Arc;

const NOW: Millis = Millis(1_767_225_618_000);
const CALL: &[u8] = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run"}}"#;

/// The policy hides no name and denies no request of a server, so responses pass unchanged.
fn begin(run: &str, http_method: &str) -> (Exchange, Step) {
    begin_with("allow", run, http_method)
}

fn begin_with(default: &str, run: &str, http_method: &str) -> (Exchange, Step) {
    let text = format!(r#"{{"version":"1","default":"{default}","tools":{{"run":{run}}}}}"#);
    let policy = Arc::new(Policy::parse(text.as_bytes()).unwrap());
    let headers = Headers::from_iter([
        (":method", http_method),
        ("content-type", "application/json"),
        ("accept-encoding", "gzip"),
    ]);
    Exchange::new(policy, &headers, false, HostContext::default(), &NOW)
}

fn call() -> Event {
    Event::Body {
        bytes: CALL.to_vec(),
        end_of_stream: true,
    }
}

/// An exchange whose charges are outstanding.
fn counting(scope: &str) -> (Exchange, Arc<[Charge]>) {
    let limits = format!(
        r#"{{"limits":[
            {{"counter":"a","window":"minute","max":2,"scope":"{scope}","refund":"on_error"}},
            {{"counter":"a","window":"minute","max":5,"scope":"{scope}","refund":"on_error"}},
            {{"counter":"b","window":"month","max":9,"scope":"global","refund":"on_error"}}
        ]}}"#
    );
    let (mut exchange, _) = begin(&limits, "POST");
    let Next::Ask(Ask::Reserve(charges)) = exchange.feed(call(), &NOW).next else {
        panic!("a limited call is counted")
    };
    (exchange, charges)
}

fn count() -> Count {
    Count {
        used: Some(Amount::ONE),
        ends: NOW,
        shadowed: None,
        added: true,
    }
}

fn status(step: &Step) -> u16 {
    match &step.next {
        Next::Reply(reply) => reply.status,
        other => panic!("not refused: {other:?}"),
    }
}

fn reason(step: &Step) -> String {
    let reason = step.audit.as_ref().and_then(|audit| audit.reason());
    reason.map(|reason| reason.to_string()).unwrap_or_default()
}

#[test]
fn charges_expose_counter_subject_and_limits() {
    let (_, charges) = counting("grant");
    let [a, b] = &charges[..] else {
        panic!("limits of one counter are one charge")
    };
    assert!(a.counter().ends_with("/a") && b.counter().ends_with("/b"));
    assert_ne!(a.subject(), None);
    assert_eq!((a.cost(), a.window()), (Amount::ONE, Window::Seconds(60)));
    assert_eq!(a.window().end(NOW), Millis(1_767_225_660_000));
    assert_eq!(b.window(), Window::Month);
    let limits = a.limits().iter();
    let limits: Vec<_> = limits
        .map(|limit| (limit.max(), limit.is_enforced(), limit.position()))
        .collect();
    assert_eq!(
        limits,
        [(Amount::whole(2), true, 0), (Amount::whole(5), true, 1)]
    );
}

#[test]
fn reservation_by_the_host_decides() {
    let (mut exchange, _) = counting("grant");
    let step = exchange.feed(
        Event::Reserved(Reservation::Reserved(vec![count(), count()])),
        &NOW,
    );
    assert!(matches!(step.next, Next::Forward));

    let (mut exchange, _) = counting("grant");
    let full = Reservation::Full {
        charge: 1,
        limit: 0,
        used: Amount::default(),
        ends: NOW,
        shadowed: Vec::new(),
    };
    assert_eq!(
        reason(&exchange.feed(Event::Reserved(full), &NOW)),
        "rate_limited"
    );
}

#[test]
fn wrong_reservation_is_refused() {
    let wrong = [
        ("grant", Reservation::Unavailable),
        ("grant", Reservation::Reserved(Vec::new())),
        ("grant", Reservation::Reserved(vec![count()])),
        (
            "grant",
            Reservation::Reserved(vec![count(), count(), count()]),
        ),
        // The peer's address is unknown, so it cannot be counted by.
        ("ip", Reservation::Reserved(vec![count(), count()])),
        (
            "grant",
            Reservation::Full {
                charge: 7,
                limit: 0,
                used: Amount::default(),
                ends: NOW,
                shadowed: Vec::new(),
            },
        ),
    ];
    for (scope, reservation) in wrong {
        let (mut exchange, charges) = counting(scope);
        assert_eq!(
            charges.iter().any(|charge| charge.subject().is_none()),
            scope == "ip"
        );
        let shown = format!("{reservation:?}");
        let step = exchange.feed(Event::Reserved(reservation), &NOW);
        assert_eq!(
            (status(&step), &*reason(&step)),
            (200, "unavailable"),
            "{shown}"
        );
        assert!(matches!(
            exchange.feed(Event::END, &NOW).next,
            Next::NeedMore
        ));
    }
}

/// An exchange whose request was passed on.
fn forwarded() -> Exchange {
    let (mut exchange, _) = begin("{}", "POST");
    assert!(matches!(exchange.feed(call(), &NOW).next, Next::Forward));
    exchange
}

fn head(status: u16, end: bool) -> Event {
    Event::Response(Response::Head {
        status,
        headers: Headers::default(),
        end_of_stream: end,
    })
}

fn piece(end: bool) -> Event {
    let bytes = b"data: {}".to_vec();
    Event::Response(Response::Body {
        bytes,
        end_of_stream: end,
    })
}

const SENT: Event = Event::Response(Response::Delivery(Delivery::Sent));
const UNSENT: Event = Event::Response(Response::Delivery(Delivery::Unsent));
const SENT_TO: Event = Event::Response(Response::SentTo(None));
const TRAILERS: Event = Event::Response(Response::Trailers);
const CLOSED: Event = Event::Response(Response::Closed);

#[test]
fn response_in_order_passes() {
    for events in [
        vec![head(200, true), CLOSED],
        vec![
            SENT,
            SENT_TO,
            head(103, false),
            SENT_TO,
            head(200, false),
            piece(false),
            piece(true),
            CLOSED,
        ],
        vec![
            Event::END,
            head(200, false),
            Event::END,
            piece(false),
            TRAILERS,
            CLOSED,
            CLOSED,
        ],
        vec![UNSENT, CLOSED],
        vec![head(200, false), CLOSED],
    ] {
        let mut exchange = forwarded();
        for event in events {
            let shown = format!("{event:?}");
            let step = exchange.feed(event, &NOW);
            assert!(matches!(step.next, Next::Forward), "{shown}");
            assert!(step.audit.is_none() && step.edit.is_empty(), "{shown}");
        }
    }
}

#[test]
fn response_out_of_order_ends_the_exchange() {
    for events in [
        vec![piece(true)],
        vec![TRAILERS],
        vec![head(100, true)],
        vec![head(200, false), head(200, false)],
        vec![head(200, false), SENT],
        vec![head(200, false), SENT_TO],
        vec![head(200, true), piece(true)],
        vec![head(200, true), TRAILERS],
        vec![head(200, false), piece(true), piece(true)],
        vec![CLOSED, UNSENT],
        vec![CLOSED, head(200, true)],
    ] {
        let mut exchange = forwarded();
        let shown = format!("{events:?}");
        let mut steps: Vec<_> = events
            .into_iter()
            .map(|event| exchange.feed(event, &NOW))
            .collect();
        let last = steps.pop().unwrap();
        assert!(
            steps.iter().all(|step| matches!(step.next, Next::Forward)),
            "{shown}"
        );
        assert_eq!(
            (status(&last), &*reason(&last)),
            (503, "unavailable"),
            "{shown}"
        );
        assert!(
            matches!(exchange.feed(piece(true), &NOW).next, Next::NeedMore),
            "{shown}"
        );
    }
}

#[test]
fn request_event_after_the_verdict_ends_the_exchange() {
    let more = || Event::Body {
        bytes: b" ".to_vec(),
        end_of_stream: true,
    };
    for event in [
        more(),
        Event::Buffered(1),
        Event::BodyUnavailable,
        Event::Reserved(Reservation::Unavailable),
    ] {
        let mut exchange = forwarded();
        exchange.feed(head(200, false), &NOW);
        assert_eq!(status(&exchange.feed(event, &NOW)), 400);
        assert!(matches!(
            exchange.feed(piece(true), &NOW).next,
            Next::NeedMore
        ));
    }
}

#[test]
fn response_before_the_verdict_is_refused() {
    for event in [
        || SENT,
        || head(200, true),
        || piece(true),
        || TRAILERS,
        || CLOSED,
    ] {
        let reading = begin("{}", "POST").0;
        let bodiless = begin("{}", "DELETE").0;
        let counting = counting("grant").0;
        for (mut exchange, expected) in [(reading, 400), (bodiless, 400), (counting, 200)] {
            let step = exchange.feed(event(), &NOW);
            assert_eq!(status(&step), expected, "{:?}", event());
            assert!(!reason(&step).is_empty(), "it is logged");
            assert!(matches!(exchange.feed(event(), &NOW).next, Next::NeedMore));
            assert!(matches!(exchange.feed(call(), &NOW).next, Next::NeedMore));
        }
    }
}

#[test]
fn list_loses_names_that_are_not_admitted() {
    let (mut exchange, step) = begin_with("deny", "{}", "POST");
    assert!(exchange.needs_response());
    assert_eq!(step.edit.set, [("accept-encoding", "identity")]);
    exchange.feed(call(), &NOW);
    let list = |tools: &str| format!(r#"{{"id":1,"result":{{"tools":[{tools}]}}}}"#);
    let bytes = list(r#"{"name":"run"},{"name":"other"}"#).into_bytes();
    let body = |bytes: &[u8]| {
        let bytes = bytes.to_vec();
        Event::Response(Response::Body {
            bytes,
            end_of_stream: false,
        })
    };
    let step = exchange.feed(head(200, false), &NOW);
    assert_eq!(step.edit.remove, ["content-length"]);
    let mut replaced = |event| match exchange.feed(event, &NOW).next {
        Next::ReplaceBody(bytes) => String::from_utf8(bytes).unwrap(),
        other => panic!("{other:?}"),
    };
    let (start, rest) = bytes.split_at(30);
    assert_eq!(replaced(body(start)), "");
    assert_eq!(replaced(body(rest)), list(r#"{"name":"run"}"#));
    assert!(matches!(exchange.feed(TRAILERS, &NOW).next, Next::Forward));
}

#[test]
fn unreadable_stream_ends_the_exchange() {
    let (mut exchange, _) = begin_with("deny", "{}", "GET");
    exchange.feed(Event::END, &NOW);
    let headers = Headers::from_iter([("content-type", "text/event-stream")]);
    let head = Response::Head {
        status: 200,
        headers,
        end_of_stream: false,
    };
    assert!(matches!(
        exchange.feed(Event::Response(head), &NOW).next,
        Next::Forward
    ));
    let bytes = b"event: endpoint\ndata: /x\n\n".to_vec();
    let step = exchange.feed(
        Event::Response(Response::Body {
            bytes,
            end_of_stream: false,
        }),
        &NOW,
    );
    assert_eq!((status(&step), &*reason(&step)), (502, "unreadable"));
    let line = step.audit.unwrap().line();
    assert!(line.starts_with(r#"{"v":1,"event":"response""#), "{line}");
    assert!(matches!(
        exchange.feed(piece(true), &NOW).next,
        Next::NeedMore
    ));
}

#[test]
fn early_response_passes_if_allowed() {
    let (mut exchange, _) = begin_with("deny", "{}", "POST");
    exchange.allow_early_response();
    assert!(matches!(
        exchange.feed(head(401, false), &NOW).next,
        Next::Forward
    ));
    assert!(matches!(
        exchange.feed(piece(true), &NOW).next,
        Next::Forward
    ));
    assert!(matches!(exchange.feed(call(), &NOW).next, Next::Forward));
    assert_eq!(status(&exchange.feed(head(200, true), &NOW)), 503);
}

/// A call that was counted and passed on.
fn counted() -> Exchange {
    let (mut exchange, _) = counting("global");
    let counts = Reservation::Reserved(vec![count(), count()]);
    let step = exchange.feed(Event::Reserved(counts), &NOW);
    assert!(matches!(step.next, Next::Forward) && step.effects.refund().is_none());
    exchange
}

/// The number of charges that are refunded with each event of a response.
fn returned(exchange: &mut Exchange, responses: Vec<Response>) -> Vec<usize> {
    let mut feed = |response| {
        let step = exchange.feed(Event::Response(response), &NOW);
        assert!(matches!(step.next, Next::Forward), "nothing is held back");
        step.effects
            .refund()
            .map_or(0, |refund| refund.returned().count())
    };
    responses.into_iter().map(&mut feed).collect()
}

fn answered(kind: &str, body: &str, cut: usize) -> Vec<Response> {
    let (first, last) = body.split_at(cut);
    let body = |bytes: &str, end| Response::Body {
        bytes: bytes.into(),
        end_of_stream: end,
    };
    let head = Response::Head {
        status: 200,
        headers: Headers::from_iter([("content-type", kind)]),
        end_of_stream: false,
    };
    vec![head, body(first, false), body(last, true), Response::Closed]
}

#[test]
fn call_that_did_not_run_is_refunded_once() {
    let error = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no"}}"#;
    for cut in 0..error.len() {
        let mut exchange = counted();
        let seen = returned(&mut exchange, answered("application/json", error, cut));
        assert_eq!(seen, [0, 0, 2, 0], "cut at {cut}");
        assert!(!exchange.awaits_delivery());
    }
    let unsent = vec![
        Response::Delivery(Delivery::Sent),
        Response::Delivery(Delivery::Unsent),
        Response::Delivery(Delivery::Unsent),
        Response::Closed,
    ];
    assert_eq!(returned(&mut counted(), unsent), [0, 2, 0, 0]);
}

#[test]
fn call_with_unknown_outcome_is_not_refunded() {
    let error = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no"}}"#;
    let long = format!("{error}{}", " ".repeat(64 << 10));
    for (kind, body) in [
        ("text/html", error),
        ("application/json", &long),
        (
            "application/json",
            r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
        ),
        ("text/event-stream", "data: {}"),
    ] {
        let seen = returned(&mut counted(), answered(kind, body, 1));
        assert_eq!(seen, [0; 4], "{kind}");
    }
    let mut compressed = answered("application/json", error, 1);
    compressed[0] = Response::Head {
        status: 200,
        headers: Headers::from_iter([
            ("content-type", "application/json"),
            ("content-encoding", "gzip"),
        ]),
        end_of_stream: false,
    };
    for broken in [compressed, vec![Response::Closed]] {
        assert!(
            returned(&mut counted(), broken)
                .iter()
                .all(|count| *count == 0)
        );
    }
}
