//! Counting over many callers and much time, natively: nobody is reset, nobody is locked out, memory does not grow.

use host_tests::native::Memory;
use mcp_policy::{Event, Exchange, Facts, Headers, Millis, Next, Policy, Response, Store};
use std::collections::HashMap;
use std::sync::Arc;

/// 2026-01-01T00:00:00Z.
const START: u64 = 1_767_225_600_000;
const MINUTE: u64 = 60_000;
const DAY: u64 = 1440 * MINUTE;

struct Gateway {
    policy: Arc<Policy>,
    store: Store,
    memory: Memory,
}

/// One who calls: a header's value, or a bearer token, from an address.
#[derive(Clone, Copy)]
struct Caller<'a> {
    header: (&'a str, &'a str),
    peer: &'a str,
}

impl Gateway {
    fn new(policy: &str) -> Self {
        let policy = Arc::new(Policy::parse(policy.as_bytes()).expect("a valid policy"));
        let mut memory = Memory::default();
        let store =
            Store::prepare(&mut memory, "test", &policy, [9; 16]).expect("memory does not fail");
        Self {
            policy,
            store,
            memory,
        }
    }

    /// True when the call is let through.
    fn call(&mut self, caller: Caller<'_>, tool: &str, now: u64) -> bool {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}"}}}}"#
        );
        self.send(&[caller.header], caller.peer, body, now)
            .is_some()
    }

    /// The exchange of a message that is let through.
    fn send(
        &mut self,
        headers: &[(&str, &str)],
        peer: &str,
        body: String,
        now: u64,
    ) -> Option<Exchange> {
        let post = [(":method", "POST"), ("content-type", "application/json")];
        let headers = Headers::from_iter(post.iter().chain(headers).copied());
        let facts = Facts {
            peer: Some(peer.into()),
            seed: self.store.seed(),
            explain: false,
        };
        let now = Millis(now);
        let (mut exchange, _) = Exchange::new(self.policy.clone(), &headers, false, facts, now);
        let body = Event::Body {
            bytes: body.into_bytes(),
            end: true,
        };
        let step = exchange.feed(body, now);
        let step = exchange.settle(step, &self.store, &mut self.memory, now);
        matches!(step.next, Next::Forward).then_some(exchange)
    }

    /// The server answers a message that is let through.
    fn answer(&mut self, exchange: &mut Exchange, headers: &[(&str, &str)], body: String) {
        let json = [("content-type", "application/json")];
        let head = Response::Head {
            status: 200,
            headers: Headers::from_iter(json.iter().chain(headers).copied()),
            end: false,
        };
        let body = Response::Body {
            bytes: body.into_bytes(),
            end: true,
        };
        for response in [head, body] {
            let step = exchange.feed(Event::Response(response), Millis(START));
            exchange.settle(step, &self.store, &mut self.memory, Millis(START));
        }
    }

    /// The server makes a task of the user's call.
    fn gives_task(&mut self, user: &str, id: &str) {
        let body =
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"other","task":{}}}"#;
        let sent = self.send(&[("x-user", user)], PEER, body.into(), START);
        let result =
            format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"task":{{"taskId":"{id}"}}}}}}"#);
        self.answer(&mut sent.expect("it is let through"), &[], result);
    }

    fn has_task(&mut self, user: &str, id: &str) -> bool {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{{"taskId":"{id}"}}}}"#
        );
        let sent = self.send(&[("x-user", user)], PEER, body, START);
        sent.is_some()
    }

    /// The server begins a session with the user.
    fn gives_session(&mut self, user: &str, id: &str) {
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}"#;
        let sent = self.send(&[("x-user", user)], PEER, body.into(), START);
        let result = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
        let session = [("mcp-session-id", id)];
        self.answer(
            &mut sent.expect("it is let through"),
            &session,
            result.into(),
        );
    }

    /// How many calls in a session are let through, until one is not.
    fn calls_in(&mut self, user: &str, session: &str) -> usize {
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run"}}"#;
        let headers = [("x-user", user), ("mcp-session-id", session)];
        let calls = (0..100).map(|_| self.send(&headers, PEER, body.into(), START));
        calls.take_while(Option::is_some).count()
    }
}

const PEER: &str = "192.0.2.1";

fn user(name: &str) -> Caller<'_> {
    Caller {
        header: ("x-user", name),
        peer: "192.0.2.1",
    }
}

const PER_USER: &str = r#"{ "version": "1", "default": "deny",
    "identity": { "from": [ { "header": "x-user", "set_by_gateway": true } ] },
    "tools": { "run": { "limits": [
        { "counter": "minute", "window": "minute", "max": 2 },
        { "counter": "day", "window": "day", "max": 100 } ] } },
    "host": { "slots": 16384 } }"#;

#[test]
fn a_million_identities_over_days_neither_grow_nor_reset_anyone() {
    let mut gateway = Gateway::new(PER_USER);
    let keys = gateway.memory.keys();
    let mut admitted: HashMap<(&str, u64), u32> = HashMap::new();
    let mut largest = 0;
    for number in 0..1_000_000_u64 {
        // Three days, with a regular who calls more often than allowed, all the time.
        let now = START + number * (3 * DAY) / 1_000_000;
        let stranger = format!("stranger-{number}");
        gateway.call(user(&stranger), "run", now);
        if number % 20 == 0 && gateway.call(user("regular"), "run", now) {
            *admitted.entry(("minute", now / MINUTE)).or_default() += 1;
            *admitted.entry(("day", now / DAY)).or_default() += 1;
        }
        largest = largest.max(if number % 10_000 == 0 {
            gateway.memory.bytes()
        } else {
            0
        });
    }
    assert_eq!(gateway.memory.keys(), keys, "no key is made while counting");
    let bound = 16_384 * 40 + 1024 * 1024;
    assert!(
        largest < bound,
        "{largest} bytes of shared data, more than {bound}"
    );
    for ((window, number), count) in &admitted {
        let max = if *window == "minute" { 2 } else { 100 };
        assert!(*count <= max, "{count} calls in {window} {number}");
    }
    let days: Vec<_> = (0..3)
        .map(|day| {
            admitted
                .get(&("day", START / DAY + day))
                .copied()
                .unwrap_or(0)
        })
        .collect();
    assert_eq!(
        days[0], 100,
        "who was counted before the flood keeps the whole quota"
    );
    println!(
        "shared data: {} keys, at most {largest} bytes; the regular's days: {days:?}",
        keys
    );
}

/// Somebody for whom there is no room counts with the others, and a place that becomes free is no new quota.
#[test]
fn nobody_gets_a_second_quota_by_flooding() {
    let policy = PER_USER
        .replace("16384", "1024")
        .replace(r#""max": 2"#, r#""max": 5"#);
    let mut gateway = Gateway::new(&policy);
    let mut admitted: HashMap<String, u32> = HashMap::new();
    for minute in 0..3_u64 {
        admitted.clear();
        for number in 0..20_000_u64 {
            let now = START + minute * MINUTE + number * MINUTE / 20_000;
            // Each of 4000 comes back again and again, between others.
            let name = format!("user-{}", (number * 7919) % 4000);
            if gateway.call(user(&name), "run", now) {
                *admitted.entry(name).or_default() += 1;
            }
        }
        let most = admitted.values().max().copied().unwrap_or(0);
        assert!(most <= 5, "{most} calls of one in minute {minute}");
        assert!(
            admitted.values().filter(|&&count| count == 5).count() > 100,
            "most of the early ones got all of theirs"
        );
    }
}

const FIVE: &str = r#"{ "version": "1", "default": "deny",
    "identity": { "from": [ { "header": "x-user", "set_by_gateway": true } ] },
    "tools": { "run": { "limits": [ { "counter": "minute", "window": "minute", "max": 5 } ] } },
    "host": { "slots": 1024 } }"#;

impl Gateway {
    fn calls(&mut self, name: &str, calls: u32, now: u64) -> usize {
        (0..calls)
            .filter(|_| self.call(user(name), "run", now))
            .count()
    }
}

/// The cell of the table in which a name is counted.
fn cell_of(name: &str) -> String {
    let mut scratch = Gateway::new(FIVE);
    scratch.calls(name, 1, START);
    scratch.memory.last_key
}

/// Workers read the clock a moment apart, so the overflow may be over the edge of a window before a cell of the table.
#[test]
fn an_overflow_that_is_ahead_of_the_table_counts_nobody_twice() {
    let mut gateway = Gateway::new(FIVE);
    let edge = START + MINUTE;
    for number in 0..3000 {
        gateway.calls(&format!("early-{number}"), 1, edge - 1000);
    }
    assert_eq!(
        gateway.calls("victim", 1, edge - 1000),
        0,
        "no room, and the overflow is used up"
    );
    let victim = cell_of("victim");
    let others = (0..)
        .map(|number| format!("late-{number}"))
        .filter(|name| cell_of(name) != victim);
    for name in others {
        gateway.calls(&name, 1, edge);
        if gateway.memory.last_key.contains("/own/") {
            break;
        }
    }
    let before = gateway.calls("victim", 10, edge - 1);
    let after = gateway.calls("victim", 10, edge + 5);
    assert!(before + after <= 5, "{before} and {after} in one window");
}

/// And a cell of the table may be ahead of the overflow.
#[test]
fn a_table_that_is_ahead_of_the_overflow_counts_nobody_twice() {
    let mut gateway = Gateway::new(FIVE);
    let edge = START + MINUTE;
    assert_eq!(gateway.calls("victim", 10, edge - 1000), 5);
    let victim = cell_of("victim");
    let neighbours = (0..)
        .map(|number| format!("late-{number}"))
        .filter(|name| cell_of(name) == victim);
    for name in neighbours.take(16) {
        gateway.calls(&name, 1, edge);
    }
    let before = gateway.calls("victim", 10, edge - 1);
    let after = gateway.calls("victim", 10, edge + 5);
    assert_eq!(
        before + after,
        5,
        "{before} and {after} in the second window"
    );
}

/// Who comes after a flood under another limit counts for himself, however long his own window is.
#[test]
fn a_flood_under_one_limit_is_over_for_the_others_when_its_window_is() {
    let policy = r#"{ "version": "1", "default": "deny",
        "identity": { "from": [ { "header": "x-user", "set_by_gateway": true } ] },
        "tools": {
            "search": { "limits": [ { "counter": "often", "window": "second", "max": 5 } ] },
            "run": { "limits": [ { "counter": "monthly", "window": "month", "max": 20 } ] } },
        "host": { "slots": 1024 } }"#;
    let mut gateway = Gateway::new(policy);
    for number in 0..20_000 {
        gateway.call(user(&format!("flood-{number}")), "search", START + DAY);
    }
    for number in 0..40 {
        let name = format!("user-{number}");
        let admitted = (0..25)
            .filter(|_| gateway.call(user(&name), "run", START + 2 * DAY))
            .count();
        assert_eq!(admitted, 20, "{name}");
    }
}

/// More limits than a cell of the table has room to note: those whose windows are short are open again when these end.
#[test]
fn a_flood_under_many_limits_is_over_for_each_when_its_window_is() {
    let tools: Vec<_> = (0..40)
        .map(|number| {
            let window = if number == 39 { "month" } else { "minute" };
            format!(r#""tool-{number}": {{ "limits": [ {{ "counter": "{number}", "window": "{window}", "max": 5 }} ] }}"#)
        })
        .collect();
    let policy = format!(
        r#"{{ "version": "1", "default": "deny",
        "identity": {{ "from": [ {{ "header": "x-user", "set_by_gateway": true }} ] }},
        "tools": {{ {} }}, "host": {{ "slots": 1024 }} }}"#,
        tools.join(",")
    );
    let mut gateway = Gateway::new(&policy);
    for number in 0..4000 {
        for tool in 0..40 {
            let name = format!("flood-{}", number % 100);
            gateway.call(user(&name), &format!("tool-{tool}"), START);
        }
    }
    let mut crowd = |tool: &str, now| {
        let callers = (0..400).map(|number| format!("user-{}", number % 40));
        callers
            .filter(|name| gateway.call(user(name), tool, now))
            .count()
    };
    assert_eq!(crowd("tool-0", START), 0, "the flood took all");
    assert_eq!(crowd("tool-39", START), 0, "here too");
    assert_eq!(crowd("tool-0", START + MINUTE), 200);
    assert_eq!(crowd("tool-39", START + MINUTE), 0, "the month is the same");
}

/// Who was counted in the overflow finds a place free later in the window, and it must not be a second quota.
#[test]
fn a_place_that_becomes_free_is_no_second_quota() {
    let policy = r#"{ "version": "1", "default": "deny",
        "identity": { "from": [ { "header": "x-user", "set_by_gateway": true } ] },
        "tools": {
            "search": { "limits": [ { "counter": "often", "window": "second", "max": 5 } ] },
            "run": { "limits": [ { "counter": "minute", "window": "minute", "max": 5 } ] } },
        "host": { "slots": 1024 } }"#;
    let mut gateway = Gateway::new(policy);
    for number in 0..20_000 {
        gateway.call(user(&format!("flood-{number}")), "search", START);
    }
    assert_eq!(
        gateway.calls("victim", 10, START),
        5,
        "counted in the overflow"
    );
    assert_eq!(
        gateway.calls("victim", 10, START + 5000),
        0,
        "the table is empty again, the minute is the same"
    );
    assert_eq!(gateway.calls("victim", 10, START + MINUTE), 5);
}

/// Calls that are refused by a later limit leave nothing behind in the table.
#[test]
fn refused_calls_take_no_room() {
    let policy = r#"{ "version": "1", "default": "deny",
        "identity": { "from": [ { "header": "x-user", "set_by_gateway": true } ] },
        "tools": { "run": { "limits": [
            { "counter": "each", "window": "month", "max": 5 },
            { "counter": "all", "window": "month", "max": 1, "scope": "global" } ] } },
        "host": { "slots": 1024 } }"#;
    let mut gateway = Gateway::new(policy);
    gateway.call(user("first"), "run", START);
    let bytes = gateway.memory.bytes();
    for number in 0..5000 {
        assert!(!gateway.call(user(&format!("user-{number}")), "run", START));
    }
    assert_eq!(gateway.memory.bytes(), bytes);
}

/// Nobody passes the maximum in any interval of a window's length, wherever it begins: neither alone, nor in a crowd that
/// fills the table, nor with a clock that jumps. And who waits gets as much again.
#[test]
fn no_interval_of_a_sliding_window_has_more_than_its_maximum() {
    let mut random = fastrand::Rng::with_seed(7);
    for trial in 0..60 {
        let window = [1, 7, 60, 3600][trial % 4];
        let (length, max) = (window * 1000, random.usize(1..8));
        let policy = FIVE.replace(
            r#""window": "minute", "max": 5"#,
            &format!(r#""window": {window}, "max": {max}, "algorithm": "sliding""#),
        );
        let mut gateway = Gateway::new(&policy);
        let mut admitted: HashMap<String, Vec<u64>> = HashMap::new();
        let mut now = START + random.u64(0..length);
        let crowd = [1, 10, 3000][trial % 3];
        for _ in 0..6000 {
            let longest = length / [400, 40, 4][random.usize(0..3)];
            now += random.u64(0..=longest) / crowd;
            let name = format!("user-{}", random.u64(0..crowd));
            if gateway.call(user(&name), "run", now) {
                admitted.entry(name).or_default().push(now);
            }
        }
        for (name, times) in &admitted {
            let crowded = times
                .windows(max + 1)
                .find(|times| times[max] - times[0] <= length);
            assert_eq!(crowded, None, "{name}: more than {max} in {length} ms");
        }
        // A step of the window is an eighth of it.
        let rested = now + length + length / 8 + 1;
        assert_eq!(
            gateway.calls("user-0", 20, rested),
            max,
            "all of it comes back"
        );
    }
}

/// Who was counted in the overflow twice finds a place free when only the first of it has ended.
#[test]
fn a_place_that_becomes_free_is_no_second_quota_of_a_sliding_window() {
    let policy = r#"{ "version": "1", "default": "deny",
        "identity": { "from": [ { "header": "x-user", "set_by_gateway": true } ] },
        "tools": {
            "search": { "limits": [ { "counter": "often", "window": "second", "max": 5 } ] },
            "run": { "limits": [ { "counter": "slides", "window": "minute", "max": 5, "algorithm": "sliding" } ] } },
        "host": { "slots": 1024 } }"#;
    let mut gateway = Gateway::new(policy);
    for number in 0..20_000 {
        gateway.call(user(&format!("flood-{number}")), "search", START);
    }
    assert_eq!(gateway.calls("victim", 3, START), 3, "in the overflow");
    assert_eq!(gateway.calls("victim", 2, START + 50_000), 2, "there too");
    let ended = START + 68_000;
    assert_eq!(gateway.calls("victim", 10, ended), 3, "two still count");
}

/// Under full load a sliding window admits its maximum in nine eighths of its length.
#[test]
fn a_sliding_window_refuses_an_eighth_too_early_at_most() {
    let policy = FIVE.replace(r#""max": 5"#, r#""max": 8, "algorithm": "sliding""#);
    let mut gateway = Gateway::new(&policy);
    let calls = (0..(9 * MINUTE)).step_by(100);
    let admitted = calls
        .filter(|at| gateway.call(user("busy"), "run", START + at))
        .count();
    assert_eq!(admitted, 8 * 8);
}

/// Who did the one thing may not do the other for the whole time, neither alone, nor in a crowd that fills the table, nor
/// with a clock that jumps. And who waits may.
#[test]
fn nobody_gets_around_a_sequence() {
    let policy = r#"{ "version": "1", "default": "allow",
        "identity": { "from": [ { "header": "x-user", "set_by_gateway": true } ] },
        "sequence": [ { "after": ["read"], "deny": ["send"], "for": "1m" } ],
        "host": { "slots": 1024 } }"#;
    let mut random = fastrand::Rng::with_seed(11);
    for crowd in [1, 10, 3000, 30_000] {
        let mut gateway = Gateway::new(policy);
        let mut marked: HashMap<String, u64> = HashMap::new();
        let mut now = START;
        let mut sent = 0;
        for _ in 0..20_000 {
            let longest = [1, 100, 9000][random.usize(0..3)];
            now += random.u64(0..=longest) / crowd.min(100);
            let name = format!("user-{}", random.u64(0..crowd));
            if random.u8(0..4) == 0 {
                assert!(gateway.call(user(&name), "read", now));
                marked.insert(name, now);
            } else if gateway.call(user(&name), "send", now) {
                sent += 1;
                let mark = marked.get(&name).copied().unwrap_or_default();
                assert!(now - mark >= MINUTE, "{name} of {crowd}: {} ms", now - mark);
            }
        }
        assert!(sent > 0, "a crowd of {crowd} never sends");
        assert!(gateway.call(user("user-0"), "send", now + MINUTE));
    }
}

/// Two grants; whatever the one does from however many addresses, the other's limits are its own.
const PER_SESSION: &str = r#"{ "version": "1", "default": "deny",
    "identity": { "from": [ { "header": "x-user", "set_by_gateway": true } ] },
    "tools": { "other": {}, "run": { "limits": [
        { "counter": "session", "window": "day", "max": 2, "scope": "session" } ] } } }"#;

#[test]
fn a_flood_of_tasks_makes_nobody_else_forget_his() {
    let mut gateway = Gateway::new(PER_SESSION);
    let calm: Vec<_> = (0..20).map(|task| format!("calm-{task}")).collect();
    calm.iter()
        .for_each(|task| gateway.gives_task("calm", task));
    // Many times what the table holds.
    (0..300_000).for_each(|task| gateway.gives_task("flood", &format!("flood-{task}")));
    let (keys, bytes) = (gateway.memory.keys(), gateway.memory.bytes());
    assert!(keys < 2 * 4096 + 16, "one cell for 16 slots, not {keys}");
    assert!(bytes < 4 << 20, "{bytes} bytes of shared data");
    for task in &calm {
        assert!(gateway.has_task("calm", task), "{task} is forgotten");
        assert!(!gateway.has_task("flood", task), "{task} is another's");
    }
    assert!(gateway.has_task("flood", "flood-299999"));
    assert!(
        !gateway.has_task("flood", "flood-0"),
        "the oldest is not kept"
    );
    let invented =
        (300_000..400_000).filter(|task| gateway.has_task("flood", &format!("flood-{task}")));
    assert_eq!(invented.count(), 0);
}

#[test]
fn a_flood_of_sessions_is_no_way_to_a_session_that_nobody_began() {
    let mut gateway = Gateway::new(PER_SESSION);
    gateway.gives_session("calm", "calm");
    (0..300_000).for_each(|session| gateway.gives_session("flood", &format!("flood-{session}")));
    assert_eq!(gateway.calls_in("flood", "flood-299999"), 2);
    // What nobody began, what is another's and what is forgotten are one count, that of the caller.
    let others = ["invented", "calm", "flood-0", "invented, too"];
    let admitted = others.map(|session| gateway.calls_in("flood", session));
    assert_eq!(admitted, [2, 0, 0, 0]);
    assert_eq!(
        gateway.calls_in("calm", "calm"),
        2,
        "its own session is known"
    );
    assert_eq!(
        gateway.calls_in("calm", "flood-299999"),
        2,
        "the caller's own count"
    );
    assert_eq!(gateway.calls_in("calm", ""), 0, "which is used up");
}

#[test]
fn sessions_for_which_there_is_no_room_count_on_the_grant() {
    let policy = PER_SESSION.replace(
        r#""identity": { "from": [ { "header": "x-user", "set_by_gateway": true } ] },"#,
        r#""host": { "slots": 1024 },"#,
    );
    let mut gateway = Gateway::new(&policy);
    let mut admitted = 0;
    for session in 0..4096 {
        let session = format!("session-{session}");
        gateway.gives_session("anybody", &session);
        admitted += gateway.calls_in("anybody", &session);
    }
    // Each place of the table, and the one count of all the others.
    assert_eq!(admitted, 1024 * 2 + 2);
}

#[test]
fn a_flood_never_locks_out_a_configured_grant() {
    let (alice, mallory) = (sha256("alice"), sha256("mallory"));
    let policy = format!(
        r#"{{ "version": "1", "default": "deny",
            "grants": {{
                "alice": {{ "match": {{ "bearer_sha256": "{alice}" }}, "policy": "main" }},
                "mallory": {{ "match": {{ "bearer_sha256": "{mallory}" }}, "policy": "main" }} }},
            "tools": {{ "run": {{ "limits": [
                {{ "counter": "each", "window": "day", "max": 10, "scope": "grant" }},
                {{ "counter": "place", "window": "day", "max": 10, "scope": ["grant", "ip"] }} ] }} }},
            "host": {{ "slots": 1024 }} }}"#
    );
    let mut gateway = Gateway::new(&policy);
    for number in 0..50_000_u32 {
        let peer = std::net::Ipv4Addr::from_bits(0x0A00_0000 + number).to_string();
        gateway.call(
            Caller {
                header: ("authorization", "Bearer mallory"),
                peer: &peer,
            },
            "run",
            START,
        );
    }
    let alice = Caller {
        header: ("authorization", "Bearer alice"),
        peer: "198.51.100.7",
    };
    let admitted = (0..12)
        .filter(|_| gateway.call(alice, "run", START + 1))
        .count();
    assert_eq!(admitted, 10);
}

/// The SHA-256 of a text, as the shell's own tool computes it.
fn sha256(text: &str) -> String {
    let command = format!("printf %s '{text}' | sha256sum");
    let output = std::process::Command::new("sh")
        .args(["-c", &command])
        .output()
        .expect("sh runs");
    String::from_utf8_lossy(&output.stdout)[..64].to_owned()
}
