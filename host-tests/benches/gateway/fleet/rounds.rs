//! Plays each way on one Envoy and on two in turn, round after round.
//!
//! It never drops a sample, but those of the first round, which only warms everything up.

use super::gateways::{ENVOYS, Fleet};
use super::ways::Way;
use crate::load::Load;
use crate::plan::Rounds;
use crate::rounds::{micros, sample};
use crate::series::Sample;
use crate::usage::cpu;
use host_tests::envoy::Envoy;
use host_tests::spread::Spread;
use std::time::Duration;

/// What one way took in one round, for each call.
pub(super) struct Taken {
    /// The authorizer is the rate limit service.
    pub(super) sample: Sample,
    /// CPU time of Redis in microseconds.
    pub(super) redis: f64,
    /// Questions to the service.
    pub(super) questions: f64,
}

/// The samples of a way on so many Envoys, one a round.
pub(super) struct Series {
    pub(super) way: Way,
    pub(super) envoys: usize,
    pub(super) taken: Vec<Taken>,
}

impl Series {
    pub(super) fn spread(&self, value: impl Fn(&Taken) -> f64) -> Spread {
        Spread::of(self.taken.iter().map(value))
    }

    /// The spread of the differences from another one, each within a round.
    pub(super) fn beyond(&self, other: &Self, value: impl Fn(&Taken) -> f64) -> Spread {
        let rounds = self.taken.iter().zip(&other.taken);
        Spread::of(rounds.map(|(own, other)| value(own) - value(other)))
    }
}

/// Plays the rounds. Each one begins with another way.
pub(super) fn measure(fleet: &mut Fleet, plan: &Rounds) -> Vec<Series> {
    let all = (1..=ENVOYS).flat_map(|envoys| Way::ALL.map(|way| (way, envoys)));
    let series = |(way, envoys)| Series {
        way,
        envoys,
        taken: Vec::new(),
    };
    let mut series: Vec<_> = all.map(series).collect();
    for round in 0..=plan.number {
        for turn in 0..series.len() {
            let turn = (round + turn) % series.len();
            let own = &mut series[turn];
            let taken = taken(fleet, own.way, own.envoys, plan.load);
            own.taken.extend((round > 0).then_some(taken));
        }
        eprintln!("round {round} of {}", plan.number);
    }
    series
}

/// # Panics
/// When a call does not reach the server, or the service is not asked about each call that it counts.
fn taken(fleet: &mut Fleet, way: Way, envoys: usize, load: Load) -> Taken {
    let (served, asked) = (fleet.upstream.count(), fleet.service.asked());
    let before = used(fleet, way, envoys);
    let played = fleet.of_mut(way).play(envoys, way.tool(), load);
    let [envoy, service, redis] = used(fleet, way, envoys);
    let calls = played.times.len();
    let name = way.name();
    let served = fleet.upstream.count() - served;
    assert_eq!(served, calls as u64, "{name}: calls that pass");
    let asked = fleet.service.asked() - asked;
    let questions = if way.asks() { served } else { 0 };
    assert_eq!(asked, questions, "{name}: questions");
    Taken {
        sample: sample(played, envoy - before[0], service - before[1]),
        redis: micros(redis - before[2]) / calls as f64,
        questions: asked as f64 / calls as f64,
    }
}

/// The CPU time of the first Envoys, of the service and of Redis.
fn used(fleet: &Fleet, way: Way, envoys: usize) -> [Duration; 3] {
    let own = fleet.of(way).envoys.iter().take(envoys);
    [
        own.map(Envoy::pid).map(cpu).sum(),
        cpu(fleet.service.pid()),
        cpu(fleet.redis.pid()),
    ]
}
