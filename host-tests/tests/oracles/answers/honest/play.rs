//! Plays honest answers: the client must get the sent bytes, except for what a rule removes.

use super::super::made::split;
use super::super::scene::{Request, SCENES, Scene};
use super::super::sent::sent;
use super::super::strict;
use super::super::trick::one;
use super::super::withholding::Withholding;
use super::messages::{halved, message, taken_out};
use super::style::Style;
use crate::plugin::{Open, Plugin, answer, under_test};
use fastrand::Rng;
use host_tests::server_response::{Received, ServerResponse};
use host_tests::split::Split;
use mcp_policy_cases::RawHeaders;
use std::collections::HashMap;

/// An answer, and the body that the client must get.
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
            trailers: true,
        };
        Self {
            scene,
            answer,
            expected: style.body(&taken_out(&message)),
            split: split(rng),
        }
    }
}

impl Honest {
    /// The fault in what the client received, if there is one.
    fn wrong(&self, received: &Received) -> Option<Wrong> {
        let same = received.status == self.answer.status
            && types(&received.headers) == types(&self.answer.headers)
            && received.body == self.expected
            && !received.broken;
        (!same).then(|| Wrong {
            whole: self.expected == self.answer.body,
            told: self.told(received),
        })
    }

    fn told(&self, received: &Received) -> String {
        let Self {
            scene,
            answer,
            expected,
            split,
        } = self;
        let policy = scene.policy.replace('\n', "");
        format!(
            "{:?} under {policy}, {split:?}\n  sent {:?} {}\n  expected {}\n  received {} {}",
            scene.request,
            types(&answer.headers),
            answer.body.escape_ascii(),
            expected.escape_ascii(),
            received.status,
            received.body.escape_ascii()
        )
    }
}

/// The values of the `content-type` fields.
fn types(headers: &RawHeaders) -> Vec<String> {
    let own = headers.iter().filter(|(name, _)| name == b"content-type");
    own.map(|(_, value)| value.escape_ascii().to_string())
        .collect()
}

/// An answer that did not arrive as expected.
struct Wrong {
    /// No rule removes anything from it.
    whole: bool,
    told: String,
}

/// Plays so many answers and returns those that did not arrive as expected, short ones first.
fn play(
    gateway: impl Fn(&str) -> Box<dyn Plugin>,
    halves: bool,
    (seed, count): (u64, usize),
) -> Vec<Wrong> {
    let mut gateways: HashMap<_, _> = SCENES
        .iter()
        .map(|scene| (scene.policy, gateway(scene.policy)))
        .collect();
    let mut rng = Rng::with_seed(seed);
    let mut wrong: Vec<_> = (0..count)
        .filter_map(|_| {
            let honest = Honest::new(halves, &mut rng);
            let gateway = gateways.get_mut(honest.scene.policy);
            let gateway = gateway.expect("each policy has a gateway");
            let exchange = gateway.open(&sent(&honest.scene));
            let exchange = exchange.expect("the request passes");
            honest.wrong(&answer(
                &mut **gateway,
                exchange,
                &honest.answer,
                honest.split,
            ))
        })
        .collect();
    wrong.sort_by_key(|wrong| wrong.told.len());
    wrong
}

/// The number of answers that the short form plays with each seed.
const FEW: usize = 3000;

fn honest(halves: bool, seed: u64, count: usize) {
    let wrong = play(under_test, halves, (seed, count));
    println!("{count} honest answers of seed {seed}");
    let told: Vec<_> = wrong.iter().take(3).map(|wrong| &*wrong.told).collect();
    let (times, told) = (wrong.len(), told.join("\n"));
    assert!(wrong.is_empty(), "seed {seed}, {times} of {count}:\n{told}");
}

#[test]
fn honest_answer_passes_except_what_a_rule_removes() {
    honest(false, 1, FEW);
}

#[test]
fn honest_answer_with_any_seed_passes_except_what_a_rule_removes() {
    honest(false, fastrand::u64(..), FEW);
}

#[test]
#[ignore = "the long form: `make soak`"]
fn hundred_thousand_honest_answers_pass_except_what_a_rule_removes() {
    honest(false, fastrand::u64(..), 100_000);
}

#[test]
fn half_a_surrogate_pair_passes_unchanged() {
    honest(true, 1, FEW);
}

/// The control: a gateway that removes nothing fails.
#[test]
fn gateway_that_removes_nothing_is_found() {
    let wrong = play(|_| Box::new(Open::default()), false, (1, FEW));
    assert!(wrong.len() > FEW / 20, "{}", wrong.len());
}

/// The strict filter refuses no answer that an honest server sends.
#[test]
fn strict_filter_passes_each_honest_answer_that_loses_nothing() {
    for halves in [false, true] {
        let wrong = play(
            |_| Box::new(Withholding::new(strict::passes)),
            halves,
            (1, FEW),
        );
        let refused = wrong.iter().find(|wrong| wrong.whole);
        assert!(
            refused.is_none(),
            "{}",
            refused.map_or("", |wrong| &wrong.told)
        );
    }
}
