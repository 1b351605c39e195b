//! Events in every order, as a host might feed them: what does not belong where it comes is refused.

use super::*;
use crate::{Tally, Window};

const NOW: Millis = Millis(1_767_225_618_000);
const CALL: &[u8] = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run"}}"#;

fn begin(run: &str, verb: &str) -> (Exchange, Step) {
    let text = format!(r#"{{"version":"1","default":"deny","tools":{{"run":{run}}}}}"#);
    let policy = Arc::new(Policy::parse(text.as_bytes()).unwrap());
    let headers = [(":method", verb), ("content-type", "application/json")];
    let headers = headers.map(|(name, value)| (name.into(), value.into()));
    Exchange::new(policy, &headers, false, Facts::default(), NOW)
}

fn call() -> Event {
    Event::Body {
        bytes: CALL.to_vec(),
        end: true,
    }
}

/// An exchange whose charges are outstanding.
fn counting(scope: &str) -> (Exchange, Arc<[Charge]>) {
    let limits = format!(
        r#"{{"limits":[
            {{"counter":"a","window":"minute","max":2,"scope":"{scope}"}},
            {{"counter":"a","window":"minute","max":5,"scope":"{scope}"}},
            {{"counter":"b","window":"month","max":9,"scope":"global"}}
        ]}}"#
    );
    let (mut exchange, _) = begin(&limits, "POST");
    let Next::Ask(Ask::Reserve(charges)) = exchange.feed(call(), NOW).next else {
        panic!("a limited call is counted")
    };
    (exchange, charges)
}

fn tally() -> Tally {
    Tally {
        used: 1,
        ends: NOW,
        shadowed: None,
        added: true,
    }
}

fn status(step: &Step) -> u16 {
    match &step.next {
        Next::Answer(reply) => reply.status,
        other => panic!("not refused: {other:?}"),
    }
}

fn reason(step: &Step) -> String {
    let reason = step.audit.as_ref().and_then(|audit| audit.reason());
    reason.map(|reason| reason.to_string()).unwrap_or_default()
}

#[test]
fn charges_say_what_to_count() {
    let (_, charges) = counting("grant");
    let [a, b] = &charges[..] else {
        panic!("limits of one counter are one charge")
    };
    assert!(a.counter().ends_with("/a") && b.counter().ends_with("/b"));
    assert_ne!(a.subject(), None);
    assert_eq!((a.cost(), a.window()), (1, Window::Seconds(60)));
    assert_eq!(a.window().end(NOW), Millis(1_767_225_660_000));
    assert_eq!(b.window(), Window::Month);
    let maxima = a.maxima().iter();
    let maxima: Vec<_> = maxima
        .map(|maximum| (maximum.max, maximum.is_enforced(), maximum.order()))
        .collect();
    assert_eq!(maxima, [(2, true, 0), (5, true, 1)]);
}

#[test]
fn a_host_may_count_itself() {
    let (mut exchange, _) = counting("grant");
    let step = exchange.feed(
        Event::Reserved(Reservation::Reserved(vec![tally(), tally()])),
        NOW,
    );
    assert!(matches!(step.next, Next::Forward));

    let (mut exchange, _) = counting("grant");
    let full = Reservation::Full {
        charge: 1,
        maximum: 0,
        ends: NOW,
        shadowed: Vec::new(),
    };
    assert_eq!(
        reason(&exchange.feed(Event::Reserved(full), NOW)),
        "rate_limited"
    );
}

#[test]
fn a_host_that_counts_wrongly_lets_nothing_through() {
    let wrong = [
        ("grant", Reservation::Unavailable),
        ("grant", Reservation::Reserved(Vec::new())),
        ("grant", Reservation::Reserved(vec![tally()])),
        (
            "grant",
            Reservation::Reserved(vec![tally(), tally(), tally()]),
        ),
        // Nobody knows the peer's address, so nobody could count by it.
        ("ip", Reservation::Reserved(vec![tally(), tally()])),
        (
            "grant",
            Reservation::Full {
                charge: 7,
                maximum: 0,
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
        let step = exchange.feed(Event::Reserved(reservation), NOW);
        assert_eq!(
            (status(&step), &*reason(&step)),
            (200, "unavailable"),
            "{shown}"
        );
        assert!(matches!(exchange.feed(Event::END, NOW).next, Next::More));
    }
}
