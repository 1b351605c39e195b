//! Plays each kind of call on its chains in turn, round after round.
//!
//! Chains that are compared are measured one right after the other, so that a noisy machine disturbs all of them alike.

use crate::comparisons::Comparison;
use crate::gateway::Gateway;
use crate::load::{Call, Load, Played};
use crate::plan::Rounds;
use crate::series::{Group, Sample, Series};
use host_tests::upstream::Upstream;
use std::time::Duration;

/// A comparison whose calls have been played once, and the status of each chain's answer.
pub(crate) struct Prepared<'c> {
    pub(crate) comparison: &'c Comparison,
    /// For each of its chains: the position of its gateway, and the status.
    pub(crate) chains: Vec<(usize, u16)>,
}

/// Plays the rounds. The first one only warms everything up. Each round begins with another chain.
pub(crate) fn measure(
    prepared: &[Prepared<'_>],
    gateways: &mut [Gateway],
    plan: &Rounds,
    upstream: &Upstream,
) -> Vec<Group> {
    let mut groups: Vec<Group> = prepared.iter().map(group).collect();
    for round in 0..=plan.number {
        for (own, group) in prepared.iter().zip(&mut groups) {
            for turn in 0..own.chains.len() {
                let index = (round + turn) % own.chains.len();
                let sample = own.sample(index, gateways, plan.load, upstream);
                let warm = round > 0;
                group.series[index].samples.extend(warm.then_some(sample));
            }
        }
        eprintln!("round {round} of {}", plan.number);
    }
    groups
}

fn group(prepared: &Prepared<'_>) -> Group {
    let series = |chain| Series {
        chain,
        samples: Vec::new(),
    };
    let chains = prepared.comparison.chains.iter();
    Group {
        name: prepared.comparison.workload.name,
        series: chains.map(|chain| series(*chain)).collect(),
    }
}

impl Prepared<'_> {
    /// # Panics
    /// If a call reaches the server and should not, or the other way round.
    fn sample(
        &self,
        index: usize,
        gateways: &mut [Gateway],
        load: Load,
        upstream: &Upstream,
    ) -> Sample {
        let (gateway, status) = self.chains[index];
        let gateway = &mut gateways[gateway];
        let call = Call {
            path: &self.comparison.path,
            body: &self.comparison.workload.request,
            status,
        };
        let (reached, before) = (upstream.count(), gateway.cpu());
        let played = gateway.client.play(load, call);
        let (reached, after) = (upstream.count() - reached, gateway.cpu());
        let passed = self.comparison.workload.answer.is_some();
        let calls = played.times.len();
        assert_eq!(
            reached,
            if passed { calls as u64 } else { 0 },
            "{}, {}: calls that reached the server",
            self.comparison.workload.name,
            gateway.chain.name()
        );
        sample(
            played,
            after.envoy - before.envoy,
            after.authorizer - before.authorizer,
        )
    }
}

/// The figures of a load, with the CPU time of the processes during it.
pub(crate) fn sample(mut played: Played, envoy: Duration, authorizer: Duration) -> Sample {
    played.times.sort_unstable();
    let calls = played.times.len();
    let at = |percent: usize| micros(played.times[(calls - 1) * percent / 100]);
    Sample {
        envoy: micros(envoy) / calls as f64,
        authorizer: micros(authorizer) / calls as f64,
        p50: at(50),
        p99: at(99),
        rate: calls as f64 / played.length.as_secs_f64(),
        closed: played.closed as f64 / calls as f64,
    }
}

pub(crate) fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
