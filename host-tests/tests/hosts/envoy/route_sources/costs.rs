//! Measures what tells servers apart, and prints the costs.
//!
//! It expects values, never times.

use super::super::probe::oldest_and_current;
use super::setting::{SOURCES, sent, servers, text};
use host_tests::routing::{route, routes};
use host_tests::say::say;
use serde_json::json;

/// The calls in one measurement, as the probe makes them.
const CALLS: u64 = 10_000;
/// The measurements, of which the shortest counts: the machine has other work too.
const ROUNDS: usize = 10;

#[test]
fn costs_of_sources_are_printed() {
    let all = SOURCES
        .iter()
        .flat_map(|path| [(*path).to_owned(), format!("~{path}")]);
    let all: Vec<_> = all.collect();
    for (version, binary) in oldest_and_current() {
        let manager = routes(&[route(json!({ "path": "/files/mcp" }), "files-mcp")]);
        let probe = servers(binary).listener_with("mcp", &all, |listener| {
            listener.connection_manager = manager;
        });
        let gateway = probe.start();
        let request =
            || sent(&gateway, "mcp", "/files/mcp", &[("host", "h")]).expect("it is forwarded");
        let rounds: Vec<_> = (0..ROUNDS).map(|_| request()).collect();
        assert_eq!(
            SOURCES.map(|path| text(rounds[0].read(path))),
            ["files-mcp", "/files/mcp", "h"]
        );
        for path in SOURCES {
            let nanos = rounds.iter().map(|seen| {
                let total = seen.read(&format!("~{path}")).bytes();
                u64::from_le_bytes(*total.as_array().expect("8 bytes")) / CALLS
            });
            let least = nanos.min().expect("a round");
            say(&format!("Envoy {version}: {path}: {least} ns"));
        }
    }
}
