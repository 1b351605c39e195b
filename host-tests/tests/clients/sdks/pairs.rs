//! Turns real MCP clients, a real Envoy with the plugin, and real MCP servers into one table: every client with every
//! server, directly and through the gateway. `clients/` has the programs, and `clients/checks/` the checks.
//!
//! It never speaks MCP itself: a client's result is its SDK's reading of the answer.

use super::honest::Watched;
use super::judge::{Verdict, judge};
use super::programs::{
    CLIENTS, Client, LEGACY, MODERN, Row, Running, SERVERS, listeners, report, watched_gateway,
};
use super::story::{self, Part};
use super::table;
use crate::alone::alone;
use host_tests::envoy::Envoy;
use host_tests::program::Program;
use host_tests::require::{ENVOY, NODE, OLDER_SDK, TYPESCRIPT_SDKS, lacks};
use host_tests::say::say;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::thread;

#[test]
fn every_client_works_with_every_server_through_the_gateway() {
    if lacks(&[TYPESCRIPT_SDKS, ENVOY, NODE, OLDER_SDK]) {
        return;
    }
    let _alone = alone();
    let (mut programs, servers): (Vec<_>, Vec<_>) = SERVERS.iter().map(Running::start).unzip();
    let (envoy, watched) = watched_gateway(&servers, listeners(&servers));
    let played = play(&servers, &watched, &envoy);
    let rows: Vec<_> = played.iter().flat_map(|own| &own.rows).collect();
    let mut wrong = table::failures(&rows);
    wrong.extend(played.iter().flat_map(|own| own.failed.iter().cloned()));
    wrong.extend(changed(&played, &watched));
    let smuggled = |server: &Running| smuggled(server, &rows, server.story.reached());
    wrong.extend(servers.iter().flat_map(smuggled));
    report(&table::table(&rows), &wrong, &mut programs, &envoy);
}

/// One client at one server, and the checks.
struct Pair<'a> {
    client: &'static Client,
    running: &'a Running,
    watched: &'a Watched,
    envoy: &'a Envoy,
    flowing: bool,
    revision: &'static str,
    part: Part,
}

/// The outcome of a pair.
struct Played {
    rows: Vec<Row>,
    /// The name of the caller whose session has no refusals, and its failed checks.
    honest: String,
    failed: Vec<String>,
}

/// Plays every pair with headers held, and each client at one server with headers flowing, two pairs at a time.
fn play(servers: &[Running], watched: &[[Watched; 2]], envoy: &Envoy) -> Vec<Played> {
    let pairs = CLIENTS.iter().enumerate().flat_map(|(number, client)| {
        let servers = servers.iter().zip(watched).enumerate();
        servers.map(move |(place, (running, watched))| {
            let flowing = place == number % SERVERS.len();
            Pair::new(
                client,
                running,
                &watched[(number + place) % 2],
                envoy,
                flowing,
            )
        })
    });
    let queue = Mutex::new(pairs.collect::<VecDeque<_>>());
    let next = || queue.lock().expect("no worker panicked").pop_front();
    let worker = || {
        let pairs = std::iter::from_fn(next);
        pairs.map(|pair| pair.play()).collect::<Vec<_>>()
    };
    let mut played: Vec<Played> = thread::scope(|scope| {
        let workers = [scope.spawn(worker), scope.spawn(worker)];
        workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("a worker ends"))
            .collect()
    });
    // Sorted by client and then by server.
    played.sort_by(|one, other| one.honest.cmp(&other.honest));
    played
}

impl<'a> Pair<'a> {
    fn new(
        client: &'static Client,
        running: &'a Running,
        watched: &'a Watched,
        envoy: &'a Envoy,
        flowing: bool,
    ) -> Self {
        let server = running.server;
        let modern = client.mode == "auto" && server.modern;
        let revision = if modern { MODERN } else { LEGACY };
        let part = running.story.part(&[
            &format!("client {}", client.name),
            &format!("server {}", server.name),
            revision,
        ]);
        Self {
            client,
            running,
            watched,
            envoy,
            flowing,
            revision,
            part,
        }
    }

    /// Plays the checks directly, through the gateway, and through the gateway without refusals.
    fn play(&self) -> Played {
        let directly = self.run("directly", self.running.addr, &self.part.allowed());
        let failed = self.failed(&directly);
        let ways = [true, false]
            .into_iter()
            .filter(|hold| *hold || self.flowing);
        Played {
            rows: ways.map(|hold| self.row(hold, &directly)).collect(),
            honest: self.caller("honest"),
            failed,
        }
    }

    fn caller(&self, way: &str) -> String {
        format!(
            "{} at {}, {way}",
            self.client.name, self.running.server.name
        )
    }

    fn run(&self, way: &str, addr: SocketAddr, checks: &str) -> Vec<String> {
        let caller = self.caller(way);
        let url = format!("http://{addr}/mcp");
        let story = checks
            .replace("$run", &caller)
            .replace("$revision", self.revision);
        let arguments = [&*url, &caller, self.client.mode];
        let mut program = Program::start(self.client.interpreter, self.client.program, &arguments);
        program.tell(&story);
        program.told()
    }

    fn row(&self, hold: bool, directly: &[String]) -> Row {
        let name = self.running.listener_name(hold);
        let through = self.run(&name, self.envoy.addr(&name), &self.part.all());
        Row {
            client: self.client,
            server: self.running.server,
            hold,
            checks: judge(&self.part, self.revision, directly, &through),
        }
    }

    /// The checks whose results differ from the direct ones where nothing is refused.
    fn failed(&self, directly: &[String]) -> Vec<String> {
        let part = self.part.honest();
        let through = self.run("honest", self.watched.addr(), &part.all());
        let judged = judge(&part, self.revision, directly, &through).into_iter();
        let failed = judged.filter_map(|judged| match judged.verdict {
            Verdict::Failed(why) => Some(format!("{}: {why}", judged.check)),
            _ => None,
        });
        failed
            .map(|failed| format!("{}: {failed}", self.caller("honest")))
            .collect()
    }
}

/// Messages that differ before and behind the gateway where nothing is refused.
fn changed(played: &[Played], watched: &[[Watched; 2]]) -> Vec<String> {
    let compared = Watched::compared(watched.iter().flatten());
    say(&format!(
        "honest sessions, before and behind the gateway: {}",
        compared.line()
    ));
    let callers = played.iter().map(|own| (own.honest.clone(), 0));
    compared.wrong(&callers.collect::<Vec<_>>())
}

/// Refused messages that reached the server, and limits that more calls passed than they allow. Where nothing is
/// refused, each client makes as many calls as the limits allow.
fn smuggled(running: &Running, rows: &[&Row], expected: &story::Reached) -> Vec<String> {
    if expected.never.is_empty() {
        return Vec::new();
    }
    let reached = running.reached();
    let name = running.server.name;
    let runs = rows.iter().filter(|row| row.server.name == name).count() + CLIENTS.len();
    let never = reached
        .iter()
        .filter(|message| expected.never.iter().any(|part| message.contains(part)))
        .map(|message| format!("server {name}: `{message}` reached it"));
    let times = expected.times.iter().filter_map(|(message, times)| {
        let seen = reached.iter().filter(|own| *own == message).count();
        (seen != times * runs)
            .then(|| format!("server {name}: `{message}` reached it {seen} times in {runs} runs"))
    });
    never.chain(times).collect()
}
