//! Plays the cases with limits on an Envoy whose limits a service counts: the same outcomes as where Envoy counts them itself.
//!
//! It leaves out no case in silence: each that the service cannot count has its reason in the table.

use super::fleet::NEEDS;
use host_tests::case::Case;
use host_tests::corpus::{cases, run};
use host_tests::expectation::Outcome;
use host_tests::host::{Class, ClockKind, Host, Played};
use host_tests::on_envoy::{self, Envoys, Ways};
use host_tests::rate_limits::{KEY_NAME, RateLimits, Redis, configuration};
use host_tests::require::lacks;
use host_tests::say::say;
use host_tests::wasm_path;
use mcp_policy::host::Policy;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Cases that a service counts in another way.
const DIFFERENT: &[(&str, &str)] = &[
    (
        "attacks/flood-of-subjects.json",
        "a service has a counter for each value, and not so many as `host.slots`",
    ),
    (
        "limit/cost-of-small-parts.json",
        "costs are rounded up to whole numbers",
    ),
    (
        "limit/full-limit-before-one-that-cannot-be-counted.json",
        "a call that cannot be counted is not asked about, so the full limit is not found",
    ),
    (
        "shadow/entry-over-top.json",
        "limits in shadow mode are counted after the service has admitted a call",
    ),
    (
        "weakness/costs-below-one-are-free.json",
        "costs are rounded up to whole numbers",
    ),
];

#[test]
fn cases_with_limits_have_their_outcomes_where_a_service_counts() {
    if lacks(NEEDS) {
        return;
    }
    let redis = Redis::start();
    let mut cases = cases();
    cases.retain(|case| !case.steps().is_empty() && has_limits(&case.policy));
    let (mut services, mut left_out) = (Vec::new(), BTreeMap::new());
    for (index, case) in cases.iter_mut().enumerate() {
        let name = format!("counters{index}");
        match counted(case, &name) {
            Ok(()) => services.push((name, RateLimits::start(&case.policy, &redis, &[]))),
            Err(why) => drop(left_out.insert(case.name.clone(), why)),
        }
    }
    let counters = services
        .iter()
        .map(|(name, service)| (name.clone(), service.addr()));
    let table = run(&[host(counters.collect(), left_out)], &cases);
    say(&format!("\n{}", table.in_short()));
    let failures = table.failures(true);
    assert!(failures.is_empty(), "\n{failures}");
}

/// True for a policy with a limit, at any place of rules.
fn has_limits(policy: &str) -> bool {
    policy.contains(r#""limits""#) || policy.contains(r#""rate_limit""#)
}

/// Lets a service count the limits of a case, under a cluster and a domain of this name.
fn counted(case: &mut Case, name: &str) -> Result<(), String> {
    if let Some(why) = on_envoy::cannot(case) {
        return Err(why);
    }
    let different = DIFFERENT.iter().find(|(name, _)| *name == case.name);
    if let Some((_, why)) = different {
        return Err((*why).into());
    }
    // No service has months of the calendar, and no case that is left plays at the edge of one.
    let policy = case.policy.replace(r#""month""#, r#""30d""#);
    let mut policy: Value = serde_json::from_str(&policy).expect("a valid policy is JSON");
    policy["counters"] = json!({ "backend": "rate_limit_service", "cluster": name, "domain": name,
        "timeout": "2s", "atomic": true, "key": KEY_NAME });
    let policy = policy.to_string();
    if let Err(errors) = Policy::parse(policy.as_bytes()) {
        let first = errors.first().expect("an error").to_string();
        let why = first.split_once(": ").map_or(&*first, |(_, why)| why);
        return Err(why.into());
    }
    configuration(&policy).map_err(|why| of_report(&why))?;
    case.policy = policy;
    Ok(())
}

/// The message of the first line of a report, which has a style and a place before it.
fn of_report(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    first.splitn(3, ": ").last().unwrap_or_default().into()
}

fn host(counters: BTreeMap<String, SocketAddr>, left_out: BTreeMap<String, String>) -> Host {
    let binary = PathBuf::from(std::env::var_os("ENVOY_BIN").expect("it is installed"));
    Host::new("Envoy with a service", ClockKind::Real, move |cases| {
        let envoys = Envoys {
            wasm: &wasm_path(),
            binary: &binary,
            ways: Ways::Halves,
            counters: counters.clone(),
        };
        let mut played = on_envoy::play(cases, &envoys);
        for played in &mut played {
            if let Some(why) = left_out.get(&played.case.name) {
                *played = Played {
                    case: played.case,
                    how: String::new(),
                    class: Class::Whole,
                    outcome: Outcome::Cannot(why.clone()),
                };
            }
        }
        played
    })
}
