//! Turns servers and a client on the official SDKs, a real Envoy with the plugin, and the official conformance suite
//! into one table: the suite's verdict on each, directly and through the gateway. `conformance/` has the programs.
//!
//! It never speaks MCP itself, and knows no scenario except the one that the gateway must improve.

use super::judge::{self, Column};
use super::suite::{Check, Leg, NEWEST, Results, SUITES, Status, Suite, fixture};
use super::table;
use crate::alone::alone;
use host_tests::bootstrap::{Config, Listener, WHEREVER};
use host_tests::envoy::Envoy;
use host_tests::program::Program;
use host_tests::require::{CONFORMANCE, ENVOY, NODE, NODE_22, lacks};
use host_tests::say::say;
use host_tests::wasm_path;
use std::collections::{BTreeSet, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Mutex;
use std::thread;

/// The two ways through the gateway: with headers held, and with headers flowing.
const WAYS: [(&str, bool); 2] = [("held", true), ("flowing", false)];

/// A listener with a policy that refuses nothing, so that only the plugin's reading of messages matters.
fn listener(who: &str, (way, hold): (&str, bool), upstream: SocketAddr) -> Listener {
    let policy = format!(
        r#"{{"version": "1", "default": "allow", "host": {{"hold_request_headers": {hold}}}}}"#
    );
    let mut listener = Listener::new(&name(who, way), &policy, upstream, &wasm_path());
    listener.hold_request_headers = hold;
    listener
}

fn name(who: &str, way: &str) -> String {
    format!("{who}_{way}")
}

/// Two workers, so that a client's connections reach both.
fn gateway(upstreams: &[(&str, SocketAddr)]) -> Envoy {
    let listeners = upstreams
        .iter()
        .flat_map(|(who, addr)| WAYS.map(|way| listener(who, way, *addr)));
    let mut config = Config::new(listeners.collect());
    config.concurrency = 2;
    Envoy::start(&config).expect("Envoy starts")
}

/// The results of a party directly, and on each path through the gateway.
fn column(
    who: &str,
    suite: Suite,
    direct: Results,
    through: impl Fn(&'static str) -> Results,
) -> Column {
    Column {
        who: format!("{who}, {}", suite.title()),
        direct,
        through: WAYS.map(|(way, _)| (way, through(way))).into(),
    }
}

fn server(interpreter: &str, file: &str, arguments: &[&str]) -> (Program, SocketAddr) {
    let mut program = Program::at(interpreter, &fixture(file), arguments);
    let port = program.port();
    (program, (Ipv4Addr::LOCALHOST, port).into())
}

fn url(addr: SocketAddr) -> String {
    format!("http://{addr}/mcp")
}

fn show(title: &str, columns: &[Column]) {
    say(&table::table(title, columns));
}

/// Prints the table, and fails if anything is wrong. `scenarios` has all names of scenarios for each column.
fn report(title: &str, columns: &[Column], scenarios: &[BTreeSet<String>], envoy: &Envoy) {
    show(title, columns);
    let mut wrong: Vec<_> = columns
        .iter()
        .zip(scenarios.iter().cycle())
        .flat_map(|(column, scenarios)| column.wrong(scenarios))
        .collect();
    wrong.extend(judge::stale(columns));
    wrong.extend(unused(&envoy.stats()));
    let log = envoy.log();
    let refused = log
        .lines()
        .filter(|line| line.contains(r#""decision":"deny""#));
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}\nthe gateway refused:\n{}",
        wrong.len(),
        wrong.join("\n"),
        refused.collect::<Vec<_>>().join("\n")
    );
}

/// Ways that no request used: nothing was compared there.
fn unused(stats: &str) -> Vec<String> {
    let counts = stats.lines().filter_map(|line| {
        let (name, count) = line
            .strip_prefix("http.")?
            .split_once(".downstream_rq_2xx: ")?;
        let own = WAYS.iter().any(|(way, _)| name.ends_with(way));
        own.then_some((name, count))
    });
    let counts: Vec<_> = counts.collect();
    assert!(!counts.is_empty(), "Envoy counts its requests");
    let unused = counts.iter().filter(|(_, count)| *count == "0");
    unused
        .map(|(name, _)| format!("no request went through {name}"))
        .collect()
}

#[test]
fn servers_behave_the_same_behind_the_gateway() {
    if lacks(&[ENVOY, NODE, NODE_22, CONFORMANCE]) {
        return;
    }
    let _alone = alone();
    let servers = [
        ("Python", "MCP_PYTHON", "server.py"),
        ("TypeScript", "NODE", "server.mjs"),
    ];
    let running = servers.map(|(who, interpreter, file)| (who, server(interpreter, file, &[])));
    let envoy = gateway(&running.each_ref().map(|(who, (_, addr))| (*who, *addr)));
    // A server notifies all clients of changes, so only one suite uses it at a time.
    let columns: Vec<_> = thread::scope(|scope| {
        let players = running.each_ref().map(|(who, (_, addr))| {
            let envoy = &envoy;
            scope.spawn(move || SUITES.map(|suite| of_server(suite, who, *addr, envoy)))
        });
        players
            .into_iter()
            .flat_map(|player| player.join().expect("the suite was played"))
            .collect()
    });
    let scenarios = SUITES.map(|suite| suite.scenarios(Leg::Server));
    report("servers", &columns, &scenarios, &envoy);
}

fn of_server(suite: Suite, who: &str, addr: SocketAddr, envoy: &Envoy) -> Column {
    let play = |way: &str, addr| suite.server(&format!("{who} {way}"), &url(addr));
    column(who, suite, play("direct", addr), |way| {
        play(way, envoy.addr(&name(who, way)))
    })
}

/// The plugin compares headers with bodies for a server that does not, and changes nothing else.
#[test]
fn server_that_trusts_headers_passes_behind_the_gateway() {
    if lacks(&[ENVOY, NODE, NODE_22, CONFORMANCE]) {
        return;
    }
    let _alone = alone();
    let (_program, addr) = server("NODE", "server.mjs", &["trusting"]);
    let envoy = gateway(&[("trusting", addr)]);
    let play = |way: &str, addr| {
        let of = ["--url", &url(addr)];
        let who = format!("trusting {way}");
        NEWEST.scenario(Leg::Server, &who, "http-header-validation", of)
    };
    let column = column("TypeScript", NEWEST, play("direct", addr), |way| {
        play(way, envoy.addr(&name("trusting", way)))
    });
    show(
        "a server that trusts headers",
        std::slice::from_ref(&column),
    );
    for (_, through) in &column.through {
        improved(&column.direct, through);
    }
}

/// The failed checks pass now, and all others still pass.
fn improved(direct: &Results, through: &Results) {
    let checks = |results: &Results| results.values().flatten().cloned().collect::<Vec<_>>();
    let (direct, through) = (checks(direct), checks(through));
    let red = direct.iter().any(|check| check.status == Status::Failure);
    assert!(
        red,
        "the server holds headers against bodies itself: {direct:?}"
    );
    let names = |checks: &[Check]| {
        let names = checks.iter().map(|check| check.name.clone());
        names.collect::<BTreeSet<_>>()
    };
    assert_eq!(names(&direct), names(&through));
    let left = through
        .iter()
        .filter(|check| check.status != Status::Success);
    let left: Vec<_> = left.collect();
    assert!(left.is_empty(), "not green through the gateway: {left:?}");
}

#[test]
fn client_behaves_the_same_behind_the_gateway() {
    if lacks(&[ENVOY, NODE, NODE_22, CONFORMANCE]) {
        return;
    }
    clients("clients", |scenario| !scenario.starts_with("auth/"));
}

/// The gateway must be invisible to every way to log in.
#[test]
#[ignore = "long: make conformance"]
fn client_logs_in_behind_the_gateway() {
    if lacks(&[ENVOY, NODE, NODE_22, CONFORMANCE]) {
        return;
    }
    clients("clients that log in", |scenario| {
        scenario.starts_with("auth/")
    });
}

fn clients(title: &str, wanted: impl Fn(&str) -> bool) {
    let _alone = alone();
    let envoy = gateway(&[("client", WHEREVER)]);
    let scenarios = SUITES.map(|suite| {
        let all = suite.scenarios(Leg::Client).into_iter();
        all.filter(|scenario| wanted(scenario))
            .collect::<BTreeSet<_>>()
    });
    let columns = SUITES.iter().zip(&scenarios);
    let columns = columns.map(|(suite, scenarios)| of_client(*suite, scenarios, &envoy));
    report(title, &columns.collect::<Vec<_>>(), &scenarios, &envoy);
}

fn of_client(suite: Suite, scenarios: &BTreeSet<String>, envoy: &Envoy) -> Column {
    let play = |way, gateway| client(suite, scenarios, way, gateway);
    column("TypeScript", suite, play("direct", None), |way| {
        play(way, Some(envoy.addr(&name("client", way))))
    })
}

/// Each scenario alone, two at a time: some measure time, and would be late if all ran at once.
fn client(
    suite: Suite,
    scenarios: &BTreeSet<String>,
    way: &str,
    gateway: Option<SocketAddr>,
) -> Results {
    let node = std::env::var("NODE").expect("run this through `make test`");
    let gateway = gateway.map_or(String::new(), |addr| format!(" {addr}"));
    let command = format!("{node} {}{gateway}", fixture("client.mjs").display());
    let who = format!("client {way}");
    let queue = Mutex::new(scenarios.iter().collect::<VecDeque<_>>());
    let next = || queue.lock().expect("no worker panicked").pop_front();
    let worker = || {
        let mut results = Results::new();
        while let Some(scenario) = next() {
            let of = ["--command", &command];
            results.extend(suite.scenario(Leg::Client, &who, scenario, of));
        }
        results
    };
    thread::scope(|scope| {
        let workers = [scope.spawn(worker), scope.spawn(worker)];
        workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("a worker ends"))
            .collect()
    })
}
