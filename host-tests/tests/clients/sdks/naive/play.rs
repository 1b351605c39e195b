//! Plays the checks of the SDKs' clients with clients that use the id 1 for all requests, one after another. Every
//! check passes, with the same answers as without the gateway.
//!
//! It plays only checks that are one request and its answer.

use super::client::{Client, WAYS, Way};
use crate::alone::alone;
use crate::sdks::honest::{Watched, unlike};
use crate::sdks::programs::{LEGACY, MODERN, Running, SERVERS, watched_gateway};
use host_tests::require::{ENVOY, NODE, TYPESCRIPT_SDKS, lacks};
use host_tests::say::say;
use host_tests::wire::Response;
use serde_json::Value;

/// The least number of answers to requests.
const SOME: usize = 10;

#[test]
fn naive_client_passes_byte_for_byte() {
    if lacks(&[TYPESCRIPT_SDKS, ENVOY, NODE]) {
        return;
    }
    let _alone = alone();
    let (_programs, servers): (Vec<_>, Vec<_>) = SERVERS.iter().map(Running::start).unzip();
    let (_envoy, watched) = watched_gateway(&servers, vec![]);
    let mut callers = Vec::new();
    for (server, watched) in servers.iter().zip(&watched) {
        for (number, way) in ways(server).enumerate() {
            let caller = format!("naive at {}, {}", server.server.name, way.name());
            same_as_directly(server, &watched[number % 2], &caller, way);
            callers.push((caller, 0));
        }
    }
    let compared = Watched::compared(watched.iter().flatten());
    let line = compared.line();
    say(&format!(
        "naive clients, before and behind the gateway: {line}"
    ));
    let wrong = compared.wrong(&callers);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The ways that a server supports.
pub(super) fn ways(server: &Running) -> impl Iterator<Item = Way> {
    let modern = server.server.modern;
    let known = move |way: &Way| modern || *way != Way::Modern;
    WAYS.into_iter().filter(known)
}

fn requests(server: &Running, way: Way) -> Vec<(String, Value)> {
    let name = format!("server {}", server.server.name);
    let revision = if way == Way::Modern { MODERN } else { LEGACY };
    let part = server.story.part(&["client naive", &name, revision]);
    // The newest revision encodes other names in its headers.
    let plain = |(_, params): &(String, Value)| params["name"].as_str().is_none_or(str::is_ascii);
    let known = |request: &(String, Value)| way != Way::Modern || plain(request);
    part.requests().into_iter().filter(known).collect()
}

fn same_as_directly(server: &Running, watched: &Watched, caller: &str, way: Way) {
    let requests = requests(server, way);
    let [directly, through] =
        [server.addr, watched.addr()].map(|addr| Client::begin(addr, caller, way).play(&requests));
    assert_eq!(directly.len(), through.len(), "{caller}");
    let pairs = through.iter().zip(&directly);
    let unlike = pairs.filter_map(|(own, other)| unlike("an answer", said(own), said(other)));
    let unlike: Vec<_> = unlike.collect();
    assert!(unlike.is_empty(), "{caller}\n{}", unlike.join("\n"));
    let answered = through.iter().filter(|own| own.status == 200).count();
    assert!(
        answered > SOME || way == Way::Forgets,
        "{caller}: {answered}"
    );
}

/// The status, and the body without values that always differ: ids of events, which may count those of all clients, and
/// encrypted texts.
fn said(response: &Response) -> String {
    let body = String::from_utf8_lossy(&response.body);
    let body = body.split("\"requestState\":").next().unwrap_or_default();
    let lines = body.lines().filter(|line| !line.starts_with("id:"));
    let lines: Vec<_> = lines.collect();
    format!("{} {}", response.status, lines.join("\n"))
}
