//! Starts the clients and servers on the SDKs, and the gateway in front of the servers.
//!
//! It chooses neither the checks nor their expectations.

use super::honest::{Watch, Watched};
use super::judge::Judged;
use super::story::Story;
use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::program::Program;
use host_tests::say::say;
use host_tests::wasm_path;
use host_tests::wire::{Http1Request, http1};
use serde_json::Value;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// The time for a server to return its records.
const STATE_LIMIT: Duration = Duration::from_secs(10);
/// The newest revision, and the one before it, which is the newest with sessions.
pub(super) const MODERN: &str = "2026-07-28";
pub(super) const LEGACY: &str = "2025-11-25";

/// A program on one line of an SDK. The versions are in `requirements*.txt` and `clients/package.json`.
pub(super) struct Client {
    pub(super) name: &'static str,
    pub(super) interpreter: &'static str,
    pub(super) program: &'static str,
    pub(super) mode: &'static str,
}

pub(super) const CLIENTS: [Client; 6] = [
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

pub(super) struct Server {
    pub(super) name: &'static str,
    pub(super) interpreter: &'static str,
    pub(super) program: &'static str,
    pub(super) story: &'static str,
    pub(super) modern: bool,
}

pub(super) const SERVERS: [Server; 3] = [
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

/// A running server, with its checks.
pub(super) struct Running {
    pub(super) server: &'static Server,
    pub(super) story: Story,
    pub(super) addr: SocketAddr,
}

impl Running {
    pub(super) fn start(server: &'static Server) -> (Program, Self) {
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

    pub(super) fn listener_name(&self, hold: bool) -> String {
        let headers = if hold { "held" } else { "flowing" };
        format!("{}_{headers}", self.server.name.replace('-', "_"))
    }

    /// A listener that refuses nothing, with both of its sides recorded.
    pub(super) fn watch(&self, hold: bool) -> (Watch, Listener) {
        let name = format!("honest_{}", self.listener_name(hold));
        let policy = self.story.honest(hold, &name);
        let watch = Watch::start(name, self.addr);
        let listener = watch.listener(&policy);
        (watch, listener)
    }

    /// The requests that reached the server through the gateway, if the server records them.
    pub(super) fn reached(&self) -> Vec<String> {
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
pub(super) struct Row {
    pub(super) client: &'static Client,
    pub(super) server: &'static Server,
    pub(super) hold: bool,
    pub(super) checks: Vec<Judged>,
}

pub(super) fn gateway(servers: &[Running]) -> Envoy {
    started(listeners(servers))
}

pub(super) fn listeners(servers: &[Running]) -> Vec<Listener> {
    let both = |server: &Running| [true, false].map(|hold| server.listener(hold));
    servers.iter().flat_map(both).collect()
}

/// Adds two listeners for each server that refuse nothing: one holds headers, one lets them flow.
pub(super) fn watched_gateway(
    servers: &[Running],
    mut listeners: Vec<Listener>,
) -> (Envoy, Vec<[Watched; 2]>) {
    let both = |server: &Running| [true, false].map(|hold| server.watch(hold));
    let watches: Vec<_> = servers.iter().map(both).collect();
    let own = watches.iter().flatten().map(|(_, listener)| listener);
    listeners.extend(own.cloned());
    let envoy = started(listeners);
    let open = |both: [(Watch, _); 2]| both.map(|(watch, _)| watch.open(&envoy));
    let watched = watches.into_iter().map(open).collect();
    (envoy, watched)
}

/// Two workers, so that a client's connections reach both.
fn started(listeners: Vec<Listener>) -> Envoy {
    let mut config = Config::new(listeners);
    config.concurrency = 2;
    Envoy::start(&config).expect("Envoy starts")
}

/// Prints the table, and fails with the output of the servers and Envoy if `wrong` is not empty.
pub(super) fn report(table: &str, wrong: &[String], programs: &mut [Program], envoy: &Envoy) {
    say(table);
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

/// The log without its lines of normal operation.
fn refusals(log: &str) -> String {
    let lines = log
        .lines()
        .filter(|line| !line.contains(r#""decision":"allow""#));
    lines.collect::<Vec<_>>().join("\n")
}
