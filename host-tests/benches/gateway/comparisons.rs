//! The kinds of calls that are measured, each with the chains that it is played on.
//!
//! It measures nothing.

use crate::chains::Chain;
use host_tests::samples::{ENOUGH, Workload, policy, workloads};
use serde_json::json;

/// One kind of call on some chains.
pub(crate) struct Comparison {
    pub(crate) workload: Workload,
    /// Where its answer is found at the server.
    pub(crate) path: String,
    /// The first is the baseline of added costs, the second the reference of relative ones.
    pub(crate) chains: Vec<Chain>,
}

/// All kinds of calls, or the first and those whose name has `only` in it. The first is the one that is proved to be refused
/// and counted, and the one on which the noise is measured.
pub(crate) fn comparisons(only: Option<&str>) -> Vec<Comparison> {
    let mut workloads = workloads();
    workloads.insert(1, held());
    let first = workloads[0].name;
    workloads.retain(|Workload { name, .. }| {
        *name == first || only.is_none_or(|only| name.contains(only))
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

/// The first kind of call, of which a server sees not even headers before the verdict.
fn held() -> Workload {
    let mut policy = policy(1, ENOUGH);
    policy["host"] = json!({ "hold_request_headers": true });
    Workload {
        name: "headers held",
        policy,
        ..workloads().swap_remove(0)
    }
}

/// All chains play the workloads about answers and refusals. Those about policies are for the plugin alone.
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
