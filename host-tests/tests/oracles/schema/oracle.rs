//! Compares random schemas and values with another validator.

use super::made::Made;
use super::official::typed;
use fastrand::Rng;
use host_tests::judge::{Judge, Truth};

/// The number of values with each verdict.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) valid: usize,
    pub(super) invalid: usize,
    pub(super) unknown: usize,
}

pub(super) fn against_the_oracle(seed: u64, schemas: usize) -> Seen {
    let mut made = Made {
        rng: Rng::with_seed(seed),
    };
    let mut seen = Seen::default();
    let mut refused = 0;
    for _ in 0..schemas {
        let schema = made.whole();
        let strict = typed(&schema, "draft2020-12");
        let Ok(mut judge) = Judge::parse("schema", &schema) else {
            // A schema that refers back to itself without a step into the value is refused.
            refused += 1;
            continue;
        };
        let mut strict_judge = Judge::new("schema", &strict);
        let oracle = jsonschema::draft202012::options()
            .build(&schema)
            .expect("a valid schema");
        for _ in 0..20 {
            let value = made.value(3);
            let text = value.to_string();
            let valid = oracle.is_valid(&value);
            let expected = if valid { Truth::True } else { Truth::False };
            let at = || format!("{text} of {schema}");
            match judge.of_json(&text) {
                Truth::Unknown => seen.unknown += 1,
                truth if truth == expected => {
                    *if valid {
                        &mut seen.valid
                    } else {
                        &mut seen.invalid
                    } += 1
                }
                truth => panic!("{truth:?}, but the oracle says {expected:?}: {}", at()),
            }
            let truth = strict_judge.of_json(&text);
            assert_eq!(
                truth,
                expected,
                "nothing is unknown where types are named: {}",
                at()
            );
        }
    }
    println!("schema: {schemas} schemas, {refused} refused, {seen:?}");
    assert!(
        refused * 20 < schemas,
        "{refused} of {schemas} schemas are refused"
    );
    seen
}

#[test]
fn random_values_get_the_verdicts_of_another_validator() {
    let seen = against_the_oracle(1, 3000);
    let enough = 3000;
    assert!(
        seen.valid > enough && seen.invalid > enough && seen.unknown > enough,
        "the test sees little: {seen:?}"
    );
}

#[test]
#[ignore = "the long form: `make soak`"]
fn millions_of_random_values_get_the_verdicts_of_another_validator() {
    against_the_oracle(2, 200_000);
}
