//! Turns the module for JavaScript into the files of its package: the loader, the module it loads, the same as a text in a
//! script, and the types.
//!
//! It needs no tool beside this program, and the library's version is that of the crate in the module by Cargo.lock.

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use std::fs;
use std::path::Path;
use wasm_bindgen_cli_support::Bindgen;

/// The file name of the loader, which the package's scripts import.
const LOADER: &str = "mcp_policy";
/// The module beside the loader.
const MODULE: &str = "mcp_policy_bg.wasm";
/// The script with the module as a text.
const TEXT: &str = "mcp_policy_text.js";
/// The name of the command line in the package.
const TOOL: &str = "tool";
/// The types of the package.
const TYPES: &str = "index.d.ts";

/// Writes the files into the folder, and creates it if it is missing. The other files of the bundler stay beside the
/// module.
///
/// # Errors
/// When the module is unreadable or was not made with `wasm-bindgen`, or the folder takes no files.
pub(crate) fn package(module: &Path, folder: &Path) -> Result<()> {
    let bundled = module.with_file_name("js-bundler");
    loader(module, folder)?;
    text(folder)?;
    types(module, &bundled)?;
    fs::copy(bundled.join(TYPES), folder.join(TYPES))
        .with_context(|| format!("{} takes no {TYPES}", folder.display()))?;
    Ok(())
}

/// Writes the bindings of the command line and its module, which are loaded by files of the package.
///
/// # Errors
/// When the module is unreadable or was not made with `wasm-bindgen`, or the folder takes no files.
pub(crate) fn tool(module: &Path, folder: &Path) -> Result<()> {
    let bundled = module.with_file_name("js-tool");
    bindgen()
        .web(true)?
        .input_path(module)
        .out_name(TOOL)
        .typescript(false)
        .omit_default_module_path(true)
        .reset_state_function(true)
        .generate(&bundled)?;
    let copy = |from: String, to: String| {
        let copied = fs::copy(bundled.join(&from), folder.join(&to));
        copied.with_context(|| format!("{} takes no {to}", folder.display()))
    };
    copy(format!("{TOOL}.js"), format!("{TOOL}_bindings.js"))?;
    copy(format!("{TOOL}_bg.wasm"), format!("{TOOL}_bg.wasm"))?;
    Ok(())
}

/// The program leaves the section out in which it names itself: its version holds the commit of the folder that it was built in,
/// if that is one of git.
fn bindgen() -> Bindgen {
    let mut bindgen = Bindgen::new();
    bindgen.remove_producers_section(true);
    bindgen
}

/// The loader for the web works everywhere, but its types are those of the web. It names no file: bundlers would take the
/// module along a second time.
fn loader(module: &Path, folder: &Path) -> Result<()> {
    bindgen()
        .web(true)?
        .input_path(module)
        .out_name(LOADER)
        .omit_default_module_path(true)
        .generate(folder)
}

/// A script is what every bundler, browser and version of Node takes along without being told.
fn text(folder: &Path) -> Result<()> {
    let module = folder.join(MODULE);
    let bytes = fs::read(&module).with_context(|| format!("{} is missing", module.display()))?;
    let text = BASE64_STANDARD.encode(bytes);
    let script = format!("// The module {MODULE} in Base64.\nexport default \"{text}\";\n");
    fs::write(folder.join(TEXT), script)
        .with_context(|| format!("{} takes no {TEXT}", folder.display()))
}

/// The types for a bundler have no functions that load the module.
fn types(module: &Path, folder: &Path) -> Result<()> {
    bindgen()
        .bundler(true)?
        .input_path(module)
        .out_name("index")
        .typescript(true)
        .generate(folder)
}
