//! The kinds of calls that are measured, each with the chains that it is played on.
//!
//! It measures nothing.

use crate::chains::Chain;
use host_tests::samples::{ENOUGH, Workload, policy, workloads};
use serde_json::json;

/// One kind of call, and the chains that it is measured on.
pub(crate) struct Comparison {
    pub(crate) workload: Workload,
    /// The server's path with the answer.
    pub(crate) path: String,
    /// Added costs are relative to the first chain, and multiples to the second.
    pub(crate) chains: Vec<Chain>,
}

/// All kinds of calls by callers without a token; with `only`, the first one and those whose names contain `only`. The measurement first proves
/// that each chain refuses and counts calls of the first kind, and uses it to measure the noise.
pub(crate) fn comparisons(only: Option<&str>) -> Vec<Comparison> {
    let mut workloads = workloads();
    workloads.insert(1, held());
    let first = workloads[0].name;
    workloads.retain(|Workload { name, claims, .. }| {
        claims.is_empty() && (*name == first || only.is_none_or(|only| name.contains(only)))
    });
    let compared = workloads.into_iter().enumerate().map(compared);
    let mut all: Vec<_> = compared.collect();
    all[0].chains.push(Chain::Again);
    all
}

fn compared((number, workload): (usize, Workload)) -> Comparison {
    let mut chains = chains(&workload);
    chains.retain(|chain| chain.is_measured());
    Comparison {
        workload,
        path: format!("/mcp/{number}"),
        chains,
    }
}

/// The first kind of call, with a policy that holds the headers back too until the verdict.
fn held() -> Workload {
    let mut policy = policy(1, ENOUGH);
    policy["host"] = json!({ "hold_request_headers": true });
    Workload {
        name: "headers held",
        policy,
        ..workloads().swap_remove(0)
    }
}

/// Workloads about answers and refusals are measured on all chains that can play them. Workloads about other policies
/// are measured on the baseline, the reference and the plugin alone.
fn chains(workload: &Workload) -> Vec<Chain> {
    use Chain::{Answering, Authorizer, Bare, Empty, HostCalls, Logged, Native, Old, Plugin};
    if workload.answer.is_none() {
        vec![Answering, Native, Logged, Authorizer, Plugin, Old]
    } else if workload.policy == policy(1, ENOUGH) {
        vec![
            Bare, Native, Logged, Authorizer, Empty, HostCalls, Plugin, Old,
        ]
    } else {
        vec![Bare, Native, Plugin, Old]
    }
}
