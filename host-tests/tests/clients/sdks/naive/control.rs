//! The control of these tests: the comparison finds a change, and the added rules read answers.
//!
//! It compares in the same way as the tests that it controls.

use super::client::{Client, Way};
use super::play::ways;
use crate::alone::alone;
use crate::sdks::honest::{Passed, Watched};
use crate::sdks::programs::{LEGACY, Running, SERVERS, watched_gateway};
use host_tests::require::{ENVOY, NODE, TYPESCRIPT_SDKS, lacks};
use serde_json::json;
use std::thread;

/// Known to `redact`.
const SECRET: &str = "AKIAQYLPMN5HHHFPZAM2";

#[test]
fn secret_in_an_answer_is_a_difference_and_an_id_twice_at_once_is_refused() {
    if lacks(&[TYPESCRIPT_SDKS, ENVOY, NODE]) {
        return;
    }
    let _alone = alone();
    // The servers with the tools that are called here.
    let servers = SERVERS[..2].iter().map(Running::start);
    let (_programs, servers): (Vec<_>, Vec<_>) = servers.unzip();
    let (_envoy, watched) = watched_gateway(&servers, vec![]);
    for (server, [held, flowing]) in servers.iter().zip(&watched) {
        let name = server.server.name;
        for way in ways(server).filter(|way| *way != Way::Forgets) {
            echoes_a_secret(held, &format!("secret at {name}, {}", way.name()), way);
        }
        for watched in [held, flowing] {
            let caller = format!("twice at {name}, {}", watched.addr());
            repeats_an_id(watched, &caller);
        }
    }
    let compared = Watched::compared(watched.iter().flatten());
    let callers = compared.callers.keys().map(|own| (own.clone(), 0));
    let callers: Vec<_> = callers.collect();
    let wrong = compared.wrong(&callers);
    assert_eq!(wrong.len(), callers.len(), "{wrong:#?}");
    let of = |kind: &str| {
        let callers = compared.callers.iter();
        let own = callers.filter(|(caller, _)| caller.starts_with(kind));
        own.collect::<Vec<_>>()
    };
    let (secret, twice) = (of("secret"), of("twice"));
    assert_eq!((secret.len(), twice.len()), (8, 4));
    let differs = secret.iter().all(|(_, own)| differs_by_the_secret(own));
    assert!(differs, "{wrong:#?}");
    let refused = |own: &Passed| own.refused.len() == 1 && own.differences.is_empty();
    assert!(twice.iter().all(|(_, own)| refused(own)), "{wrong:#?}");
}

fn echoes_a_secret(watched: &Watched, caller: &str, way: Way) {
    let mut client = Client::begin(watched.addr(), caller, way);
    let params = json!({ "name": "echo", "arguments": { "text": SECRET } });
    client.ask("tools/call", params);
    client.sees("[REDACTED aws_key]");
}

/// True where one answer differs by the secret, and nothing else differs.
fn differs_by_the_secret(passed: &Passed) -> bool {
    let shown = |own: &String| own.contains("the response differs") && own.contains(SECRET);
    passed.refused.is_empty() && matches!(&passed.differences[..], [one] if shown(one))
}

/// Sends a second request with the id of one that is under way. After that one, the id is free again.
fn repeats_an_id(watched: &Watched, caller: &str) {
    let gate = format!("{caller}, gate");
    let gated = |name: &str| json!({ "name": name, "arguments": { "gate": gate } });
    let mut client = Client::begin(watched.addr(), caller, Way::Keeps(LEGACY));
    let mut beside = client.beside();
    thread::scope(|scope| {
        scope.spawn(|| {
            beside.ask("tools/call", gated("watch"));
            beside.sees("watched 3 steps");
        });
        assert!(watched.reaches(&gate), "{caller}");
        client.ask("ping", json!({}));
        client.sees("-32600");
        for _ in 0..3 {
            client.ask_by(2, "tools/call", gated("open_gate"));
        }
    });
    client.ask("ping", json!({}));
    client.sees("\"result\"");
}
