//! Turns real MCP clients, a real Envoy with the plugin in it, and real MCP servers into one table: every client with every
//! server, directly and through the gateway. `clients/` has the programs, and `clients/checks/` says what is played.
//!
//! It never speaks MCP itself: what a client saw is what its SDK made of it.

use super::judge;
use super::programs::{CLIENTS, Client, LEGACY, MODERN, Row, Running, SERVERS, gateway, report};
use super::{story, table};
use crate::alone::alone;
use host_tests::envoy::Envoy;
use host_tests::program::Program;
use host_tests::require::{ENVOY, NODE, OLDER_SDK, TYPESCRIPT_SDKS, lacks};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::thread;

#[test]
fn every_client_with_every_server() {
    if lacks(&[TYPESCRIPT_SDKS, ENVOY, NODE, OLDER_SDK]) {
        return;
    }
    let _alone = alone();
    let (mut programs, servers): (Vec<_>, Vec<_>) = SERVERS.iter().map(Running::start).unzip();
    let envoy = gateway(&servers);
    let rows = play(&servers, &envoy);
    let mut wrong = table::failures(&rows);
    wrong.extend(
        servers
            .iter()
            .flat_map(|server| smuggled(server, &rows, server.story.reached())),
    );
    report(&table::table(&rows), &wrong, &mut programs, &envoy);
}

/// Plays every pair with headers held, and each client at one server with headers flowing, two pairs at a time.
fn play(servers: &[Running], envoy: &Envoy) -> Vec<Row> {
    let pairs = CLIENTS.iter().enumerate().flat_map(|(number, client)| {
        servers.iter().enumerate().map(move |(place, server)| {
            let flowing = place == number % servers.len();
            (client, server, flowing)
        })
    });
    let queue = Mutex::new(pairs.collect::<VecDeque<_>>());
    let next = || queue.lock().expect("no worker panicked").pop_front();
    let worker = || {
        let mut rows = Vec::new();
        while let Some((client, server, flowing)) = next() {
            rows.extend(pair(client, server, envoy, flowing));
        }
        rows
    };
    let mut rows: Vec<Row> = thread::scope(|scope| {
        let workers = [scope.spawn(worker), scope.spawn(worker)];
        workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("a worker ends"))
            .collect()
    });
    let place = |row: &Row| CLIENTS.iter().position(|own| own.name == row.client.name);
    rows.sort_by_key(|row| (place(row), row.server.name, !row.hold));
    rows
}

/// One client at one server: directly, and through the gateway.
fn pair(client: &'static Client, running: &Running, envoy: &Envoy, flowing: bool) -> Vec<Row> {
    let server = running.server;
    let modern = client.mode == "auto" && server.modern;
    let revision = if modern { MODERN } else { LEGACY };
    let part = running.story.part(&[
        &format!("client {}", client.name),
        &format!("server {}", server.name),
        revision,
    ]);
    let run = |way: &str, addr: SocketAddr, checks: String| {
        let run = format!("{} at {}, {way}", client.name, server.name);
        let url = format!("http://{addr}/mcp");
        let story = checks.replace("$run", &run).replace("$revision", revision);
        let mut program = Program::start(
            client.interpreter,
            client.program,
            &[&url, &run, client.mode],
        );
        program.tell(&story);
        program.told()
    };
    let directly = run("directly", running.addr, part.allowed());
    let ways = [true, false].into_iter().filter(|hold| *hold || flowing);
    ways.map(|hold| {
        let name = running.listener_name(hold);
        let through = run(&name, envoy.addr(&name), part.all());
        Row {
            client,
            server,
            hold,
            checks: judge::judge(&part, revision, &directly, &through),
        }
    })
    .collect()
}

/// Refused messages that reached the server, and limits that more calls passed than they allow.
fn smuggled(running: &Running, rows: &[Row], expected: &story::Reached) -> Vec<String> {
    if expected.never.is_empty() {
        return Vec::new();
    }
    let reached = running.reached();
    let name = running.server.name;
    let runs = rows.iter().filter(|row| row.server.name == name).count();
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
