//! Turns samples into figures: medians over rounds, and differences that are taken within a round.
//!
//! It never drops a sample, but separates those of the quietest rounds.

use crate::chains::Chain;
use host_tests::spread::Spread;

/// The result of one chain in one round. Times are in microseconds per call.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    /// CPU time of the Envoy process.
    pub(crate) envoy: f64,
    /// CPU time of the process that Envoy asks.
    pub(crate) authorizer: f64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// Calls answered in a second.
    pub(crate) rate: f64,
    /// Connections that the gateway closed, for each call.
    pub(crate) closed: f64,
}

impl Sample {
    pub(crate) fn cpu(&self) -> f64 {
        self.envoy + self.authorizer
    }
}

/// The samples of a chain, one a round.
pub(crate) struct Series {
    pub(crate) chain: Chain,
    pub(crate) samples: Vec<Sample>,
}

/// The measurements of one kind of call: the first is the baseline of added costs, the second the reference of
/// relative ones.
pub(crate) struct Group {
    pub(crate) name: &'static str,
    pub(crate) series: Vec<Series>,
}

impl Series {
    pub(crate) fn median(&self, value: impl Fn(&Sample) -> f64) -> f64 {
        self.spread(value).median
    }

    pub(crate) fn spread(&self, value: impl Fn(&Sample) -> f64) -> Spread {
        Spread::of(self.samples.iter().map(value))
    }
}

impl Group {
    pub(crate) fn find(&self, chain: Chain) -> Option<&Series> {
        self.series.iter().find(|own| own.chain == chain)
    }

    /// # Panics
    /// When the chain is not measured.
    pub(crate) fn of(&self, chain: Chain) -> &Series {
        let own = self.find(chain);
        own.unwrap_or_else(|| panic!("{}: {} is not measured", self.name, chain.name()))
    }

    /// Every round.
    pub(crate) fn rounds(&self) -> Vec<usize> {
        (0..self.series[0].samples.len()).collect()
    }

    /// The third of the rounds in which the first chain took the least time.
    pub(crate) fn quietest(&self) -> Vec<usize> {
        let first = |round: &usize| self.series[0].samples[*round].cpu();
        let mut rounds = self.rounds();
        rounds.sort_by(|one, other| first(one).total_cmp(&first(other)));
        rounds.truncate(rounds.len().div_ceil(3));
        rounds
    }

    /// The CPU time that a chain adds to a call, in microseconds.
    pub(crate) fn added(&self, own: &Series, rounds: &[usize]) -> Spread {
        Spread::of(rounds.iter().map(|round| self.added_in(own, *round)))
    }

    /// The same relative to the median cost of Envoy's own filters.
    pub(crate) fn part(&self, own: &Series, rounds: &[usize]) -> Spread {
        let native = self.added(&self.series[1], rounds);
        self.added(own, rounds).per(native.median)
    }

    /// The median of [`Group::part`] over all rounds.
    ///
    /// # Panics
    /// When the chain is not measured.
    pub(crate) fn part_of(&self, chain: Chain) -> f64 {
        self.part(self.of(chain), &self.rounds()).median
    }

    /// The calls a second of a chain as a part of those of Envoy's own filters.
    pub(crate) fn part_of_the_rate(&self, own: &Series) -> Spread {
        let rates = own.samples.iter().zip(&self.series[1].samples);
        Spread::of(rates.map(|(own, native)| own.rate / native.rate))
    }

    /// The CPU time in microseconds that a chain adds to a call more than it adds to one of another group.
    pub(crate) fn added_beyond(&self, other: &Self, chain: Chain) -> Spread {
        let added = |group: &Self, round| group.added_in(group.of(chain), round);
        let rounds = self.rounds().into_iter();
        Spread::of(rounds.map(|round| added(self, round) - added(other, round)))
    }

    fn added_in(&self, own: &Series, round: usize) -> f64 {
        own.samples[round].cpu() - self.series[0].samples[round].cpu()
    }
}
