//! Searches for interleavings in which more calls run than a limit admits, or a result evades its rules. It plays the
//! interleavings of honest clients too.

use super::call::{Call, MAX, SECRET};
use super::careful::Careful;
use super::forgetful::Forgetful;
use super::script::Script;
use super::session::Session;
use crate::plugin::{Plugin, under_test};
use fastrand::Rng;
use std::collections::BTreeMap;
use std::time::Instant;

/// The number of times that a script is played in one session.
const ROUNDS: usize = 6;

/// The fault that a script found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wrong {
    /// More calls ran than the limit admits.
    TooManyRuns,
    /// A client received a text that a rule redacts.
    Secret,
}

/// True where two requests have the same spelling of an id. Otherwise their ids are equal only to some server.
type Alike = bool;

fn wrong(gateway: Box<dyn Plugin>, script: &Script) -> Option<Wrong> {
    let mut session = Session::new(gateway, script);
    (0..ROUNDS).for_each(|_| session.round());
    let mut bodies = session.received.iter().map(|(_, received)| &received.body);
    let tells = |body: &Vec<u8>| {
        body.windows(SECRET.len())
            .any(|part| part == SECRET.as_bytes())
    };
    match (session.runs > MAX, bodies.any(tells)) {
        (true, _) => Some(Wrong::TooManyRuns),
        (false, true) => Some(Wrong::Secret),
        (false, false) => None,
    }
}

/// Ids of which some server treats several as equal.
const IDS: [&str; 6] = ["7", "\"7\"", "7.0", "\"\\u0037\"", "7e0", "8"];

/// Plays so many random scripts. For each kind of fault, returns the shortest script, with the number of finds and the
/// time of the first.
#[allow(
    clippy::disallowed_methods,
    reason = "the report says how long a find takes"
)]
fn search(
    gateway: impl Fn(&str) -> Box<dyn Plugin>,
    seed: u64,
    count: usize,
) -> BTreeMap<(Wrong, Alike), String> {
    let start = Instant::now();
    let mut rng = Rng::with_seed(seed);
    let mut found: BTreeMap<_, (usize, f32, Script)> = BTreeMap::new();
    for _ in 0..count {
        let script = Script::new(&IDS, &mut rng);
        let Some(wrong) = wrong(gateway(script.policy), &script) else {
            continue;
        };
        let after = start.elapsed().as_secs_f32();
        let (times, _, shortest) = found
            .entry((wrong, script.alike()))
            .or_insert_with(|| (0, after, script.clone()));
        *times += 1;
        if script.events.len() < shortest.events.len() {
            *shortest = script;
        }
    }
    println!(
        "{count} scripts of seed {seed} in {:.1} s",
        start.elapsed().as_secs_f32()
    );
    let told = |(wrong, (times, after, script))| {
        (
            wrong,
            format!("{times} times, first after {after:.2} s: {script}"),
        )
    };
    found.into_iter().map(told).collect()
}

/// The number of scripts that the short form plays with each seed.
const FEW: usize = 4000;

fn play(seed: u64, count: usize) {
    let found = search(under_test, seed, count);
    let lines = found
        .iter()
        .map(|((wrong, alike), told)| format!("{wrong:?}, ids written alike: {alike}: {told}"));
    assert!(
        found.is_empty(),
        "seed {seed}:\n{}",
        lines.collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn requests_of_one_id_get_no_more_than_the_policy_admits() {
    play(1, FEW);
}

#[test]
fn requests_of_one_id_get_no_more_with_any_seed() {
    play(fastrand::u64(..), FEW);
}

#[test]
#[ignore = "the long form: `make soak`"]
fn requests_of_one_id_get_no_more_in_hundred_thousand_sessions() {
    play(fastrand::u64(..), 100_000);
}

#[test]
fn search_finds_gateway_that_ignores_the_id_of_an_answer() {
    let found = search(|_| Box::new(Forgetful::default()), 1, FEW);
    for wrong in [Wrong::TooManyRuns, Wrong::Secret] {
        for alike in [true, false] {
            assert!(
                found.contains_key(&(wrong, alike)),
                "{wrong:?} {alike}: {found:?}"
            );
        }
    }
}

/// The control: a gateway without faults exists.
#[test]
fn gateway_that_knows_ids_has_no_fault() {
    let found = search(|_| Box::new(Careful::default()), 1, FEW);
    assert!(found.is_empty(), "{found:?}");
    play_apart(|_| Box::new(Careful::default()));
}

/// With an id of its own, each request gets its own answer, and a call that did not run is refunded.
#[test]
fn requests_of_different_ids_get_their_answers() {
    play_apart(under_test);
}

fn play_apart(gateway: impl Fn(&str) -> Box<dyn Plugin>) {
    let mut rng = Rng::with_seed(1);
    for _ in 0..FEW / 4 {
        let script = Script::apart(&["7", "8", "\"9\""], &mut rng);
        let mut session = Session::new(gateway(script.policy), &script);
        (0..ROUNDS).for_each(|_| honest(&mut session));
    }
}

/// Plays one round and checks that each client has its own answer, or none where the limit is full.
fn honest(session: &mut Session<'_>) {
    let (script, before) = (session.script, session.runs);
    session.received.clear();
    session.round();
    let limited = script
        .requests
        .iter()
        .filter(|(_, call)| matches!(call, Call::Limited | Call::Wrong));
    let fits = before + limited.count() <= MAX;
    for (request, (id, call)) in script.requests.iter().enumerate() {
        let free = !matches!(call, Call::Limited | Call::Wrong);
        assert!(
            session.reached[request] || !fits && !free,
            "request {request} is refused: {script}"
        );
        let expected = call.answer(id).replace(SECRET, "[REDACTED regex]");
        let expected = session.answer(&[&expected]).body;
        let mut received = session
            .received
            .iter()
            .filter(|(own, _)| *own == Some(request));
        if session.reached[request] {
            let got = received.next().map(|(_, received)| &received.body);
            assert_eq!(got, Some(&expected), "request {request}: {script}");
        }
    }
}
