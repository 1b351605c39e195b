//! Turns policies into the WebAssembly memory that one worker takes for the plugin with each, in the tests' own host.
//!
//! It measures no time.

use crate::comparisons::Comparison;
use host_tests::abi::{Module, Request, Vm};
use host_tests::samples::messages::tiny_values;
use host_tests::samples::requests::HEADERS;
use host_tests::samples::{LONGEST, Workload};
use host_tests::wasm;

/// The memory of a worker, in MiB.
pub(crate) struct Worker {
    /// The first kind of call under this policy.
    pub(crate) policy: &'static str,
    /// After the first call.
    pub(crate) at_rest: f64,
    /// After the message that takes the most memory within the limits of the policy.
    pub(crate) at_worst: f64,
}

/// The memory for each different policy.
pub(crate) fn workers(comparisons: &[Comparison]) -> Vec<Worker> {
    let module = Module::new(&wasm()).expect("the plugin is a module");
    let workloads = comparisons.iter().map(|own| &own.workload);
    let mut of_policies: Vec<&Workload> = Vec::new();
    for own in workloads {
        if of_policies.iter().all(|other| other.policy != own.policy) {
            of_policies.push(own);
        }
    }
    let worker = |own: &Workload| worker(&module, own);
    of_policies.into_iter().map(worker).collect()
}

fn worker(module: &Module, workload: &Workload) -> Worker {
    let vm = module.configured(&workload.policy.to_string());
    let mib = || vm.memory_bytes() as f64 / f64::from(1 << 20);
    post(&vm, &workload.request);
    let at_rest = mib();
    post(&vm, &tiny_values(LONGEST));
    Worker {
        policy: workload.name,
        at_rest,
        at_worst: mib(),
    }
}

fn post(vm: &Vm, body: &[u8]) {
    let method = [(":method", "POST"), ("mcp-session-id", "bench")];
    let headers = method.iter().chain(&HEADERS);
    let mut stream = vm.stream(Request::with(headers));
    // As in an Envoy with the recommended configuration.
    stream.hold_headers = true;
    stream.headers(false).expect("no trap");
    stream.body(body, true).expect("no trap");
    stream.finish().expect("no trap");
}
