//! Turns the plugin's module, as it was linked, into one without the callbacks that the plugin leaves at their defaults.
//!
//! The SDK exports a function for every callback of proxy-wasm. A host treats a missing callback as one that does
//! nothing, and saves the calls. The functions that stay are unchanged.

use anyhow::{Context, Result, bail};
use std::path::Path;
use walrus::{Module, ModuleConfig, passes::gc};

/// The exports that hosts call: the ABI's version and memory, a plugin's life, a stream's life, and its pieces.
const CALLED: [&str; 16] = [
    "memory",
    "_initialize",
    "proxy_abi_version_0_2_1",
    "proxy_on_memory_allocate",
    "proxy_on_context_create",
    "proxy_on_vm_start",
    "proxy_on_configure",
    "proxy_on_tick",
    "proxy_on_request_headers",
    "proxy_on_request_body",
    "proxy_on_request_trailers",
    "proxy_on_response_headers",
    "proxy_on_response_body",
    "proxy_on_response_trailers",
    "proxy_on_log",
    "proxy_on_delete",
];

/// Writes the module with only these exports, and the code that they need.
///
/// # Errors
/// When it is not a module, or lacks one of them.
pub(crate) fn keep_called(module: &Path, to: &Path) -> Result<()> {
    let mut config = ModuleConfig::new();
    config
        .generate_producers_section(false)
        .generate_name_section(false);
    let mut module = config
        .parse_file(module)
        .with_context(|| format!("{} is no module", module.display()))?;
    let missing = CALLED
        .iter()
        .find(|name| module.exports.iter().all(|export| export.name != **name));
    if let Some(name) = missing {
        bail!("the module does not export {name}");
    }
    remove_others(&mut module);
    gc::run(&mut module);
    module.emit_wasm_file(to)
}

fn remove_others(module: &mut Module) {
    let others = module
        .exports
        .iter()
        .filter(|export| !CALLED.contains(&export.name.as_str()));
    let others: Vec<_> = others.map(|export| export.id()).collect();
    others.into_iter().for_each(|id| module.exports.delete(id));
}
