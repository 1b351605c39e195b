//! Turns the plugin's module, as it was linked, into one without the callbacks that the plugin leaves at their defaults.
//!
//! The SDK exports a function for every callback of proxy-wasm. A host treats a missing callback as one that does
//! nothing, and saves the calls; ngx_wasm_module alone ends without `proxy_on_done`. The functions that stay are
//! unchanged. One of the plugin takes the place of the SDK's, which panics on the answer to a call that the SDK did not
//! make. The same module is written a second time with the names of its functions, which backtraces show.

use anyhow::{Context, Result, bail, ensure};
use rustc_demangle::demangle;
use std::path::Path;
use walrus::{Module, ModuleConfig, passes::gc};

/// The exports that hosts call: the ABI's version and memory, a plugin's life, a stream's life, and its pieces.
const CALLED: [&str; 18] = [
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
    "proxy_on_done",
    CALL_RESPONSE,
    "proxy_on_delete",
];

/// The callback for answers to HTTP calls, and the plugin's function that takes the place of the SDK's.
const CALL_RESPONSE: &str = "proxy_on_http_call_response";
const OWN_CALL_RESPONSE: &str = "mcp_policy_on_http_call_response";

/// Writes the module with only these exports, and the code that they need: without the names of its functions, and to `named`
/// with them. Everything else in the two files is the same.
///
/// # Errors
/// When it is not a module, has no names, or lacks one of the exports.
pub(crate) fn keep_called(module: &Path, to: &Path, named: &Path) -> Result<()> {
    emit(module, to, false)?;
    emit(module, named, true)
}

fn emit(module: &Path, to: &Path, names: bool) -> Result<()> {
    let mut config = ModuleConfig::new();
    config
        .generate_producers_section(false)
        .generate_name_section(names);
    let mut module = config
        .parse_file(module)
        .with_context(|| format!("{} is no module", module.display()))?;
    let missing = CALLED
        .iter()
        .chain([&OWN_CALL_RESPONSE])
        .find(|name| module.exports.iter().all(|export| export.name != **name));
    if let Some(name) = missing {
        bail!("the module does not export {name}");
    }
    replace_call_response(&mut module);
    remove_others(&mut module);
    // What the linker notes for other linkers.
    let notes: Vec<_> = module.customs.iter().map(|(id, _)| id).collect();
    notes
        .into_iter()
        .for_each(|id| drop(module.customs.delete(id)));
    gc::run(&mut module);
    for function in module.funcs.iter_mut() {
        // As the source has them: hosts print the linker's names unread.
        let name = function.name.as_deref().map(demangle);
        function.name = name.map(|name| format!("{name:#}"));
    }
    ensure!(
        module.funcs.iter().any(|function| function.name.is_some()),
        "the module has no names of functions; link it with `-C strip=debuginfo`"
    );
    module.emit_wasm_file(to)
}

/// Exports the plugin's function under the name of the callback.
fn replace_call_response(module: &mut Module) {
    let named = |name: &str| {
        let mut exports = module.exports.iter();
        exports
            .find(|export| export.name == name)
            .map(|export| export.id())
    };
    let (sdk, own) = (named(CALL_RESPONSE), named(OWN_CALL_RESPONSE));
    sdk.into_iter().for_each(|id| module.exports.delete(id));
    if let Some(own) = own {
        module.exports.get_mut(own).name = CALL_RESPONSE.into();
    }
}

fn remove_others(module: &mut Module) {
    let others = module
        .exports
        .iter()
        .filter(|export| !CALLED.contains(&export.name.as_str()));
    let others: Vec<_> = others.map(|export| export.id()).collect();
    others.into_iter().for_each(|id| module.exports.delete(id));
}
