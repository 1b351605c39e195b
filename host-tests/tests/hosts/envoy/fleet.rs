//! Tests one plugin in front of three servers, with callers of all kinds at the same time: each caller has its own exact
//! counter.

use super::gateway::verdict;
use super::probe::oldest_and_current;
use host_tests::certificates::{Certificate, Names};
use host_tests::fleet::{Caller, Counts, Credential, Fleet, SERVERS, Server};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The calls of `run` that a caller has, for all servers together.
const RUNS: u64 = 20;
/// The calls of `run` that a caller attempts.
const ATTEMPTS: usize = 45;
/// The connections of a caller at once.
const THREADS: usize = 2;

/// The policy of all servers and callers. `servers`, `policies` and `grants` belong here: what each server and each
/// caller may do.
fn policy() -> String {
    let limit = json!({ "counter": "runs", "window": "month", "max": RUNS, "scope": "grant" });
    json!({
        "version": "1",
        "default": "deny",
        "host": { "hold_request_headers": true },
        "identity": { "from": [
            { "jwt_claim": "sub" },
            { "mtls": "uri_san" },
            { "header": "x-client-id", "set_by_gateway": true },
        ] },
        "tools": { "run": { "limits": [limit] }, "status": {} },
    })
    .to_string()
}

fn on_each(test: impl Fn(&Fleet)) {
    for (version, binary) in oldest_and_current() {
        println!("Envoy {version}");
        test(&Fleet::start(&policy(), binary));
    }
}

fn verdict_of(fleet: &Fleet, caller: &Caller, server: Server, tool: &str) -> String {
    verdict(&fleet.call(caller, server, tool).expect("an answer"))
}

/// Lets all callers call a tool at once, of one server after another. Returns the verdicts of each caller.
fn flood(fleet: &Fleet, callers: &[Caller], tool: &str) -> BTreeMap<&'static str, Vec<String>> {
    let one = |caller: &Caller| {
        let next = AtomicUsize::new(0);
        let calls = || {
            let turns = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|own| *own < ATTEMPTS);
            let turns = std::iter::from_fn(turns);
            let servers = turns.map(|turn| SERVERS[turn % SERVERS.len()]);
            servers
                .map(|server| verdict_of(fleet, caller, server, tool))
                .collect::<Vec<_>>()
        };
        thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(calls)).collect();
            let verdicts = threads.into_iter().map(|own| own.join().expect("no panic"));
            verdicts.collect::<Vec<_>>().concat()
        })
    };
    thread::scope(|scope| {
        let started = callers
            .iter()
            .map(|caller| (caller.name, scope.spawn(|| one(caller))));
        let started: Vec<_> = started.collect();
        let ended = started
            .into_iter()
            .map(|(name, own)| (name, own.join().expect("no panic")));
        ended.collect()
    })
}

/// The calls of a sender at all servers.
fn total(counts: &Counts, sender: &str) -> u64 {
    let own = counts.iter().filter(|((own, ..), _)| own == sender);
    own.map(|(_, count)| count).sum()
}

/// Clients without a credential that names callers by headers, or with an invalid one.
fn intruders() -> Vec<Caller> {
    let claimed = [("x-client-id", "client-one"), ("x-claim-sub", "alice")];
    let certificate = [("x-forwarded-client-cert", "URI=spiffe://acme.example/one")];
    [
        ("nobody", Credential::Claimed(Vec::new())),
        ("claims", Credential::Claimed(claimed.into())),
        ("forwarded", Credential::Claimed(certificate.into())),
        ("token", Credential::Token("alice".into())),
        ("key", Credential::Key("client-one".into())),
    ]
    .into_iter()
    .map(|(name, credential)| Caller { name, credential })
    .collect()
}

#[test]
fn callers_of_all_kinds_have_exact_counters_across_servers() {
    on_each(|fleet| {
        let callers = fleet.callers();
        let everyone = [callers.clone(), intruders()].concat();
        let verdicts = flood(fleet, &everyone, "run");
        let counts = fleet.arrived();
        for caller in &callers {
            let name = caller.name;
            let count = |verdict: &str| verdicts[name].iter().filter(|own| *own == verdict).count();
            assert_eq!(total(&counts, name), RUNS, "{name} {counts:?}");
            assert_eq!(count("forwarded") as u64, RUNS, "{name}");
            let refused = count("200 rate_limited") as u64;
            assert_eq!(
                refused,
                ATTEMPTS as u64 - RUNS,
                "{name} {:?}",
                verdicts[name]
            );
        }
        let servers = SERVERS.map(|server| counts.keys().any(|(_, own, _)| *own == server.name));
        assert_eq!(servers, [true; 3], "{counts:?}");
        let all: u64 = counts.values().sum();
        assert_eq!(all, RUNS * callers.len() as u64, "no one else: {counts:?}");
    });
}

#[test]
fn each_server_gets_the_calls_that_are_addressed_to_it() {
    on_each(|fleet| {
        for caller in fleet.callers() {
            for server in SERVERS {
                let name = caller.name;
                let verdict = verdict_of(fleet, &caller, server, "status");
                assert_eq!(verdict, "forwarded", "{name} {}", server.name);
                let arrived = ((name.to_owned(), server.name, "status".to_owned()), 1);
                assert_eq!(fleet.arrived(), Counts::from([arrived]));
            }
        }
    });
}

#[test]
fn client_without_a_valid_credential_is_refused_by_every_server() {
    on_each(|fleet| {
        for intruder in intruders() {
            let refused = match intruder.credential {
                Credential::Claimed(_) => "200 identity",
                _ => "401 no reason",
            };
            for server in SERVERS {
                let verdict = verdict_of(fleet, &intruder, server, "status");
                assert_eq!(verdict, refused, "{} {}", intruder.name, server.name);
            }
        }
        assert_eq!(fleet.arrived(), Counts::new());
    });
}

#[test]
fn certificate_that_no_authority_signed_reaches_no_server() {
    on_each(|fleet| {
        let names = Names {
            uris: &["spiffe://acme.example/one"],
            ..Names::default()
        };
        let own = Certificate::self_signed(names);
        for certificate in [None, Some(&own)] {
            let caller = fleet.certified("stranger", certificate);
            let call = fleet.call(&caller, SERVERS[0], "status");
            assert!(call.is_err(), "{call:?}");
        }
        assert_eq!(fleet.arrived(), Counts::new());
    });
}
