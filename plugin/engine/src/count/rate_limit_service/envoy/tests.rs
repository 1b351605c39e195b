//! Answers of the protocol, byte by byte.

use super::*;
use crate::count::rate_limit_service::samples::{NOW, charge};
use proptest::prelude::*;

/// A status of a limit of 5 in a minute.
fn status(code: i32, limit_remaining: u32, seconds: i64) -> DescriptorStatus {
    DescriptorStatus {
        code,
        current_limit: Some(CurrentLimit {
            requests_per_unit: 5,
            unit: MINUTE,
        }),
        limit_remaining,
        duration_until_reset: Some(Duration { seconds, nanos: 0 }),
    }
}

fn answer(overall_code: i32, statuses: &[(i32, u32, i64)]) -> Vec<u8> {
    let statuses = statuses.iter();
    let statuses = statuses.map(|&(code, left, seconds)| status(code, left, seconds));
    written(overall_code, statuses.collect())
}

fn written(overall_code: i32, statuses: Vec<DescriptorStatus>) -> Vec<u8> {
    let answer = RateLimitResponse {
        overall_code,
        statuses,
    };
    framed(&answer.encode_to_vec()).unwrap()
}

#[test]
fn answer_that_is_not_ok_for_each_charge_admits_nothing() {
    let charges = [charge("a", 3, "ada"), charge("b", 5, "ada")];
    let ok = answer(OK, &[(OK, 4, 10), (OK, 2, 600)]);
    let Some(Reservation::Reserved(counts)) = outcome(&charges, &ok, NOW) else {
        panic!("both fit")
    };
    let seen: Vec<_> = counts
        .iter()
        .map(|count| (count.used, count.ends))
        .collect();
    let end = Millis(1_767_225_660_000);
    assert_eq!(
        seen,
        [
            (Some(Amount::whole(1)), Millis(NOW.0 + 10_000)),
            (Some(Amount::whole(3)), end)
        ]
    );
    assert!(matches!(
        outcome(&charges, &answer(OK, &[]), NOW),
        Some(Reservation::Reserved(_))
    ));
    let none = [
        answer(0, &[]),
        answer(OK, &[(OK, 2, 10)]),
        answer(OK, &[(OK, 2, 10), (0, 4, 10)]),
        answer(OK, &[(OK, 2, 10), (OVER_LIMIT, 0, 10)]),
        answer(3, &[(OK, 2, 10), (OK, 0, 10)]),
        ok[..ok.len() - 1].to_vec(),
        [&ok[..], b"\0"].concat(),
        [&[1], &ok[1..]].concat(),
        b"".to_vec(),
    ];
    for body in none {
        assert!(outcome(&charges, &body, NOW).is_none(), "{body:?}");
    }
}

#[test]
fn service_with_another_limit_admits_no_more_than_the_policy() {
    let minute = |max| [charge("a", max, "ada")];
    let outcome_of = |charges: &[Charge], status: DescriptorStatus| {
        outcome(charges, &written(OK, vec![status]), NOW)
    };
    let fits = |max, left| {
        matches!(
            outcome_of(&minute(max), status(OK, left, 1)),
            Some(Reservation::Reserved(_))
        )
    };
    assert_eq!([fits(3, 2), fits(3, 1), fits(9, 0)], [true, false, true]);
    let with = |current_limit| DescriptorStatus {
        current_limit,
        ..status(OK, 4, 1)
    };
    let unit = |unit| {
        Some(CurrentLimit {
            requests_per_unit: 5,
            unit,
        })
    };
    assert!(outcome_of(&minute(5), with(unit(HOUR))).is_some());
    for other in [None, unit(SECOND), unit(0), unit(8)] {
        assert!(
            outcome_of(&minute(5), with(other.clone())).is_none(),
            "{other:?}"
        );
    }
    assert!(
        outcome_of(&minute(5), status(OK, 6, 1)).is_none(),
        "more is left than the limit"
    );
}

#[test]
fn answer_over_the_limit_names_the_charge() {
    let charges = [charge("a", 3, "ada"), charge("b", 5, "ada")];
    for (statuses, named, wait) in [
        (&[(OK, 1, 5), (OVER_LIMIT, 0, 7)][..], 1, 7_000),
        (&[(OVER_LIMIT, 0, 9), (OVER_LIMIT, 0, 7)], 0, 9_000),
        (&[], 0, 42_000),
    ] {
        let outcome = outcome(&charges, &answer(OVER_LIMIT, statuses), NOW);
        let Some(Reservation::Full { charge, ends, .. }) = outcome else {
            panic!("{statuses:?}")
        };
        assert_eq!((charge, ends.0 - NOW.0), (named, wait));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_answer_does_not_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let framed = framed(&body).unwrap();
        for body in [&body, &framed] {
            let _ = outcome(&[charge("a", 3, "ada")], body, NOW);
        }
    }
}
