//! Plays one whole request in a host, as fast as the host can. The log line is written to memory and dropped.
//!
//! It checks only whether the request was forwarded.

use host_tests::abi::{Clock, Faults, Module, Pair, Request, SharedData, Vm, pairs};
use host_tests::gateway::Gateway;
use host_tests::samples::requests::IN_ENVOY;
use host_tests::samples::{self, ENOUGH};
use host_tests::wasm;
use mcp_policy::host::{Event, Headers, Millis, Next};
use serde_json::json;

/// A host that plays requests.
pub(crate) trait Host {
    /// Plays one request, and returns whether it was forwarded.
    fn play(&mut self, body: Vec<u8>) -> bool;
}

/// 2026-01-01T00:00:00Z.
const NOW: Millis = Millis(1_767_225_600_000);

/// The README's policy with more tools, and room for the longest message.
pub(crate) fn policy(tools: usize) -> String {
    let mut policy = samples::policy(tools, ENOUGH);
    policy["host"] = json!({ "max_request_bytes": 2 << 20 });
    policy.to_string()
}

/// The engine itself.
pub(crate) struct Native {
    gateway: Gateway,
    headers: Headers,
}

impl Native {
    pub(crate) fn new(tools: usize) -> Self {
        Self {
            gateway: Gateway::new(policy(tools).as_bytes()).expect("a valid policy"),
            headers: pairs(&IN_ENVOY).into_iter().collect(),
        }
    }
}

impl Host for Native {
    fn play(&mut self, body: Vec<u8>) -> bool {
        let context = self.gateway.context(None, false);
        let (mut exchange, _) = self.gateway.begin(&self.headers, false, context, NOW);
        let body = Event::Body {
            bytes: body,
            end_of_stream: true,
        };
        let step = self.gateway.feed(&mut exchange, body, NOW);
        std::hint::black_box(step.audit.map(|audit| audit.line()));
        matches!(step.next, Next::Forward)
    }
}

/// A module behind the ABI that Envoy uses.
pub(crate) struct InWasmtime {
    vm: Vm,
    headers: Vec<Pair>,
}

impl InWasmtime {
    pub(crate) fn new(tools: usize) -> Self {
        Self::start(&wasm(), &policy(tools))
    }

    /// The host's own cost, with a module that does nothing.
    pub(crate) fn empty() -> Self {
        let module =
            wat::parse_str(include_str!("../empty.wat")).expect("the empty plugin is WebAssembly");
        Self::start(&module, "")
    }

    fn start(module: &[u8], policy: &str) -> Self {
        let vm = started(&Module::new(module).expect("a module"));
        configure(&vm, policy);
        Self {
            vm,
            headers: pairs(&IN_ENVOY),
        }
    }
}

/// A VM without a policy.
pub(crate) fn started(module: &Module) -> Vm {
    let clock = Clock::at(Clock::BEGIN_OF_2026);
    let vm = module.start(SharedData::default(), clock, "bench", Faults::default());
    vm.expect("the VM starts")
}

/// Gives a VM its policy.
pub(crate) fn configure(vm: &Vm, policy: &str) {
    let accepted = vm.configure(policy.as_bytes());
    assert_eq!(accepted, Ok(true), "the policy is accepted");
}

/// WebAssembly memory of a VM with a policy, in bytes.
pub(crate) fn memory(tools: usize) -> usize {
    let vm = started(&Module::new(&wasm()).expect("a module"));
    configure(&vm, &policy(tools));
    vm.memory_bytes()
}

impl Host for InWasmtime {
    fn play(&mut self, body: Vec<u8>) -> bool {
        let request = Request {
            headers: self.headers.clone(),
            properties: Vec::new(),
        };
        let mut stream = self.vm.stream(request);
        let played = stream.headers(false).and_then(|_| stream.body(&body, true));
        played.expect("no trap");
        let forwarded = stream.seen().complete;
        stream.finish().expect("no trap");
        self.vm.logs();
        forwarded
    }
}
