//! Plays clients on the SDKs at servers in Node, directly and behind the adapters of the JavaScript package: the middleware in one
//! Express application with them, a handler of the Fetch API that asks them, and the wrapper around their transports.
//!
//! It uses the checks of the clients at Envoy, and adds none.

use super::hidden::{hides, shows};
use super::judge::judge;
use super::programs::{CLIENTS, Client, LEGACY, MODERN, Row, SERVERS, Server};
use super::story::Story;
use super::table;
use crate::alone::alone;
use host_tests::program::Program;
use host_tests::require::{ENVOY, NODE, OLDER_SDK, PACKAGE, TYPESCRIPT_SDKS, lacks};
use host_tests::say::say;
use std::net::{Ipv4Addr, SocketAddr};

/// The policy does not hold headers: the option is Envoy's.
const FLOWING: bool = false;

/// The servers whose programs run in Node.
fn servers() -> impl Iterator<Item = &'static Server> {
    SERVERS.iter().filter(|server| server.interpreter == "NODE")
}

/// The adapters, as the program names them.
const ADAPTERS: [&str; 3] = ["express", "fetch", SDK];
/// It governs transports with sessions: those of the newest revision belong to the SDK.
const SDK: &str = "sdk";

/// A server alone, and the same one behind an adapter.
struct Governed {
    adapter: &'static str,
    server: &'static Server,
    story: Story,
    programs: [Program; 2],
    directly: SocketAddr,
    through: SocketAddr,
}

impl Governed {
    fn start(adapter: &'static str, server: &'static Server) -> Self {
        let story = Story::read(server.story);
        let policy = story.policy(FLOWING);
        let revisions: &[&str] = if adapter == SDK { &["sessions"] } else { &[] };
        let mut directly = Program::start("NODE", server.program, revisions);
        let mut through =
            Program::start("NODE", "governed.mjs", &[adapter, server.program, &policy]);
        let addr = |program: &mut Program| SocketAddr::from((Ipv4Addr::LOCALHOST, program.port()));
        let (direct, governed) = (addr(&mut directly), addr(&mut through));
        Self {
            adapter,
            server,
            story,
            programs: [directly, through],
            directly: direct,
            through: governed,
        }
    }

    fn row(&self, client: &'static Client) -> Row {
        let modern = client.mode == "auto" && self.server.modern && self.adapter != SDK;
        let revision = if modern { MODERN } else { LEGACY };
        let tags = [
            &*format!("client {}", client.name),
            &*format!("server {}", self.server.name),
            &*format!("adapter {}", self.adapter),
            revision,
        ];
        let part = self.story.part(&tags);
        let run = |addr: SocketAddr, checks: &str| {
            // The Fetch API cannot tell one field with a comma from two.
            let caller = format!("{} at {addr}", client.name.replace(',', ""));
            let checks = checks.replace("$run", &caller);
            let url = format!("http://{addr}/mcp");
            let arguments = [&*url, &caller, client.mode];
            let mut program = Program::start(client.interpreter, client.program, &arguments);
            program.tell(&checks.replace("$revision", revision));
            program.told()
        };
        let directly = run(self.directly, &part.allowed());
        let through = run(self.through, &part.all());
        Row {
            client,
            server: self.server,
            hold: FLOWING,
            checks: judge(&part, revision, &directly, &through),
        }
    }
}

#[test]
fn every_client_works_with_a_server_behind_an_adapter() {
    if lacks(&[TYPESCRIPT_SDKS, ENVOY, NODE, OLDER_SDK, PACKAGE]) {
        return;
    }
    let _alone = alone();
    for adapter in ADAPTERS {
        every_client_works_behind(adapter);
    }
}

fn every_client_works_behind(adapter: &'static str) {
    let mut governed: Vec<_> = servers().map(|one| Governed::start(adapter, one)).collect();
    // Every client at the server with both revisions, and the last one also at the published server.
    let pairs = CLIENTS.iter().map(|client| (client, 0));
    let pairs = pairs.chain(CLIENTS.last().map(|client| (client, 1)));
    let rows: Vec<_> = pairs
        .map(|(client, place)| governed[place].row(client))
        .collect();
    let rows: Vec<_> = rows.iter().collect();
    say(&table::table(&rows));
    let wrong = table::failures(&rows);
    let programs = governed.iter_mut().flat_map(|server| &mut server.programs);
    let errors: Vec<_> = programs.map(Program::errors).collect();
    assert!(
        wrong.is_empty(),
        "{adapter}: {} failed\n{}\n\nthe servers wrote:\n{}",
        wrong.len(),
        wrong.join("\n"),
        errors.join("\n")
    );
}

#[test]
fn hidden_name_appears_nowhere_behind_an_adapter() {
    if lacks(&[TYPESCRIPT_SDKS, NODE, PACKAGE]) {
        return;
    }
    for adapter in ADAPTERS {
        for governed in servers().map(|one| Governed::start(adapter, one)) {
            shows(governed.server, governed.directly);
            hides(governed.server, governed.through, governed.server.name);
        }
    }
}
