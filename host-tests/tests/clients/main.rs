//! Turns real MCP clients, a real Envoy with the plugin in it, and real MCP servers into one table: every client with every
//! server, directly and through the gateway. `clients/` has the programs, and `clients/checks/` says what is played.
//!
//! It never speaks MCP itself: what a client saw is what its SDK made of it.

mod hidden;
mod judge;
mod servers;
mod story;
mod table;

use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::program::Program;
use host_tests::wasm_path;
use host_tests::wire::{Http1Request, http1};
use judge::Judged;
use serde_json::Value;
use std::collections::VecDeque;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;
use story::Story;

/// A server answers what it recorded at once.
const STATE_LIMIT: Duration = Duration::from_secs(10);
/// The newest revision, and the one before, which is the newest with sessions.
const MODERN: &str = "2026-07-28";
const LEGACY: &str = "2025-11-25";

/// A program on one line of an SDK. The versions are in `requirements*.txt` and `clients/package.json`.
struct Client {
    name: &'static str,
    interpreter: &'static str,
    program: &'static str,
    mode: &'static str,
}

const CLIENTS: [Client; 6] = [
    client("Python 1", "MCP_PYTHON_1", "client.py", "legacy"),
    client("Python 2", "MCP_PYTHON", "client.py", "legacy"),
    client("Python 2, auto", "MCP_PYTHON", "client.py", "auto"),
    client("TypeScript 1", "NODE", "client_ts1.mjs", "legacy"),
    client("TypeScript 2", "NODE", "client_ts2.mjs", "legacy"),
    client("TypeScript 2, auto", "NODE", "client_ts2.mjs", "auto"),
];

const fn client(
    name: &'static str,
    interpreter: &'static str,
    program: &'static str,
    mode: &'static str,
) -> Client {
    Client {
        name,
        interpreter,
        program,
        mode,
    }
}

struct Server {
    name: &'static str,
    interpreter: &'static str,
    program: &'static str,
    story: &'static str,
    modern: bool,
}

const SERVERS: [Server; 3] = [
    Server {
        name: "Python",
        interpreter: "MCP_PYTHON",
        program: "server.py",
        story: "bit-of-everything",
        modern: true,
    },
    Server {
        name: "TypeScript",
        interpreter: "NODE",
        program: "server.mjs",
        story: "bit-of-everything",
        modern: true,
    },
    Server {
        name: "server-everything",
        interpreter: "NODE",
        program: "everything.mjs",
        story: "server-everything",
        modern: false,
    },
];

/// A server that runs, with what is played on it.
struct Running {
    server: &'static Server,
    story: Story,
    addr: SocketAddr,
}

impl Running {
    fn start(server: &'static Server) -> (Program, Self) {
        let mut program = Program::start(server.interpreter, server.program, &[]);
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, program.port()));
        let running = Self {
            server,
            story: Story::read(server.story),
            addr,
        };
        (program, running)
    }

    fn listener(&self, hold: bool) -> Listener {
        let policy = self.story.policy(hold);
        Listener::new(&self.listener_name(hold), &policy, self.addr, &wasm_path())
    }

    fn listener_name(&self, hold: bool) -> String {
        let headers = if hold { "held" } else { "flowing" };
        format!("{}_{headers}", self.server.name.replace('-', "_"))
    }

    /// What the gateway let through to the server, where the server keeps a list.
    fn reached(&self) -> Vec<String> {
        let request = Http1Request {
            method: "GET".into(),
            path: "/state".into(),
            headers: vec![("host".into(), self.addr.to_string().into())],
            ..Http1Request::default()
        };
        let state = http1(self.addr, &request, STATE_LIMIT).expect("the server tells its state");
        let state: Value = serde_json::from_slice(&state.body).expect("JSON");
        let requests = state["requests"].as_array().expect("a list").iter();
        let by_gateway = requests.filter(|request| request["by_gateway"] == true);
        by_gateway
            .filter_map(|request| request["message"].as_str().map(Into::into))
            .collect()
    }
}

/// One row: a client at a server through the gateway.
struct Row {
    client: &'static Client,
    server: &'static Server,
    hold: bool,
    checks: Vec<Judged>,
}

/// Holds the other test back: both have time limits, and fill the machine.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn every_client_with_every_server() {
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
    // Written past the test harness, which would keep what a passing test prints to itself.
    let _ = writeln!(std::io::stdout(), "{}", table::table(&rows));
    let errors = programs.iter_mut().map(Program::errors);
    assert!(
        wrong.is_empty(),
        "{} failed\n{}\n\nthe servers wrote:\n{}\nEnvoy wrote, allowed calls left out:\n{}",
        wrong.len(),
        wrong.join("\n"),
        errors.collect::<Vec<_>>().join("\n"),
        refusals(&envoy.log()),
    );
}

/// Two workers: a client's connections end up at both.
fn gateway(servers: &[Running]) -> Envoy {
    let listeners = servers
        .iter()
        .flat_map(|server| [true, false].map(|hold| server.listener(hold)));
    let mut config = Config::new(listeners.collect());
    config.concurrency = 2;
    Envoy::start(&config).expect("Envoy starts")
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

/// The log without the lines that say that all is well.
fn refusals(log: &str) -> String {
    let lines = log
        .lines()
        .filter(|line| !line.contains(r#""decision":"allow""#));
    lines.collect::<Vec<_>>().join("\n")
}
