//! Runs two Envoys for each way to count, one rate limit service on Redis for all of them, and one server behind them.
//!
//! It measures nothing.

use super::ways::{CLUSTER, KEY, Way};
use crate::comparisons::comparisons;
use crate::load::{Call, Client, Load, Played};
use crate::server;
use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::ports;
use host_tests::rate_limits::{RateLimits, Redis};
use host_tests::samples::call;
use host_tests::samples::workloads::BODY;
use host_tests::upstream::Upstream;
use host_tests::wasm_path;
use std::net::SocketAddr;
use std::thread;

/// The Envoys of each way.
pub(super) const ENVOYS: usize = 2;
/// The path with the answer of 36 bytes.
const PATH: &str = "/mcp/0";

pub(super) struct Fleet {
    pub(super) upstream: Upstream,
    pub(super) redis: Redis,
    pub(super) service: RateLimits,
    gateways: Vec<Gateways>,
}

/// The Envoys of one way.
pub(super) struct Gateways {
    pub(super) way: Way,
    pub(super) envoys: Vec<Envoy>,
    clients: Vec<Client>,
    /// The calls so far.
    pub(super) calls: u64,
}

impl Fleet {
    /// Starts all of it, with so many calls of the limited tool.
    pub(super) fn start(max: u64) -> Self {
        let upstream = server::start(&comparisons(Some("none but the first")));
        let redis = Redis::start();
        redis.ask("CONFIG SET appendfsync everysec");
        let service = RateLimits::start(&Way::Service.policy(max).to_string(), &redis, &[]);
        let ways = Way::ALL.into_iter().filter(|way| way.played_on() == *way);
        let start = |way| Gateways::start(way, max, &upstream, service.addr());
        Self {
            gateways: ways.map(start).collect(),
            upstream,
            redis,
            service,
        }
    }

    pub(super) fn gateways(&self) -> &[Gateways] {
        &self.gateways
    }

    /// # Panics
    /// When the way has no Envoys.
    pub(super) fn of(&self, way: Way) -> &Gateways {
        let mut gateways = self.gateways.iter();
        let own = gateways.find(|own| own.way == way.played_on());
        own.expect("every way has its Envoys")
    }

    /// # Panics
    /// When the way has no Envoys.
    pub(super) fn of_mut(&mut self, way: Way) -> &mut Gateways {
        let mut gateways = self.gateways.iter_mut();
        let own = gateways.find(|own| own.way == way.played_on());
        own.expect("every way has its Envoys")
    }

    /// The processes beside this one.
    pub(super) fn pids(&self) -> Vec<u32> {
        let envoys = self.gateways.iter().flat_map(|own| &own.envoys);
        let others = [self.redis.pid(), self.service.pid()];
        envoys.map(Envoy::pid).chain(others).collect()
    }
}

impl Gateways {
    fn start(way: Way, max: u64, upstream: &Upstream, service: SocketAddr) -> Self {
        let policy = way.policy(max).to_string();
        let mut listener = Listener::new("mcp", &policy, upstream.addr(), &wasm_path());
        let key = "the key of the counters, 32 characters";
        listener.environment.insert(KEY.into(), key.into());
        let mut config = Config::new(vec![listener]);
        config.log_in_background = true;
        let servers = match way {
            Way::Http => &mut config.servers,
            _ => &mut config.http2_servers,
        };
        let stopped = way == Way::Stopped;
        let addr = if stopped { ports::refusing() } else { service };
        servers.insert(CLUSTER.into(), addr);
        let envoys = (0..ENVOYS).map(|_| Envoy::start(&config).expect("Envoy starts"));
        let envoys: Vec<_> = envoys.collect();
        Self {
            way,
            clients: envoys
                .iter()
                .map(|own| Client::connect(own.addr("mcp")))
                .collect(),
            envoys,
            calls: 0,
        }
    }

    /// Plays one call on one of the Envoys.
    pub(super) fn once(&self, envoy: usize, tool: &str) {
        self.clients[envoy].once(PATH, &call(tool, BODY));
    }

    /// Plays a load on the first Envoys at once: the calls a second are those of all together.
    pub(super) fn play(&mut self, envoys: usize, tool: &str, load: Load) -> Played {
        let body = call(tool, BODY);
        let (path, body, status) = (PATH, &body[..], 200);
        let one = Call { path, body, status };
        let load = Load {
            per_second: load.per_second.map(|rate| rate / envoys as u32),
            ..load
        };
        let clients = self.clients.iter_mut().take(envoys);
        let played = thread::scope(|scope| {
            let threads: Vec<_> = clients
                .map(|client| scope.spawn(move || client.play(load, one)))
                .collect();
            let played = threads.into_iter().map(|thread| thread.join());
            played
                .map(|played| played.expect("the load is played"))
                .reduce(together)
        });
        let played = played.expect("there is an Envoy");
        self.calls += played.times.len() as u64;
        played
    }
}

fn together(mut one: Played, other: Played) -> Played {
    one.times.extend(other.times);
    one.length = one.length.max(other.length);
    one.closed += other.closed;
    one
}
