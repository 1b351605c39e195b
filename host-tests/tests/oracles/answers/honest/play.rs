//! Plays honest answers: what the client gets is what was sent, byte for byte, but for what a rule takes out.

use super::super::made::split;
use super::super::scene::{Request, SCENES, Scene};
use super::super::sent::sent;
use super::super::trick::one;
use super::messages::{halved, message, taken_out};
use super::style::Style;
use crate::plugin::{Open, Plugin, answer, under_test};
use fastrand::Rng;
use host_tests::server_response::ServerResponse;
use host_tests::split::Split;
use std::collections::HashMap;

/// An answer, and the body that the client gets of it.
struct Honest {
    scene: Scene,
    answer: ServerResponse,
    expected: Vec<u8>,
    split: Split,
}

impl Honest {
    fn new(halves: bool, rng: &mut Rng) -> Self {
        let roomy: Vec<_> = SCENES.into_iter().filter(Scene::is_roomy).collect();
        let scene = one(rng, &roomy);
        let style = Style::new(scene.request == Request::Get, rng);
        let message = message(&scene, style.comma.contains('\n'), rng);
        let message = if halves { halved(&message) } else { message };
        let types: &[&str] = match style.stream {
            true => &[
                "text/event-stream",
                "text/event-stream; charset=utf-8",
                "text/event-stream;charset=UTF-8",
            ],
            false => &[
                "application/json",
                "application/json; charset=utf-8",
                "application/json;charset=UTF-8",
            ],
        };
        let answer = ServerResponse {
            status: if style.stream {
                200
            } else {
                one(rng, &[200, 200, 200, 400, 404, 500])
            },
            headers: vec![(b"content-type".to_vec(), one(rng, types).into())],
            body: style.body(&message),
        };
        Self {
            scene,
            answer,
            expected: style.body(&taken_out(&message)),
            split: split(rng),
        }
    }
}

/// Plays so many answers; what is wrong with the shortest that did not pass as it should, and how many did not.
fn play(
    gateway: impl Fn(&str) -> Box<dyn Plugin>,
    halves: bool,
    seed: u64,
    count: usize,
) -> (Option<String>, usize) {
    let mut gateways: HashMap<_, _> = SCENES
        .iter()
        .map(|scene| (scene.policy, gateway(scene.policy)))
        .collect();
    let mut rng = Rng::with_seed(seed);
    let mut wrong: Vec<String> = Vec::new();
    for _ in 0..count {
        let honest = Honest::new(halves, &mut rng);
        let gateway = gateways
            .get_mut(honest.scene.policy)
            .expect("each policy has one");
        let exchange = gateway
            .open(&sent(&honest.scene))
            .expect("the request passes");
        let received = answer(&mut **gateway, exchange, &honest.answer, honest.split);
        let kind = |headers: &[(Vec<u8>, Vec<u8>)]| {
            let own = headers.iter().filter(|(name, _)| name == b"content-type");
            own.map(|(_, value)| value.clone()).collect::<Vec<_>>()
        };
        let same = received.status == honest.answer.status
            && kind(&received.headers) == kind(&honest.answer.headers)
            && received.body == honest.expected
            && !received.broken;
        if !same {
            wrong.push(told(&honest, received.status, &received.body));
        }
    }
    let shortest = wrong.iter().min_by_key(|told| told.len());
    (shortest.cloned(), wrong.len())
}

fn told(honest: &Honest, status: u16, body: &[u8]) -> String {
    let Honest {
        scene,
        answer,
        expected,
        split,
    } = honest;
    let kind = answer
        .headers
        .first()
        .map(|(_, value)| value.escape_ascii());
    format!(
        "{:?} under {}, {split:?}\n  sent {} {}\n  expected {}\n  received {status} {}",
        scene.request,
        scene.policy,
        kind.map(|kind| kind.to_string()).unwrap_or_default(),
        answer.body.escape_ascii(),
        expected.escape_ascii(),
        body.escape_ascii()
    )
}

/// How many answers the short form plays of each seed.
const FEW: usize = 3000;

fn honest(halves: bool, seed: u64, count: usize) {
    let (wrong, times) = play(under_test, halves, seed, count);
    println!("{count} honest answers of seed {seed}");
    assert!(
        wrong.is_none(),
        "seed {seed}, {times} of {count}: {}",
        wrong.unwrap_or_default()
    );
}

#[test]
fn honest_answer_passes_but_for_what_a_rule_takes_out() {
    honest(false, 1, FEW);
}

#[test]
fn honest_answer_of_any_seed_passes_but_for_what_a_rule_takes_out() {
    honest(false, fastrand::u64(..), FEW);
}

#[test]
#[ignore = "the long form: `make soak`"]
fn hundred_thousand_honest_answers_pass_but_for_what_a_rule_takes_out() {
    honest(false, fastrand::u64(..), 100_000);
}

#[test]
fn half_a_character_passes_as_it_is() {
    honest(true, 1, FEW);
}

/// The control of this control: what must be taken out is there.
#[test]
fn honest_answer_that_loses_nothing_is_found_out() {
    let (_, times) = play(|_| Box::new(Open::default()), false, 1, FEW);
    assert!(times > FEW / 20, "{times}");
}
