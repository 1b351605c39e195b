//! Tests all callers at once, each with several connections, on two workers: calls count exactly at the servers, and
//! lists between the calls show each caller its own tools.

use super::super::gateway::verdict;
use super::setting::{
    BUILDS, OF_AGENTS, OF_CLIENT, OF_CLIENT_ONE, OF_ENGINEER, OF_PARTNER, SYNCS, SYNCS_OF_GIT,
    intruders, on_each, tools_of, verdict_of,
};
use host_tests::fleet::{AS_EVENTS, Caller, Counts, Fleet, SERVERS, Server, TOOLS, request};
use host_tests::wire::Response;
use serde_json::Value;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The calls of a caller to each tool of each server.
const EACH: usize = 5;
/// The connections of a caller at once.
const THREADS: usize = 2;
/// A list follows each so many calls.
const BETWEEN_LISTS: usize = 6;
const LIST: &[u8] = br#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;

/// Counters that are used up: who shares each, its tool, and its most calls at all servers together.
const USED_UP: [(&[&str], &str, u64); 7] = [
    (&["acme-alice"], "run", OF_ENGINEER),
    (&["acme-bob"], "run", OF_ENGINEER),
    (&["partner-alice"], "run", OF_PARTNER),
    (&["agent-one", "agent-two"], "run", OF_AGENTS),
    (&["client-one"], "run", OF_CLIENT_ONE),
    (&["client-two"], "run", OF_CLIENT),
    (&["acme-alice", "acme-bob"], "build", BUILDS),
];

/// The answers that a caller got.
#[derive(Default)]
struct Seen {
    /// Server, tool and verdict.
    calls: Vec<(Server, &'static str, String)>,
    /// Server and names.
    lists: Vec<(Server, Vec<String>)>,
}

/// Lets all callers call every tool of every server, and list between calls.
fn flood(fleet: &Fleet, callers: &[Caller]) -> Vec<Seen> {
    thread::scope(|scope| {
        let started = callers
            .iter()
            .map(|caller| scope.spawn(|| all_calls(fleet, caller)));
        let started: Vec<_> = started.collect();
        let ended = started.into_iter().map(|own| own.join().expect("no panic"));
        ended.collect()
    })
}

fn all_calls(fleet: &Fleet, caller: &Caller) -> Seen {
    let next = AtomicUsize::new(0);
    let turns = || {
        let mut seen = Seen::default();
        loop {
            let turn = next.fetch_add(1, Ordering::Relaxed);
            if turn >= EACH * TOOLS.len() * SERVERS.len() {
                return seen;
            }
            take_turn(fleet, caller, turn, &mut seen);
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(turns)).collect();
        let mut all = Seen::default();
        for own in threads {
            let seen = own.join().expect("no panic");
            all.calls.extend(seen.calls);
            all.lists.extend(seen.lists);
        }
        all
    })
}

fn take_turn(fleet: &Fleet, caller: &Caller, turn: usize, seen: &mut Seen) {
    let tool = TOOLS[turn % TOOLS.len()];
    let server = SERVERS[turn / TOOLS.len() % SERVERS.len()];
    let verdict = verdict_of(fleet, caller, server, tool);
    seen.calls.push((server, tool, verdict));
    if turn.is_multiple_of(BETWEEN_LISTS) {
        let as_events = turn.is_multiple_of(2 * BETWEEN_LISTS);
        let listed = list(fleet, caller, server, as_events);
        seen.lists.push((server, names(&listed)));
    }
}

fn list(fleet: &Fleet, caller: &Caller, server: Server, as_events: bool) -> Response {
    let mut request = request(caller, server, LIST.into());
    if as_events {
        request.headers.push((AS_EVENTS.into(), "1".into()));
    }
    fleet.send(caller, &request).expect("an answer")
}

/// The names in a list; none where it is refused.
fn names(response: &Response) -> Vec<String> {
    let text = String::from_utf8_lossy(&response.body);
    let message = text.strip_prefix("data: ").unwrap_or(&text);
    let message: Value = serde_json::from_str(message).unwrap_or_default();
    let tools = message["result"]["tools"].as_array().into_iter().flatten();
    let names = tools.map(|tool| tool["name"].as_str().expect("a name").to_owned());
    names.collect()
}

/// The calls of these senders to a tool, of one server or of all.
fn total(counts: &Counts, senders: &[&str], tool: &str, server: Option<&str>) -> u64 {
    let own = counts.iter().filter(|((sender, at, own), _)| {
        senders.contains(&sender.as_str()) && own == tool && server.is_none_or(|own| own == *at)
    });
    own.map(|(_, count)| count).sum()
}

/// All calls of a caller to each of its tools arrive, and no other, except where a counter stops some.
fn own_tools_alone(counts: &Counts, callers: &[Caller]) {
    for caller in callers {
        for (server, tool) in SERVERS
            .iter()
            .flat_map(|own| TOOLS.map(|tool| (*own, tool)))
        {
            let arrived = total(counts, &[caller.name], tool, Some(server.name));
            let all = match tools_of(caller.name, server).contains(&tool) {
                true => EACH as u64,
                false => 0,
            };
            let counted = ["run", "build", "sync"].contains(&tool) && all > 0;
            let exact = arrived == all || counted && arrived <= all;
            assert!(exact, "{} {} {tool}: {arrived}", caller.name, server.name);
        }
    }
}

fn counters_are_exact(counts: &Counts) {
    for (senders, tool, max) in USED_UP {
        let arrived = total(counts, senders, tool, None);
        assert_eq!(arrived, max, "{senders:?} {tool}");
    }
    let senders = ["acme-alice", "acme-bob", "partner-alice"];
    for server in SERVERS {
        let max = if server.name == "git-mcp" {
            SYNCS_OF_GIT
        } else {
            SYNCS
        };
        let arrived = total(counts, &senders, "sync", Some(server.name));
        assert_eq!(arrived, max, "{}", server.name);
    }
}

/// Each call that the client saw forwarded has arrived, and each other one has the refusal that fits.
fn verdicts_fit(counts: &Counts, caller: &Caller, calls: &[(Server, &'static str, String)]) {
    for (server, tool, verdict) in calls {
        let own = tools_of(caller.name, *server).contains(tool);
        let fits = match verdict.as_str() {
            "forwarded" => own,
            "200 rate_limited" => own && ["run", "build", "sync"].contains(tool),
            "200 not_allowed" => !own,
            _ => false,
        };
        assert!(fits, "{} {} {tool}: {verdict}", caller.name, server.name);
    }
    let forwarded = calls.iter().filter(|(.., verdict)| verdict == "forwarded");
    let arrived = counts.iter().filter(|((own, ..), _)| own == caller.name);
    let arrived: u64 = arrived.map(|(_, count)| count).sum();
    assert_eq!(arrived, forwarded.count() as u64, "{}", caller.name);
}

#[test]
fn callers_of_all_kinds_have_exactly_their_tools_lists_and_counters_under_load() {
    on_each(|fleet| {
        let callers = fleet.callers();
        let everyone = [callers.clone(), intruders()].concat();
        let seen = flood(fleet, &everyone);
        let counts = fleet.arrived();
        own_tools_alone(&counts, &everyone);
        counters_are_exact(&counts);
        for (caller, seen) in callers.iter().zip(&seen) {
            verdicts_fit(&counts, caller, &seen.calls);
        }
        for (caller, seen) in everyone.iter().zip(&seen) {
            assert!(seen.lists.len() > SERVERS.len(), "{}", caller.name);
            for (server, names) in &seen.lists {
                let own = tools_of(caller.name, *server);
                assert_eq!(*names, own, "{} {}", caller.name, server.name);
            }
        }
    });
}

#[test]
fn each_server_gets_the_calls_that_are_addressed_to_it() {
    on_each(|fleet| {
        for caller in fleet.callers() {
            for server in SERVERS {
                let tool = tools_of(caller.name, server).pop().expect("it has tools");
                let call = fleet.call(&caller, server, tool).expect("an answer");
                let name = caller.name;
                assert_eq!(verdict(&call), "forwarded", "{name} {}", server.name);
                let arrived = ((name.to_owned(), server.name, tool.to_owned()), 1);
                assert_eq!(fleet.arrived(), Counts::from([arrived]));
            }
        }
    });
}
