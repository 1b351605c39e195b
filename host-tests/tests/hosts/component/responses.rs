//! Tests the events of a response, in an order that is possible and in orders that are not.

use super::gateway::{NOW, SHARED, answered, call, headers, start};
use host_tests::component::fields;
use host_tests::embedder::*;
use wasmtime::component::ResourceAny;

/// Every result is searched, so it is held until it is complete.
const READ: &[u8] = br#"{ "version": "1", "default": "deny",
    "identity": { "from": [ { "header": "x-user", "set_by_gateway": true } ] },
    "tools": { "run": { "result": { "redact": ["secrets"] } } } }"#;
const START: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"#;

pub(super) fn head(end: bool) -> Event {
    Event::ResponseHead(ResponseHead {
        status: 200,
        headers: fields(&vec![(b"content-type".into(), b"text/event-stream".into())]),
        end_of_stream: end,
    })
}

pub(super) fn piece(end: bool) -> Event {
    let bytes = b"data: {}\n\n".to_vec();
    Event::ResponseBody(Piece {
        bytes,
        end_of_stream: end,
    })
}

pub(super) fn begin(gateway: &mut Gateway<Shared>) -> ResourceAny {
    let (exchange, step) = gateway.begin(&headers(), false, "192.0.2.1", NOW).unwrap();
    assert!(matches!(step.next, Next::NeedMore));
    exchange
}

#[test]
fn response_events_in_order_are_forwarded() {
    let mut gateway = start(&SHARED, Shared::default()).unwrap();
    let one = [
        Event::Delivery(Delivery::Sent),
        head(false),
        piece(false),
        piece(true),
        Event::Closed,
    ];
    let other = [
        head(false),
        piece(false),
        Event::ResponseTrailers,
        Event::Closed,
    ];
    let failed = [Event::Delivery(Delivery::Unsent), Event::Closed];
    for events in [&one[..], &other, &failed] {
        let exchange = begin(&mut gateway);
        for event in [call("look")].iter().chain(events) {
            let step = gateway.feed(exchange, event, NOW).unwrap();
            let Next::Forward(edit) = step.next else {
                panic!("{event:?} is not passed on: {:?}", step.next)
            };
            // The length is removed before the body, which may still change.
            let expected: &[&str] = match event {
                Event::ResponseHead(_) => &["content-length"],
                _ => &[],
            };
            assert_eq!(edit.remove_headers, expected);
            assert!(edit.set_headers.is_empty());
        }
    }
}

#[test]
fn response_event_out_of_order_is_refused() {
    let mut gateway = start(&SHARED, Shared::default()).unwrap();
    let events = [
        head(true),
        piece(true),
        Event::ResponseTrailers,
        Event::Closed,
    ];
    for event in events.iter().chain(&[Event::Delivery(Delivery::Sent)]) {
        let exchange = begin(&mut gateway);
        let step = gateway.feed(exchange, event, NOW).unwrap();
        assert!(answered(&step.next).is_some(), "{event:?}");
        for late in [call("look"), head(true)] {
            let step = gateway.feed(exchange, &late, NOW).unwrap();
            assert!(
                matches!(step.next, Next::NeedMore),
                "{event:?}, then {late:?}"
            );
        }
    }
}

/// The response to a call of this caller, after its first bytes.
fn answering(gateway: &mut Gateway<Shared>, user: &str) -> ResourceAny {
    let user = vec![(b"x-user".to_vec(), user.as_bytes().to_vec())];
    let headers = [headers(), fields(&user)].concat();
    let (exchange, _) = gateway.begin(&headers, false, "192.0.2.1", NOW).unwrap();
    let json = vec![(b"content-type".to_vec(), b"application/json".to_vec())];
    let head = Event::ResponseHead(ResponseHead {
        status: 200,
        headers: fields(&json),
        end_of_stream: false,
    });
    for event in [call("run"), head] {
        let step = gateway.feed(exchange, &event, NOW).unwrap();
        assert!(matches!(step.next, Next::Forward(_)), "{:?}", step.next);
    }
    assert_eq!(passed(gateway, exchange, START, false), "");
    exchange
}

/// The bytes that are forwarded for a piece.
fn passed(gateway: &mut Gateway<Shared>, exchange: ResourceAny, text: &str, end: bool) -> String {
    let bytes = text.into();
    let end_of_stream = end;
    let piece = Piece {
        bytes,
        end_of_stream,
    };
    let (passed, _) = gateway.pass(exchange, piece, NOW).unwrap();
    String::from_utf8(passed.expect("the connection goes on")).expect("text")
}

#[test]
fn response_that_is_dropped_or_has_no_room_is_refused_and_another_one_passes() {
    let mut gateway = SHARED
        .start(Shared::default(), READ, (1, 2))
        .unwrap()
        .unwrap();
    let [kept, dropped, crowded] = ["a", "b", "b"].map(|user| answering(&mut gateway, user));
    let held = u64::try_from(START.len()).unwrap();
    let told = |gateway: &mut Gateway<Shared>, exchange| gateway.held(exchange).unwrap();
    let caller = |user: &str| Some(format!("header:x-user={user}"));
    assert_eq!(told(&mut gateway, kept), (caller("a"), held));
    assert_eq!(told(&mut gateway, dropped), (caller("b"), held));
    gateway.drop_held(dropped).unwrap();
    gateway.hold_at_most(crowded, held).unwrap();
    assert_eq!(told(&mut gateway, dropped), (caller("b"), 0));
    for exchange in [dropped, crowded] {
        let body = passed(&mut gateway, exchange, " ", false);
        assert!(body.contains("holds too many responses"), "{body}");
    }
    assert_eq!(
        passed(&mut gateway, kept, "}}", true),
        format!("{START}}}}}")
    );
    assert_eq!(told(&mut gateway, kept).1, 0);
}
