//! Tests gateways that count alone behind an Envoy that leads each caller to one of them, at calls that reach their servers.

use host_tests::authentication::{ACME, Tokens, jwt_authn};
use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::front::{caller, owners, routes, sticky_sessions, tokens};
use host_tests::require::{ENVOY, lacks};
use host_tests::rpc;
use host_tests::tokens::Issuer;
use host_tests::upstream::{Recorded, Upstream, reply};
use host_tests::wasm_path;
use host_tests::wire::{Deadline, Response, http1};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

const CALLERS: usize = 24;
/// The calls that the policy admits of each caller.
const MAX: u64 = 5;
const LIMIT: Duration = Duration::from_secs(10);
/// The time for a health check to find a stopped gateway, on a busy machine.
const NOTICED: Duration = Duration::from_secs(30);

/// The message that begins a session.
const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"ada","version":"1"}}}"#;

/// A gateway with the plugin, and the only server behind it.
struct Owner {
    envoy: Option<Envoy>,
    server: Upstream,
}

struct Tier {
    front: Envoy,
    owners: Vec<Owner>,
    issuer: Issuer,
}

/// The calls of each caller that reached the server of each owner.
type Arrived = [BTreeMap<String, u64>; 2];

fn policy() -> String {
    json!({
        "version": "1",
        "default": "deny",
        "host": { "hold_request_headers": true },
        "identity": { "from": [{ "jwt_claim": "sub" }] },
        "tools": { "run": { "limits": [{ "counter": "runs", "window": "30d", "max": MAX }] }, "free": {} },
    })
    .to_string()
}

impl Tier {
    /// Two gateways behind a front that chooses by `balance`, with these filters after its tokens.
    fn start(balance: &str, filters: &[Value]) -> Self {
        let issuer = Issuer::new(ACME.issuer, ACME.audience);
        let both: Vec<_> = (0..2).map(|number| Owner::start(number, &issuer)).collect();
        let addrs: Vec<_> = both.iter().map(Owner::addr).collect();
        let mut listener = Listener::new("front", "", addrs[0], &wasm_path());
        listener.instead = Some([&[tokens()], filters].concat());
        listener.connection_manager = routes();
        let mut config = Config::new(vec![listener]);
        config.clusters = vec![owners(&addrs, balance)];
        config.concurrency = 2;
        config.files = [(ACME.file(), issuer.jwks())].into();
        Self {
            front: Envoy::start(&config).expect("Envoy starts"),
            owners: both,
            issuer,
        }
    }

    fn send(&self, caller: &str, session: Option<&str>, body: Vec<u8>) -> Response {
        let mut request = rpc::post(body);
        let token = self.issuer.token(json!({ "sub": caller }));
        let mut add = |name: &str, value: &str| request.headers.push((name.into(), value.into()));
        add("host", "gateway.example");
        add("authorization", &format!("Bearer {token}"));
        add("x-sent-by", caller);
        if let Some(session) = session {
            add("mcp-session-id", session);
        }
        http1(self.front.addr("front"), &request, LIMIT).expect("an answer")
    }

    /// Lets each caller call so often, each time on a connection of its own.
    fn crowd(&self, calls: u64) {
        thread::scope(|scope| {
            for number in 0..CALLERS {
                let call = move || self.send(&name(number), None, rpc::call("run"));
                scope.spawn(move || (0..calls).for_each(|_| drop(call())));
            }
        });
    }

    fn arrived(&self) -> Arrived {
        let of = |owner: usize| self.owners[owner].arrived();
        [of(0), of(1)]
    }
}

impl Owner {
    fn start(number: usize, issuer: &Issuer) -> Self {
        let answer = move |request: &Recorded| answer(number, request);
        let server = Upstream::answering(answer).expect("the upstream starts");
        let mut listener = Listener::new("mcp", &policy(), server.addr(), &wasm_path());
        listener.before = vec![jwt_authn(&[ACME], Tokens::One)];
        let mut config = Config::new(vec![listener]);
        config.concurrency = 2;
        config.files = [(ACME.file(), issuer.jwks())].into();
        let envoy = Some(Envoy::start(&config).expect("Envoy starts"));
        Self { envoy, server }
    }

    fn addr(&self) -> std::net::SocketAddr {
        self.envoy.as_ref().expect("it runs").addr("mcp")
    }

    /// The calls since the last time.
    fn arrived(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for request in self.server.take() {
            let sender = request.header("x-sent-by").unwrap_or_default();
            let sender = String::from_utf8_lossy(sender).into_owned();
            *counts.entry(sender).or_default() += 1;
        }
        counts
    }
}

/// A result, with a session where the client begins one.
fn answer(owner: usize, request: &Recorded) -> Vec<u8> {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let text = br#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    let answer = reply(200, "application/json", text);
    let (status, rest) = answer.split_at(b"HTTP/1.1 200 -\r\n".len());
    let session = match body["method"].as_str() {
        Some("initialize") => format!("mcp-session-id: of-{owner}\r\n"),
        _ => String::new(),
    };
    [status, session.as_bytes(), rest].concat()
}

fn name(number: usize) -> String {
    format!("caller-{number}")
}

/// The calls of each caller at both owners together.
fn in_all([one, two]: &Arrived) -> Vec<u64> {
    let of = |counts: &BTreeMap<_, _>, number| counts.get(&name(number)).copied().unwrap_or(0);
    let both = (0..CALLERS).map(|number| of(one, number) + of(two, number));
    both.collect()
}

#[test]
fn each_caller_has_one_owner_and_exactly_its_limit() {
    if lacks(&[ENVOY]) {
        return;
    }
    for balance in ["RING_HASH", "MAGLEV"] {
        let tier = Tier::start(balance, &[caller()]);
        tier.crowd(3 * MAX);
        let arrived = tier.arrived();
        assert_eq!(in_all(&arrived), [MAX; CALLERS], "{balance}");
        let [one, two] = arrived;
        assert!(!one.is_empty() && !two.is_empty(), "{balance}: both serve");
        assert_eq!(one.len() + two.len(), CALLERS, "{balance}: one owner each");
    }
}

/// The same calls pass twice as often where the caller does not choose the owner: the other tests could fail.
#[test]
fn caller_that_reaches_both_owners_has_twice_its_limit() {
    if lacks(&[ENVOY]) {
        return;
    }
    let tier = Tier::start("ROUND_ROBIN", &[caller()]);
    // So many that each owner gets more than the limit of each caller, however calls of others are between them.
    tier.crowd(8 * MAX);
    assert_eq!(in_all(&tier.arrived()), [2 * MAX; CALLERS]);
    // Nor is a caller without a name led anywhere.
    let tier = Tier::start("RING_HASH", &[]);
    tier.crowd(8 * MAX);
    assert_eq!(in_all(&tier.arrived()), [2 * MAX; CALLERS]);
}

#[test]
fn stopped_owner_changes_no_count_of_callers_of_another_one() {
    if lacks(&[ENVOY]) {
        return;
    }
    let mut tier = Tier::start("RING_HASH", &[caller()]);
    tier.crowd(2 * MAX);
    let [moved, kept] = tier.arrived();
    tier.owners[0].envoy = None;
    let stranger = moved.keys().next().expect("an owner has callers");
    let deadline = Deadline::after(NOTICED);
    while tier.send(stranger, None, rpc::call("free")).status != 200 {
        deadline.left().expect("the stopped owner is found");
        thread::sleep(Duration::from_millis(100));
    }
    tier.arrived();
    tier.crowd(2 * MAX);
    let [none, anew] = tier.arrived();
    assert_eq!(none, BTreeMap::new());
    // Those of the stopped owner begin anew, and those of the other one are still at their limit.
    assert_eq!(anew, moved);
    assert!(!kept.is_empty() && kept.keys().all(|caller| !anew.contains_key(caller)));
}

#[test]
fn session_stays_with_the_owner_that_began_it() {
    if lacks(&[ENVOY]) {
        return;
    }
    const CALLS: usize = 4;
    let tier = Tier::start("ROUND_ROBIN", &[sticky_sessions()]);
    for _ in 0..4 {
        let begun = tier.send("ada", None, INITIALIZE.into());
        let session = begun.header("mcp-session-id").expect("a session");
        let session = String::from_utf8_lossy(session).into_owned();
        (0..CALLS).for_each(|_| drop(tier.send("ada", Some(&session), rpc::call("free"))));
        let seen = tier.owners.iter().map(|owner| sessions(&owner.server));
        let mut seen: Vec<_> = seen.filter(|own| !own.is_empty()).collect();
        assert_eq!(seen.len(), 1, "one owner: {seen:?}");
        let begins_with_none: Vec<_> = seen.remove(0);
        let own = begins_with_none.last().cloned().flatten();
        assert!(own.as_ref().is_some_and(|own| own.starts_with("of-")));
        assert_eq!(
            begins_with_none[1..],
            vec![own; CALLS],
            "as the server named it"
        );
    }
    // Without its session the same caller reaches both.
    (0..8).for_each(|_| drop(tier.send("ada", None, rpc::call("free"))));
    assert!(tier.arrived().iter().all(|own| !own.is_empty()));
}

/// The sessions of the requests that reached a server.
fn sessions(server: &Upstream) -> Vec<Option<String>> {
    let named = |request: &Recorded| {
        let session = request.header("mcp-session-id")?;
        Some(String::from_utf8_lossy(session).into_owned())
    };
    server.take().iter().map(named).collect()
}
