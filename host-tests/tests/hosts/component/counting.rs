//! Tests counting in cells, and by the embedding program.

use super::gateway::{NOW, SHARED, answered, call, headers, judge, start};
use super::responses::begin;
use host_tests::embedder::*;
use std::collections::HashMap;

/// Threads with the same cells share their counts.
#[test]
fn instances_with_the_same_cells_share_counts() {
    let cells = Shared::default();
    let mut gateways = [
        start(&SHARED, cells.clone()).unwrap(),
        start(&SHARED, cells).unwrap(),
    ];
    assert_eq!(gateways[0].seed(), gateways[1].seed());
    let mut told = || {
        let (next, _) = judge(&mut gateways[0], "run").unwrap();
        gateways.reverse();
        answered(&next)
    };
    assert_eq!(told(), None);
    assert!(told().unwrap().contains("Once."));
    assert!(told().unwrap().contains("Once."));
}

/// One call, in the interface's millionths.
pub(super) const ONE: u64 = 1_000_000;

/// Counts as a program does that keeps counts in its own map, by counter, subject and the end of the window.
pub(super) fn count(
    counts: &mut HashMap<(String, String, Millis), u64>,
    charges: &[Charge],
) -> Reservation {
    let mut added = Vec::new();
    for (index, charge) in charges.iter().enumerate() {
        let Some(subject) = charge.subject.clone() else {
            return Reservation::Unavailable;
        };
        let key = (charge.counter.clone(), subject, charge.ends);
        let before = counts.get(&key).copied().unwrap_or_default();
        let used = before + charge.cost;
        let full = |limit: &Limit| limit.enforced && used > limit.max;
        if let Some(limit) = charge.limits.iter().position(full) {
            let at = LimitIndex {
                charge: index as u32,
                limit: limit as u32,
            };
            return Reservation::Full(Full {
                at,
                used: before,
                ends: charge.ends,
                shadowed: Vec::new(),
            });
        }
        added.push((key, used));
    }
    let one = |(key, used): ((String, String, Millis), u64)| {
        let ends = key.2;
        counts.insert(key, used);
        Count {
            used,
            ends,
            shadowed: None,
            added: true,
        }
    };
    Reservation::Reserved(added.into_iter().map(one).collect())
}

pub(super) fn charges(step: Step) -> Vec<Charge> {
    match step.next {
        Next::Ask(Ask::Reserve(charges)) => charges,
        other => panic!("nothing is asked: {other:?}"),
    }
}

#[test]
fn embedder_can_count_by_itself() {
    let mut gateway = start(&SHARED, Shared::default()).unwrap();
    let mut counts = HashMap::new();
    let mut called = || {
        let (exchange, first) = gateway.begin(&headers(), false, "192.0.2.1", NOW).unwrap();
        assert!(matches!(first.next, Next::NeedMore));
        let asked = charges(gateway.feed(exchange, &call("run"), NOW).unwrap());
        let event = Event::Reserved(count(&mut counts, &asked));
        (asked, gateway.feed(exchange, &event, NOW).unwrap())
    };
    let (asked, step) = called();
    assert!(matches!(step.next, Next::Forward(_)));
    let [few, all] = &asked[..] else {
        panic!("two counters are charged: {asked:?}")
    };
    assert!(few.subject.is_some() && few.cost == ONE);
    assert!(matches!(few.window, Window::Seconds(60)) && matches!(all.window, Window::Month));
    assert_eq!((few.ends, all.ends), (1_767_225_660_000, 1_769_904_000_000));
    let limits = few.limits.iter();
    let limits: Vec<_> = limits
        .map(|of| (of.max, of.enforced, of.position))
        .collect();
    assert_eq!(limits, [(2 * ONE, true, 0), (ONE, true, 1)]);
    let [Effect::Audit(line)] = &step.effects[..] else {
        panic!("one decision is logged")
    };
    assert!(line.contains(r#""used":1"#), "{line}");
    let (_, step) = called();
    let answer = answered(&step.next).expect("the second call is refused");
    assert!(answer.contains("Once. Try again in 42 seconds.") && answer.contains("rate_limited"));
    assert_eq!(
        counts.values().copied().collect::<Vec<_>>(),
        [ONE, ONE],
        "all or none"
    );
}

#[test]
fn trace_has_the_rules_when_asked_for() {
    let mut gateway = start(&SHARED, Shared::default()).unwrap();
    gateway.explain = true;
    let (next, effects) = judge(&mut gateway, "unlisted").unwrap();
    assert!(answered(&next).is_some());
    let [Effect::Audit(_), Effect::Trace(rules)] = &effects[..] else {
        panic!("a line and a trace: {effects:?}")
    };
    let [rule] = &rules[..] else {
        panic!("one rule: {rules:?}")
    };
    assert_eq!(rule.rule.as_deref(), Some("/default"));
    assert!(matches!(rule.outcome, RuleOutcome::Deny));
}

#[test]
fn full_limit_in_shadow_mode_is_reported_and_not_refused() {
    let mut gateway = start(&SHARED, Shared::default()).unwrap();
    let exchange = begin(&mut gateway);
    let asked = charges(gateway.feed(exchange, &call("tried"), NOW).unwrap());
    assert!(!asked[0].limits[0].enforced);
    let one = Count {
        used: 1,
        ends: asked[0].ends,
        shadowed: Some(0),
        added: false,
    };
    let event = Event::Reserved(Reservation::Reserved(vec![one]));
    let step = gateway.feed(exchange, &event, NOW).unwrap();
    assert_eq!(answered(&step.next), None);
    let [Effect::Audit(line)] = &step.effects[..] else {
        panic!("one decision is logged")
    };
    assert!(
        line.contains(r#""shadow":[{"reason":"rate_limited""#),
        "{line}"
    );
}

#[test]
fn call_of_an_unknown_peer_is_refused_even_if_counted() {
    let mut gateway = start(&SHARED, Shared::default()).unwrap();
    let (exchange, _) = gateway.begin(&headers(), false, "nobody", NOW).unwrap();
    let asked = charges(gateway.feed(exchange, &call("by_peer"), NOW).unwrap());
    assert!(asked[0].subject.is_none() && matches!(asked[0].window, Window::Week));
    let one = Count {
        used: 1,
        ends: asked[0].ends,
        shadowed: None,
        added: true,
    };
    let event = Event::Reserved(Reservation::Reserved(vec![one]));
    let step = gateway.feed(exchange, &event, NOW).unwrap();
    assert!(answered(&step.next).unwrap().contains("unavailable"));
}

#[test]
fn embedder_that_counts_wrongly_gets_a_refusal() {
    let mut gateway = start(&SHARED, Shared::default()).unwrap();
    let at = LimitIndex {
        charge: u32::MAX,
        limit: 0,
    };
    let nowhere = Reservation::Full(Full {
        at,
        used: 0,
        ends: NOW,
        shadowed: vec![at],
    });
    for wrong in [
        Reservation::Reserved(Vec::new()),
        Reservation::Unavailable,
        nowhere,
    ] {
        let (exchange, _) = gateway.begin(&headers(), false, "192.0.2.1", NOW).unwrap();
        charges(gateway.feed(exchange, &call("run"), NOW).unwrap());
        let step = gateway
            .feed(exchange, &Event::Reserved(wrong), NOW)
            .unwrap();
        assert!(answered(&step.next).unwrap().contains("unavailable"));
    }
}
