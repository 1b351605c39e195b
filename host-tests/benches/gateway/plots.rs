//! Turns results into plots: each plot has a question, and a sentence with the finding.
//!
//! It computes nothing that the tables do not show.

use crate::bars::{Bar, Bars, Shade};
use crate::chains::Chain;
use crate::plan::RATE;
use crate::results::Results;
use crate::series::{Group, Series};
use host_tests::spread::Spread;
use std::path::Path;

/// The longest bar that is drawn whole. Longer ones are cut, so that the others stay distinguishable.
const CUT: f64 = 4.0;

/// The chains that the added cost is relative to.
const BASELINES: [Chain; 2] = [Chain::Bare, Chain::Answering];

const PARTS: &str = "CPU time added to a call, as a multiple of what Envoy's own MCP, RBAC and rate limit filters add; less is better. Answers without a size have 36 bytes.";
const RATES: &str = "Calls answered in a second by one worker thread that is always busy; more is better. Answers without a size have 36 bytes.";

pub(crate) fn draw(folder: &Path, results: &Results) {
    let Results {
        saturated, paced, ..
    } = results;
    let cold = format!("at {RATE} calls a second");
    parts(saturated, "on a busy worker").draw(&folder.join("gateway.svg"));
    parts(paced, &cold).draw(&folder.join("gateway-paced.svg"));
    policies([("on a busy worker", saturated), (&cold, paced)])
        .draw(&folder.join("gateway-policies.svg"));
    rates(saturated).draw(&folder.join("gateway-rate.svg"));
}

fn parts(groups: &[Group], when: &str) -> Bars {
    let [own, authorizer] =
        [Chain::Plugin, Chain::Authorizer].map(|chain| multiple(groups[0].part_of(chain)));
    let shown = |group: &Group| bars(group, &BASELINES, |own| group.part(own, &group.rounds()));
    Bars {
        title: format!("How much CPU time does a call cost {when}?"),
        finding: format!(
            "mcp-policy adds {own} what Envoy's own filters add; an authorizer behind ext_authz adds {authorizer}."
        ),
        axis: PARTS.into(),
        cut: CUT,
        mark: Some((1.0, "Envoy's own filters = 1")),
        show: multiple,
        groups: groups.iter().filter(compares).map(shown).collect(),
    }
}

/// True for workloads about answers and refusals, false for those about a policy.
fn compares(group: &&Group) -> bool {
    group.find(Chain::Authorizer).is_some()
}

/// The plugin alone, under policies of all kinds.
fn policies(loads: [(&str, &[Group]); 2]) -> Bars {
    let first = &loads[0].1[0];
    let dearest = loads[0].1.last().expect("there are policies");
    let [first, dearest] = [first, dearest].map(|group| multiple(group.part_of(Chain::Plugin)));
    Bars {
        title: "How much CPU time does a call cost under other policies?".into(),
        finding: format!(
            "mcp-policy adds {first} what Envoy's own filters add under the example policy, and {dearest} with everything on."
        ),
        axis: "CPU time added to a call, as a multiple of what Envoy's own filters add for the example's rules alone; less is better".into(),
        cut: CUT,
        mark: Some((1.0, "Envoy's own filters = 1")),
        show: multiple,
        groups: policy_groups(loads),
    }
}

fn policy_groups(loads: [(&str, &[Group]); 2]) -> Vec<(String, Vec<Bar>)> {
    let of_policy = |(index, group): &(usize, &Group)| *index == 0 || !compares(group);
    let groups = loads[0].1.iter().enumerate().filter(of_policy);
    let bar = |index: usize, (when, groups): (&str, &[Group])| {
        let group = &groups[index];
        Bar {
            name: when.into(),
            value: group.part(group.of(Chain::Plugin), &group.rounds()),
            shade: Shade::Own,
        }
    };
    let named = |(index, group): (usize, &Group)| {
        (group.name.into(), loads.map(|load| bar(index, load)).into())
    };
    groups.map(named).collect()
}

fn rates(groups: &[Group]) -> Bars {
    let rate = |own: &Series| own.spread(|sample| sample.rate);
    let [own, native] =
        [Chain::Plugin, Chain::Native].map(|chain| rate(groups[0].of(chain)).median);
    let shown = |group: &Group| bars(group, &[Chain::Again, Chain::Answering], rate);
    Bars {
        title: "How many calls a second does one worker answer?".into(),
        finding: format!(
            "{} with mcp-policy, {} with Envoy's own filters.",
            number(own),
            number(native)
        ),
        axis: RATES.into(),
        cut: f64::INFINITY,
        mark: None,
        show: number,
        groups: groups.iter().filter(compares).map(shown).collect(),
    }
}

/// A bar for each chain of a group that is not `left_out`, the plugin's first.
fn bars(
    group: &Group,
    left_out: &[Chain],
    value: impl Fn(&Series) -> Spread,
) -> (String, Vec<Bar>) {
    let bar = |own: &Series| Bar {
        name: own.chain.name().into(),
        value: value(own),
        shade: shade(own.chain),
    };
    let own = |own: &&Series| matches!(own.chain, Chain::Plugin | Chain::Old);
    let (first, others): (Vec<_>, Vec<_>) = group.series.iter().partition(own);
    let shown = first.into_iter().chain(others);
    let shown = shown.filter(|own| !left_out.contains(&own.chain));
    (name(group), shown.map(bar).collect())
}

fn name(group: &Group) -> String {
    let refused = group.find(Chain::Answering).is_some();
    format!("{}{}", group.name, if refused { ": refused" } else { "" })
}

fn shade(chain: Chain) -> Shade {
    match chain {
        Chain::Plugin => Shade::Own,
        Chain::Old => Shade::Former,
        Chain::Native => Shade::Peer,
        _ => Shade::Other,
    }
}

fn multiple(value: f64) -> String {
    format!("{value:.2} ×")
}

/// A whole number with commas between thousands.
fn number(value: f64) -> String {
    let value = value.round() as u64;
    match (value / 1000, value % 1000) {
        (0, rest) => rest.to_string(),
        (thousands, rest) => format!("{thousands},{rest:03}"),
    }
}
