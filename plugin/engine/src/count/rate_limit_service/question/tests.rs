//! Which charges are a question, and the names of its subjects.

use super::*;
use crate::count::rate_limit_service::samples::{NOW, charge, counters};
use crate::words::mac::Keys;

#[test]
fn question_is_the_message_of_the_protocol() {
    let asked = body(&counters(), &[charge("c", 3, "ada")]).unwrap();
    let id = charge("c", 3, "ada").counter.id.clone();
    let entry = [&[0x0a, id.len() as u8][..], id.as_bytes(), b"\x12\x03ada"].concat();
    let entries = [&[0x0a, entry.len() as u8][..], &entry].concat();
    let message = [
        b"\x0a\x03mcp\x12",
        &[entries.len() as u8][..],
        &entries,
        b"\x18\x01",
    ]
    .concat();
    let frame = [&[0, 0, 0, 0, message.len() as u8][..], &message].concat();
    assert_eq!(asked, frame);
}

#[test]
fn subject_has_another_name_at_the_service_with_a_key() {
    let named = |key: Option<u8>| {
        let key_name = key.map(|_| "KEY".into());
        let key = key.and_then(|key| Keys::new([&[key; 32][..]]));
        name(
            &SharedCounters {
                key_name,
                key,
                ..counters()
            },
            &charge("c", 3, "ada"),
        )
    };
    let codes = [named(Some(1)), named(Some(2))];
    assert_eq!(named(None).as_deref(), Some("ada"));
    assert_ne!(codes[0], codes[1]);
    assert!(codes.iter().flatten().all(|code| code.len() == 32));
    let without = SharedCounters {
        key_name: Some("KEY".into()),
        ..counters()
    };
    assert_eq!(
        name(&without, &charge("c", 3, "ada")),
        None,
        "the host has no key"
    );
}

#[test]
fn several_charges_need_an_atomic_service() {
    let charges = [charge("a", 3, "ada"), charge("b", 5, "ada")];
    assert_eq!(body(&counters(), &charges), None);
    let atomic = SharedCounters {
        is_atomic: true,
        ..counters()
    };
    assert!(body(&atomic, &charges).is_some());
    let mut dearer = charges.clone();
    dearer[1].cost = Amount::whole(2);
    assert_eq!(
        body(&atomic, &dearer),
        None,
        "one question has one number of hits"
    );
    assert_eq!(body(&atomic, &[]), None);
}

#[test]
fn call_that_costs_nothing_is_not_asked_about() {
    let asked = charge("a", 3, "ada");
    let free = Charge {
        cost: Amount::default(),
        ..asked.clone()
    };
    assert_eq!(
        [asked.is_for_service(), free.is_for_service()],
        [true, false]
    );
}

#[test]
fn question_to_limitador_has_each_counter_once() {
    let limitador = SharedCounters {
        protocol: RateLimitProtocol::Limitador,
        is_atomic: true,
        ..counters()
    };
    let charges = [charge("a", 3, "ada"), charge("b\"", 5, "ada\n")];
    let asked = RateLimitQuestion::new(&limitador, &charges).unwrap();
    let ids = [&charges[0], &charges[1]].map(|charge| charge.counter.id.replace('"', "\\\""));
    let [first, second] = ids;
    let body = format!(
        r#"{{"namespace":"mcp","values":{{"{first}":"ada","{second}":"ada\n"}},"delta":1}}"#
    );
    assert_eq!(String::from_utf8(asked.body.clone()).unwrap(), body);
    assert_eq!(asked.path(), "/check_and_report");
    assert_eq!(asked.headers(), [("content-type", "application/json")]);
}

#[test]
fn status_alone_is_an_answer_of_limitador() {
    let charges = [charge("a", 3, "ada")];
    let outcome = |protocol, status, body: &[u8]| {
        let counters = SharedCounters {
            protocol,
            ..counters()
        };
        let body = body.into();
        let outcome =
            RateLimitQuestion::outcome(&counters, &charges, &ServiceAnswer { status, body }, NOW)?;
        Some(matches!(outcome, Reservation::Reserved(_)))
    };
    let ok = [0, 0, 0, 0, 2, 8, 1];
    for (status, limitador, envoy) in [
        (200, Some(true), Some(true)),
        (429, Some(false), None),
        (500, None, None),
        (204, None, None),
    ] {
        assert_eq!(
            outcome(RateLimitProtocol::Limitador, status, &ok),
            limitador
        );
        assert_eq!(outcome(RateLimitProtocol::Envoy, status, &ok), envoy);
    }
    let long = vec![0; LONGEST + 1];
    assert_eq!(outcome(RateLimitProtocol::Limitador, 200, &long), None);
}
