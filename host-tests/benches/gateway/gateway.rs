//! A running Envoy with one chain, the servers that the chain calls, and the connections to it.
//!
//! It knows nothing of the other chains.

use crate::chains::{Chain, Setting};
use crate::ext_authz::AuthorizerProcess;
use crate::load::Client;
use crate::usage;
use host_tests::bootstrap::Config;
use host_tests::envoy::Envoy;
use host_tests::machine;
use serde_json::Value;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// An Envoy with one chain. Dropping it ends its processes.
pub(crate) struct Gateway {
    pub(crate) chain: Chain,
    /// The part of the policy that it was started with.
    pub(crate) configuration: String,
    pub(crate) envoy: Envoy,
    pub(crate) authorizer: Option<AuthorizerProcess>,
    pub(crate) client: Client,
    /// The memory before the first call, in bytes.
    pub(crate) at_rest: usize,
}

/// The CPU time of the processes.
#[derive(Clone, Copy)]
pub(crate) struct Cpu {
    pub(crate) envoy: Duration,
    pub(crate) authorizer: Duration,
}

impl Gateway {
    pub(crate) fn start(setting: &Setting, chain: Chain, policy: &Value) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let authorizer = (chain == Chain::Authorizer)
            .then(|| AuthorizerProcess::start(&policy.to_string(), &setting.folder, number));
        let asked = authorizer.as_ref().map(|authorizer| authorizer.addr);
        let config = Config {
            // A log line that is written at once costs more than the verdict, so a fast gateway writes it in the
            // background.
            log_in_background: true,
            ..Config::new(vec![setting.listener(chain, policy, asked)])
        };
        let envoy = Envoy::start(&config).expect("Envoy starts");
        let client = Client::connect(envoy.addr("mcp"));
        let mut own = Self {
            chain,
            configuration: chain.configuration(policy),
            envoy,
            authorizer,
            client,
            at_rest: 0,
        };
        own.at_rest = own.memory();
        own
    }

    /// The processes: Envoy, and the authorizer if there is one.
    pub(crate) fn pids(&self) -> impl Iterator<Item = u32> {
        let authorizer = self.authorizer.as_ref().map(AuthorizerProcess::pid);
        [self.envoy.pid()].into_iter().chain(authorizer)
    }

    /// The CPU time since the processes began.
    pub(crate) fn cpu(&self) -> Cpu {
        let authorizer = self.authorizer.as_ref();
        Cpu {
            envoy: usage::cpu(self.envoy.pid()),
            authorizer: authorizer.map_or(Duration::ZERO, |own| usage::cpu(own.pid())),
        }
    }

    /// The resident bytes of the processes.
    pub(crate) fn memory(&self) -> usize {
        self.pids().map(|pid| machine::memory(pid, "VmRSS")).sum()
    }
}
