//! Chooses the gateway to test: the engine, or the module that `$MODULE` names.

use super::gateway::Plugin;
use super::module::InWasmtime;
use super::native::Native;
use host_tests::other_module;

/// The gateway to test, under a policy.
pub(crate) fn under_test(policy: &str) -> Box<dyn Plugin> {
    match other_module() {
        Some(_) => Box::new(InWasmtime::new(policy)),
        None => Box::new(Native::new(policy)),
    }
}
