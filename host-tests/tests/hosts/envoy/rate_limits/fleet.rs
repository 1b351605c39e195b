//! Runs Envoys with two workers each that count by one rate limit service on Redis, in front of one server.
//!
//! It never expects an outcome.

use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::rate_limits::{KEY, KEY_NAME, RateLimits, Redis};
use host_tests::require::{ENVOY, Need, RATE_LIMIT_PEER, REDIS};
use host_tests::upstream::Upstream;
use host_tests::wasm_path;
use host_tests::wire::Connection;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

pub(super) const NEEDS: &[Need] = &[ENVOY, REDIS, RATE_LIMIT_PEER];

pub(super) struct Fleet {
    pub(super) envoys: Vec<Envoy>,
    pub(super) service: RateLimits,
    pub(super) redis: Redis,
    pub(super) upstream: Upstream,
}

/// The choices of a test beside its policy.
#[derive(Clone, Copy, Default)]
pub(super) struct Setting {
    /// Envoys; 0 for two.
    pub(super) envoys: usize,
    /// Workers of each; 0 for two.
    pub(super) workers: u32,
    /// Policies can be replaced while they serve.
    pub(super) reloads: bool,
    /// Options of the service.
    pub(super) options: &'static [&'static str],
}

/// A policy whose limits the service counts; `more` are other members of `counters`. Tools are `limited` by a number of
/// calls for each `round`, `dear` by the argument `cost`, and `free`.
pub(super) fn policy(max: u64, more: &Value) -> String {
    let mut counters = json!({
        "backend": "rate_limit_service", "cluster": "counters", "domain": "mcp", "key": KEY_NAME, "timeout": "2s",
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        counters[name] = value.clone();
    }
    let limit = |counter: &str| json!({ "counter": counter, "window": "30d", "max": max, "scope": ["global", "args.round"] });
    let mut dear = limit("dear");
    dear["cost"] = "args.cost".into();
    let policy = json!({ "version": "1", "default": "deny", "counters": counters, "tools": {
        "limited": { "limits": [limit("calls")],
            "deny_if": [{ "conditions": [{ "path": "args.secret", "op": "exists", "value": true }] }] },
        "dear": { "limits": [dear] },
        "free": {},
    } });
    policy.to_string()
}

impl Fleet {
    pub(super) fn start(policy: &str, setting: Setting) -> Self {
        let upstream = Upstream::counting().expect("the upstream starts");
        let redis = Redis::start();
        let service = RateLimits::start(policy, &redis, setting.options);
        let envoys = envoys(policy, setting, &upstream, service.addr());
        Self {
            envoys,
            service,
            redis,
            upstream,
        }
    }

    /// The same with Envoys that have another policy.
    pub(super) fn with_policy(self, policy: &str) -> Self {
        let setting = Setting::default();
        let envoys = envoys(policy, setting, &self.upstream, self.service.addr());
        Self { envoys, ..self }
    }

    pub(super) fn addr(&self, envoy: usize) -> SocketAddr {
        self.envoys[envoy % self.envoys.len()].addr("mcp")
    }

    /// Calls a tool at an Envoy. True where the call passes.
    pub(super) fn call(&self, envoy: usize, tool: &str, arguments: &Value) -> bool {
        call(self.addr(envoy), tool, arguments)
    }

    /// The calls that reached the server since it started.
    pub(super) fn served(&self) -> u64 {
        self.upstream.count()
    }

    /// [`crowd`] on the first two Envoys.
    pub(super) fn crowd(&self, round: &str, calls: u64) -> u64 {
        crowd([self.addr(0), self.addr(1)], round, calls)
    }
}

/// Calls a tool at an address. True where the call passes.
pub(super) fn call(addr: SocketAddr, tool: &str, arguments: &Value) -> bool {
    let mut connection = Connection::open(addr).expect("a connection");
    passes(&mut connection, tool, arguments)
}

/// Sends so many calls of one round from 64 clients at once, half of them at each of two Envoys. Returns how many passed.
pub(super) fn crowd(addrs: [SocketAddr; 2], round: &str, calls: u64) -> u64 {
    const CLIENTS: usize = 64;
    let (sent, passed) = (AtomicU64::new(0), AtomicU64::new(0));
    let client = |number: usize| {
        let mut connection = Connection::open(addrs[number % 2]).expect("a connection");
        while sent.fetch_add(1, Ordering::SeqCst) < calls {
            let own = passes(&mut connection, "limited", &json!({ "round": round }));
            passed.fetch_add(u64::from(own), Ordering::SeqCst);
        }
    };
    let client = &client;
    thread::scope(|scope| {
        (0..CLIENTS).for_each(|number| drop(scope.spawn(move || client(number))))
    });
    passed.into_inner()
}

/// Envoys that count by the service at an address.
pub(super) fn envoys(
    policy: &str,
    setting: Setting,
    upstream: &Upstream,
    service: SocketAddr,
) -> Vec<Envoy> {
    let mut listener = Listener::new("mcp", policy, upstream.addr(), &wasm_path());
    listener.environment.insert(KEY_NAME.into(), KEY.into());
    let mut config = Config::new(vec![listener]);
    config.concurrency = two_or(setting.workers as usize) as u32;
    config.ecds = setting.reloads;
    let servers = match policy.contains("limitador_http") {
        true => &mut config.servers,
        false => &mut config.http2_servers,
    };
    servers.insert("counters".into(), service);
    let start = |_| Envoy::start(&config).expect("Envoy starts");
    (0..two_or(setting.envoys)).map(start).collect()
}

fn two_or(number: usize) -> usize {
    if number == 0 { 2 } else { number }
}

/// Sends a call on a connection. True where it passes.
///
/// # Panics
/// When no answer comes, or another one than the server's or a refusal.
pub(super) fn passes(connection: &mut Connection, tool: &str, arguments: &Value) -> bool {
    let answer = connection.send(&request(tool, arguments));
    let answer = answer.expect("an answer");
    let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
    match (&body["result"]["isError"], answer.status) {
        (Value::Bool(true), _) => false,
        (Value::Null, 200) if body.get("error").is_none() => true,
        _ => panic!("{} {body}", answer.status),
    }
}

/// A call.
pub(super) fn message(tool: &str, arguments: &Value) -> String {
    let params = json!({ "name": tool, "arguments": arguments });
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string()
}

/// The bytes of a call over HTTP/1.
pub(super) fn request(tool: &str, arguments: &Value) -> Vec<u8> {
    let body = message(tool, arguments);
    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    (head + &body).into_bytes()
}
