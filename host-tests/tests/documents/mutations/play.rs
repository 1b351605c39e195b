//! Plays random mistakes in the policies of the corpus.
//!
//! It makes only changes that are certainly invalid: where any value is valid, it changes nothing.

use super::keys::{
    double_key, exchange_keys, leave_out, misspell_key, move_key, name_everything, respell_name,
};
use super::kind::Kind;
use super::mutant::Mutant;
use super::node::{Node, written};
use super::place::{Place, places};
use super::text::cut_text;
use super::values::{change_type, misspell_word, nest, respell_value};
use fastrand::Rng;
use host_tests::case::Play;
use host_tests::root;
use mcp_policy::host::Policy;
use mcp_policy_cases::corpus::corpus;
use serde_json::Value;
use std::collections::BTreeMap;

/// The number of kinds of mistakes that [`mutate`] makes.
pub(super) const KINDS: u8 = 12;

pub(super) fn mutate(policy: &Node, random: &mut Rng) -> Option<Mutant> {
    let mut all = Vec::new();
    let root = Place {
        path: Vec::new(),
        pointer: String::new(),
        kind: Kind::Document,
        key: String::new(),
        op: None,
    };
    places(policy, root, &mut all);
    let place = all[random.usize(..all.len())].clone();
    let copy = policy.clone();
    match random.u8(..KINDS) {
        0 => misspell_key(copy, &place, random),
        1 => move_key(copy, &place, &all, random),
        2 => exchange_keys(copy, &place, random),
        3 => change_type(copy, &place, random),
        4 => nest(copy, &place),
        5 => misspell_word(copy, &place, random),
        6 => respell_value(copy, &place, random),
        7 => double_key(copy, &place, random),
        8 => Some(cut_text(policy, random)),
        9 => name_everything(copy, &place),
        10 => respell_name(copy, &place, random),
        _ => leave_out(copy, &place, random),
    }
}

/// The valid policies of the corpus, without white space, so that each is on one line.
pub(super) fn valid() -> Vec<Node> {
    let cases = corpus(&root().join("policies")).expect("a corpus");
    let valid = cases
        .iter()
        .filter(|case| matches!(case.play, Play::Steps(_)));
    let valid = valid.filter_map(|case| serde_json::from_str(&case.policy).ok());
    valid.map(|value: Value| Node::read(&value)).collect()
}

pub(super) fn play(number: usize, seed: u64) {
    let policies = valid();
    for policy in &policies {
        let parsed = Policy::parse(written(policy).as_bytes());
        assert!(parsed.is_ok(), "it is valid before: {parsed:?}");
    }
    let mut random = Rng::with_seed(seed);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    while counts.values().sum::<usize>() < number {
        let policy = &policies[random.usize(..policies.len())];
        let Some(mutant) = mutate(policy, &mut random) else {
            continue;
        };
        if let Some(wrong) = mutant.wrong() {
            panic!("{}: {wrong}\n{}", mutant.what, mutant.text);
        }
        *counts.entry(mutant.what).or_default() += 1;
    }
    assert!(
        counts.len() == usize::from(KINDS),
        "some kind of mistake was not made: {counts:?}"
    );
    println!("refused, each with its place: {counts:?}");
}

#[test]
fn mutated_policy_is_refused_at_its_mistake() {
    play(10_000, 1);
}

#[test]
#[ignore = "the long form: `make soak`"]
fn million_mutated_policies_are_refused_at_their_mistakes() {
    play(1_000_000, 2);
}
