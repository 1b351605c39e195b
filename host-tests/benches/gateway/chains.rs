//! The chains of filters that are compared, and the listener of an Envoy with one of them.
//!
//! It measures nothing.

use crate::{baseline, ext_authz, native};
use host_tests::bootstrap::Listener;
use host_tests::upstream::Upstream;
use host_tests::{module_of, wasm_path};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// A chain of filters that is compared with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chain {
    /// The router alone. The cost of the other chains is relative to it.
    Bare,
    /// A second Envoy with the router alone. The difference between the two is the noise.
    Again,
    /// The baseline of refused calls: Envoy receives the whole call and answers it at once.
    Answering,
    /// Envoy's own MCP, RBAC and rate limit filters.
    Native,
    /// [`Chain::Native`] with a log of each call.
    Logged,
    /// A server with the same engine that Envoy asks by `ext_authz`.
    Authorizer,
    /// A plugin whose callbacks do nothing.
    Empty,
    /// A plugin that makes the same host calls as mcp-policy and judges nothing.
    HostCalls,
    Plugin,
    /// The build of mcp-policy that `$OLD` names.
    Old,
}

/// The variable that names another build of the plugin, to be measured beside this one.
const OLD: &str = "OLD";

impl Chain {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Bare => "no filter",
            Self::Again => "no filter, a second Envoy",
            Self::Answering => "no filter, answered by Envoy",
            Self::Native => "Envoy's own filters",
            Self::Logged => "Envoy's own filters and access log",
            Self::Authorizer => "an authorizer by ext_authz",
            Self::Empty => "a plugin that does nothing",
            Self::HostCalls => "a plugin with the same host calls",
            Self::Plugin => "mcp-policy",
            Self::Old => "mcp-policy of OLD",
        }
    }

    /// Whether the chain applies the policy's rules.
    pub(crate) const fn enforces(self) -> bool {
        !matches!(
            self,
            Self::Bare | Self::Again | Self::Answering | Self::Empty | Self::HostCalls
        )
    }

    /// False for [`Chain::Old`] if `$OLD` names no module.
    pub(crate) fn is_measured(self) -> bool {
        self != Self::Old || module_of(OLD).is_some()
    }

    /// The part of the policy that this chain uses. Chains with equal parts share an Envoy.
    pub(crate) fn configuration(self, policy: &Value) -> String {
        match self {
            Self::Bare | Self::Again | Self::Answering | Self::Empty | Self::HostCalls => {
                String::new()
            }
            Self::Native | Self::Logged => max(policy).to_string(),
            Self::Authorizer | Self::Plugin | Self::Old => policy.to_string(),
        }
    }
}

/// The limit of the tool that is called, in this policy.
fn max(policy: &Value) -> u64 {
    let max = policy.pointer("/tools/run/limits/0/max");
    max.and_then(Value::as_u64).expect("every policy has it")
}

fn assembled(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    let module = wat::parse_str(text).expect("it is WebAssembly");
    std::fs::write(&path, module).expect("the plugin can be written");
    path
}

/// The modules, and the server behind all chains.
pub(crate) struct Setting {
    pub(crate) upstream: Upstream,
    /// The folder for the files of the measurement.
    pub(crate) folder: PathBuf,
    plugin: PathBuf,
    empty: PathBuf,
    host_calls: PathBuf,
    old: Option<PathBuf>,
}

impl Setting {
    pub(crate) fn new(upstream: Upstream, folder: &Path) -> Self {
        Self {
            upstream,
            folder: folder.into(),
            plugin: wasm_path(),
            empty: assembled(folder, "empty.wasm", include_str!("../empty.wat")),
            host_calls: assembled(folder, "host_calls.wasm", include_str!("../host_calls.wat")),
            old: module_of(OLD),
        }
    }

    /// The listener of an Envoy whose filters are those of the chain. `authorizer` is the address of the authorizer, if
    /// the chain has one.
    pub(crate) fn listener(
        &self,
        chain: Chain,
        policy: &Value,
        authorizer: Option<SocketAddr>,
    ) -> Listener {
        let own = chain.configuration(policy);
        let listener = |policy, wasm| Listener::new("mcp", policy, self.upstream.addr(), wasm);
        let filters = |filters| Listener {
            instead: Some(filters),
            ..listener("", &self.plugin)
        };
        match chain {
            Chain::Bare | Chain::Again => filters(Vec::new()),
            Chain::Answering => filters(baseline::answering()),
            Chain::Native => filters(native::filters(max(policy))),
            Chain::Logged => Listener {
                access_logs: vec![native::access_log()],
                ..filters(native::filters(max(policy)))
            },
            Chain::Authorizer => Listener {
                asked: authorizer.into_iter().collect(),
                ..filters(authorizer.into_iter().map(ext_authz::asking).collect())
            },
            Chain::Empty => listener("", &self.empty),
            Chain::HostCalls => listener("", &self.host_calls),
            Chain::Plugin => listener(&own, &self.plugin),
            Chain::Old => listener(&own, self.old.as_ref().expect("it is named")),
        }
    }
}
