//! Lists what is compared: the same gateway with one chain of filters after the other, each in an Envoy of its own.
//!
//! It measures nothing. Before anything is measured it makes sure that each chain does what it is measured for.

use crate::load::request;
use crate::native;
use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::on_envoy::wait_for_room_in_the_minute;
use host_tests::samples::{self, LIMITED, UNLISTED};
use host_tests::upstream::Upstream;
use host_tests::wire::Connection;
use serde_json::json;
use std::path::Path;

/// One of the things compared.
pub(crate) struct Chain {
    pub(crate) name: &'static str,
    /// False for those that let everything through.
    enforces: bool,
    listener: Listener,
    /// As it should be where speed matters: a line written at once costs more than the verdict.
    log_in_background: bool,
}

/// The position of each chain that others are held against.
pub(crate) const BARE: usize = 0;
pub(crate) const NATIVE: usize = 1;

/// Tools of the largest policy.
const MANY: usize = 31_000;

/// All chains, with `max` as the limit of the tool that is called.
pub(crate) fn chains(upstream: &Upstream, plugin: &Path, empty: &Path, max: u64) -> Vec<Chain> {
    let listener = |policy: &str, wasm| Listener::new("mcp", policy, upstream.addr(), wasm);
    let without_plugin = |filters| Listener {
        instead: Some(filters),
        ..listener("", plugin)
    };
    let example = samples::policy(1, max);
    let mut held = example.clone();
    held["host"] = json!({ "hold_request_headers": true });
    let chain = |name, enforces, listener| Chain {
        name,
        enforces,
        listener,
        log_in_background: true,
    };
    vec![
        chain("no filter", false, without_plugin(Vec::new())),
        chain(
            "Envoy's own filters",
            true,
            without_plugin(native::filters(max)),
        ),
        chain("a plugin that does nothing", false, listener("", empty)),
        chain("mcp-policy", true, listener(&example.to_string(), plugin)),
        chain(
            "mcp-policy, 31,000 tools",
            true,
            listener(&samples::policy(MANY, max).to_string(), plugin),
        ),
        chain(
            "mcp-policy, headers held",
            true,
            listener(&held.to_string(), plugin),
        ),
        Chain {
            log_in_background: false,
            ..chain(
                "mcp-policy, log on stderr",
                true,
                listener(&example.to_string(), plugin),
            )
        },
    ]
}

impl Chain {
    pub(crate) fn start(&self) -> Envoy {
        let config = Config {
            log_in_background: self.log_in_background,
            ..Config::new(vec![self.listener.clone()])
        };
        Envoy::start(&config).expect("Envoy starts")
    }

    /// Plays `max` calls, one more, and one of a tool that is not listed; the last two must not reach the server.
    ///
    /// # Panics
    /// When a chain that enforces lets one of them through, or another refuses anything.
    pub(crate) fn prove(&self, upstream: &Upstream, max: u64) {
        let envoy = self.start();
        let before = upstream.count();
        wait_for_room_in_the_minute();
        for _ in 0..=max {
            try_call(&envoy, LIMITED);
        }
        try_call(&envoy, UNLISTED);
        let passed = upstream.count() - before;
        let expected = if self.enforces { max } else { max + 2 };
        assert_eq!(
            passed,
            expected,
            "{}: calls that reached the server\n{}",
            self.name,
            envoy.log()
        );
    }
}

/// How a refusal looks, and what it does to the connection, is the chain's affair.
fn try_call(envoy: &Envoy, tool: &str) {
    let connection = Connection::open(envoy.addr("mcp"));
    let _ = connection.and_then(|mut connection| connection.send(&request(tool)));
}
