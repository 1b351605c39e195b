//! Events of a response, in an order that is possible and in one that is not.

use super::gateway::{NOW, SHARED, answered, call, headers, start};
use host_tests::component::fields;
use host_tests::embedder::*;
use wasmtime::component::ResourceAny;

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
            // The length goes before the body, which may still change.
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
