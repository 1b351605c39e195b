//! Plays the cases with limits where a service counts: the same outcomes as where the gateway counts by itself.
//!
//! It leaves out no case in silence: each that the service cannot count has its reason in the table.

use super::fleet::NEEDS;
use host_tests::case::Case;
use host_tests::corpus::{cases, filter, run};
use host_tests::expectation::Outcome;
use host_tests::host::{Class, ClockKind, Host, Played};
use host_tests::on_envoy::{self, Envoys, Ways};
use host_tests::rate_limits::{KEY_NAME, RateLimits, Redis, answer, configuration, set_clock};
use host_tests::require::lacks;
use host_tests::runner::play_counted;
use host_tests::say::say;
use host_tests::split::Split;
use host_tests::wasm_path;
use mcp_policy::host::Policy;
use mcp_policy_cases::CountingService;
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
        "limit/clock-that-goes-back.json",
        "a service has a clock of its own",
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

const MONTH: &str = r#""month""#;

#[test]
fn cases_with_limits_have_their_outcomes_where_a_service_counts() {
    if lacks(NEEDS) {
        return;
    }
    let redis = Redis::start();
    let mut cases = cases();
    cases.retain(|case| !case.steps().is_empty() && has_limits(&case.policy));
    let mut services = Services::default();
    for (index, case) in cases.iter_mut().enumerate() {
        let name = format!("counters{index}");
        match counted(case, &name) {
            Ok(()) => {
                let service = RateLimits::start(&case.policy, &redis, &[]);
                services
                    .addrs
                    .insert(case.name.clone(), (name, service.addr()));
                services.running.push(service);
            }
            Err(why) => drop(services.left_out.insert(case.name.clone(), why)),
        }
    }
    let hosts = [services.engine(), services.envoy()];
    let table = run(&hosts, &cases);
    say(&format!("\n{}", table.in_short()));
    let failures = table.failures(filter().is_empty());
    assert!(failures.is_empty(), "\n{failures}");
}

/// A service for each case that one can count, and the reason for each other one.
#[derive(Default)]
struct Services {
    running: Vec<RateLimits>,
    /// The cluster and the address of the service of each case.
    addrs: BTreeMap<String, (String, SocketAddr)>,
    left_out: BTreeMap<String, String>,
}

impl Services {
    /// The engine, whose clock and that of the service are those of the case.
    fn engine(&self) -> Host {
        let (addrs, left_out) = (self.addrs.clone(), self.left_out.clone());
        Host::new("native with a service", ClockKind::Set, move |cases| {
            let play = |case: &Case| match addrs.get(&case.name) {
                // The time to wait tells a month from thirty days.
                Some(_) if case.written_policy.contains(MONTH) => {
                    Outcome::Cannot("no service has months of the calendar".into())
                }
                Some(&(_, addr)) => {
                    let service = CountingService::new(move |question, now| {
                        set_clock(addr, now.0 / 1000);
                        answer(addr, question)
                    });
                    play_counted(case, Split::Whole, service)
                }
                None => Outcome::Cannot(left_out[&case.name].clone()),
            };
            cases.iter().map(|case| played(case, play(case))).collect()
        })
    }

    /// An Envoy, for the cases whose clock is the real one.
    fn envoy(&self) -> Host {
        let binary = PathBuf::from(std::env::var_os("ENVOY_BIN").expect("it is installed"));
        let counters: BTreeMap<_, _> = self.addrs.values().cloned().collect();
        let left_out = self.left_out.clone();
        Host::new("Envoy with a service", ClockKind::Real, move |cases| {
            let envoys = Envoys {
                wasm: &wasm_path(),
                binary: &binary,
                ways: Ways::Halves,
                counters: counters.clone(),
            };
            let mut all = on_envoy::play(cases, &envoys);
            for one in &mut all {
                if let Some(why) = left_out.get(&one.case.name) {
                    *one = played(one.case, Outcome::Cannot(why.clone()));
                }
            }
            all
        })
    }
}

fn played(case: &Case, outcome: Outcome) -> Played<'_> {
    Played {
        case,
        how: String::new(),
        class: Class::Whole,
        outcome,
    }
}

/// True for a policy with a limit, at any place of rules.
fn has_limits(policy: &str) -> bool {
    policy.contains(r#""limits""#) || policy.contains(r#""rate_limit""#)
}

/// Lets a service count the limits of a case, under a cluster and a domain of this name.
fn counted(case: &mut Case, name: &str) -> Result<(), String> {
    let different = DIFFERENT.iter().find(|(name, _)| *name == case.name);
    if let Some((_, why)) = different {
        return Err((*why).into());
    }
    // No service has months of the calendar. A case of one moment plays at no edge of one.
    let policy = match case.steps().iter().all(|step| step.at.is_zero()) {
        true => case.policy.replace(MONTH, r#""30d""#),
        false => case.policy.clone(),
    };
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
