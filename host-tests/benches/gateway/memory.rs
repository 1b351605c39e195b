//! Reports the resident memory of the processes of each gateway.
//!
//! It measures no time.

use crate::chains::Chain;
use crate::gateway::Gateway;
use crate::rounds::Prepared;

/// The resident memory of a gateway's processes, in MiB.
pub(crate) struct Memory {
    pub(crate) chain: Chain,
    /// The first kind of call that is played on it.
    pub(crate) policy: &'static str,
    /// Before the first call.
    pub(crate) at_rest: f64,
    /// After all calls.
    pub(crate) at_end: f64,
}

pub(crate) fn held(gateways: &[Gateway], prepared: &[Prepared<'_>]) -> Vec<Memory> {
    let mib = |bytes: usize| bytes as f64 / f64::from(1 << 20);
    let held = |(index, own): (usize, &Gateway)| Memory {
        chain: own.chain,
        policy: first(prepared, index),
        at_rest: mib(own.at_rest),
        at_end: mib(own.memory()),
    };
    gateways.iter().enumerate().map(held).collect()
}

fn first(prepared: &[Prepared<'_>], gateway: usize) -> &'static str {
    let plays = |own: &&Prepared<'_>| own.chains.iter().any(|(position, _)| *position == gateway);
    let own = prepared.iter().find(plays);
    own.map_or("", |own| own.comparison.workload.name)
}
