//! Searches for answers that some reader reads differently from the plugin. What a policy hides or redacts must not
//! reach any reader, in whatever disguise.
//!
//! It never asks the plugin for its reading: models of real clients read what the client received.

use super::eyes::seen;
use super::findings::{Finding, Findings};
use super::kind::Kind;
use super::made::plan;
use super::one_eyed;
use super::plan::Plan;
use super::readers::{BROWSER, READERS, Reader};
use super::scene::SCENES;
use super::sent::sent;
use super::strict;
use super::trick::{What, one};
use super::withholding::Withholding;
use crate::plugin::{Open, Plugin, answer, under_test};
use fastrand::Rng;
use host_tests::server_response::Received;
use host_tests::split::Split;
use std::collections::{HashMap, HashSet};
use std::time::Instant;

/// A gateway for the policy of each scene, and the finds.
struct Search {
    gateways: HashMap<&'static str, Box<dyn Plugin>>,
    findings: Findings,
    /// The places, tricks and readers whose find is already reduced.
    known: HashSet<(&'static str, Vec<What>, &'static str)>,
    start: Instant,
}

impl Search {
    #[allow(
        clippy::disallowed_methods,
        reason = "the report says how long a find takes"
    )]
    fn new(gateway: impl Fn(&str) -> Box<dyn Plugin>) -> Self {
        let gateways = SCENES
            .iter()
            .map(|scene| (scene.policy, gateway(scene.policy)));
        Self {
            gateways: gateways.collect(),
            findings: Findings::default(),
            known: HashSet::new(),
            start: Instant::now(),
        }
    }

    /// Makes so many random answers and checks each.
    fn run(mut self, seed: u64, count: usize) -> Findings {
        let mut rng = Rng::with_seed(seed);
        for _ in 0..count {
            let plan = plan(&mut rng);
            self.look(&plan, &mut rng);
        }
        let seconds = self.start.elapsed().as_secs_f32();
        println!("{count} answers of seed {seed} in {seconds:.1} s");
        self.findings
    }

    /// Checks an answer. Where readers see something in it, reduces the find of one of them: the others would show the
    /// same.
    fn look(&mut self, plan: &Plan, rng: &mut Rng) {
        let (_, seeing) = self.seeing(plan);
        if seeing.is_empty() {
            return;
        }
        let reader = one(rng, &seeing);
        let whats = plan.tricks.iter().map(|trick| trick.what).collect();
        if self.known.insert((plan.place.name, whats, reader.name)) {
            let finding = self.least(plan, reader).expect("it was seen");
            self.findings.add(&finding, self.start.elapsed());
        }
    }

    /// Plays the answer. Returns what the client received, and the readers that see the planted thing in it.
    fn seeing(&mut self, plan: &Plan) -> (Received, Vec<&'static Reader>) {
        let gateway = self.gateways.get_mut(plan.scene.policy);
        let gateway = gateway.expect("each policy has a gateway");
        let exchange = gateway.open(&sent(&plan.scene));
        let exchange = exchange.expect("the request passes");
        let received = answer(&mut **gateway, exchange, &plan.answer(), plan.split);
        let sees = |reader: &&Reader| sees(reader, &received, plan).is_some();
        let seeing = READERS.iter().filter(sees).collect();
        (received, seeing)
    }

    /// The find of a reader, with as few tricks as it needs.
    fn least(&mut self, plan: &Plan, reader: &'static Reader) -> Option<Finding> {
        let wholes = fewest(plan.tricks.len()).map(|kept| plan.only(kept, Split::Whole));
        let split = fewest(plan.tricks.len()).map(|kept| plan.only(kept, plan.split));
        wholes.chain(split).find_map(|plan| {
            let (received, _) = self.seeing(&plan);
            Some(Finding {
                reader: reader.name,
                seen: sees(reader, &received, &plan)?,
                received,
                plan,
            })
        })
    }
}

/// A description of the planted thing that the reader sees.
fn sees(reader: &Reader, received: &Received, plan: &Plan) -> Option<String> {
    seen(reader, &reader.read(received), plan.scene.planted)
}

/// Every subset of so many tricks, as bits, small ones first.
fn fewest(of: usize) -> impl Iterator<Item = u32> {
    let mut choices: Vec<u32> = (0..1 << of).collect();
    choices.sort_by_key(|choice| choice.count_ones());
    choices.into_iter()
}

/// The number of answers that the short form makes with each seed.
const FEW: usize = 20_000;

fn search(seed: u64, count: usize) {
    let findings = Search::new(under_test).run(seed, count);
    assert!(findings.is_empty(), "seed {seed}:\n{findings}");
}

#[test]
fn no_reader_sees_what_a_policy_removes() {
    search(1, FEW);
}

#[test]
fn no_reader_sees_what_a_policy_removes_with_any_seed() {
    search(fastrand::u64(..), FEW);
}

#[test]
#[ignore = "the long form: `make soak`"]
fn no_reader_sees_in_a_million_answers_what_a_policy_removes() {
    search(fastrand::u64(..), 1_000_000);
}

/// The control: a filter that passes nothing ambiguous has no fault.
#[test]
fn strict_filter_has_no_fault() {
    let findings = Search::new(|_| Box::new(Withholding::new(strict::passes))).run(1, FEW);
    assert!(findings.is_empty(), "{findings}");
}

/// Each kind of find, and each reader, must detect a planted fault.
#[test]
fn planted_fault_is_found_by_each_kind_and_each_reader() {
    let everything = Search::new(|_| Box::new(Open::default())).run(1, FEW / 4);
    let otherwise = Search::new(|_| Box::new(Withholding::new(one_eyed::passes))).run(1, FEW);
    let found = [everything.kinds(), otherwise.kinds()].concat();
    for kind in Kind::ALL {
        assert!(found.contains(&kind), "{kind}\n{everything}\n{otherwise}");
    }
    for reader in READERS.iter().filter(|reader| reader.name != BROWSER.name) {
        assert!(otherwise.has(reader.name), "{}\n{otherwise}", reader.name);
    }
}
