//! Tests the module with the names of its functions, which an operator loads to read a backtrace.
//!
//! It never looks for a cause of a trap: it makes one.

use super::gateway::{LIMIT, OPEN, call_with_trailers, post, start_with, verdict};
use host_tests::http2::http2;
use host_tests::require::{ENVOY, lacks};
use host_tests::rpc::call;
use host_tests::upstream::Upstream;
use host_tests::{named_path, root};
use std::fs;
use std::path::{Path, PathBuf};
use walrus::ir::Unreachable;
use walrus::{FunctionKind, Module};

/// The part of a name by which the function that reads trailers is found.
const FUNCTION: &str = "mcp_policy_proxy_wasm::stream::Stream as proxy_wasm::traits::HttpContext>::on_http_request_trailers";

/// The shipped module, of the same build as the one with names.
fn unnamed_path() -> PathBuf {
    root().join("target/dist/mcp-policy.wasm")
}

fn read(path: &Path) -> Module {
    Module::from_file(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The sections of a module, but its names: the kind and the content of each.
fn sections(path: &Path) -> Vec<(u8, Vec<u8>)> {
    let bytes = fs::read(path).expect("a module");
    let mut rest = &bytes[8..];
    let mut sections = Vec::new();
    while let [kind, after @ ..] = rest {
        let digits = 1 + after.iter().take_while(|byte| **byte >= 0x80).count();
        let (size, content) = after.split_at(digits);
        let size = size.iter().rev();
        let size = size.fold(0, |size, byte| size << 7 | usize::from(byte & 0x7f));
        let (content, next) = content.split_at(size);
        sections.push((*kind, content.to_vec()));
        rest = next;
    }
    sections
}

#[test]
fn named_module_is_the_shipped_one_and_names() {
    let shipped = sections(&unnamed_path());
    let mut named = sections(&named_path());
    assert!(shipped.iter().all(|(kind, _)| *kind != 0), "a note is left");
    let (kind, names) = named.pop().expect("the names are last");
    assert_eq!((kind, &names[..5]), (0, &b"\x04name"[..]));
    assert!(named == shipped, "another build");
}

/// A copy of a module in which the function at this place traps.
fn trapping(module: &Path, place: usize, folder: &Path) -> PathBuf {
    let mut module = read(module);
    let function = module.funcs.iter_mut().nth(place).expect("the function");
    let FunctionKind::Local(code) = &mut function.kind else {
        panic!("it is imported")
    };
    code.builder_mut().func_body().instr_at(0, Unreachable {});
    let path = folder.join("trapping.wasm");
    fs::write(&path, module.emit_wasm()).expect("the module can be written");
    path
}

/// The log of an Envoy in which a request with trailers meets the trap.
fn log_of(wasm: &Path) -> String {
    let upstream = Upstream::start().expect("the upstream starts");
    let envoy = start_with(OPEN, &upstream, 1, wasm);
    let addr = envoy.addr("mcp");
    assert_eq!(verdict(&post(addr, call("run"))), "forwarded");
    assert_eq!(verdict(&post(addr, call("drop"))), "200 not_allowed");
    http2(addr, &call_with_trailers(), LIMIT).expect("a connection");
    envoy.log()
}

#[test]
fn trap_of_the_named_module_shows_its_function_in_the_log() {
    if lacks(&[ENVOY]) {
        return;
    }
    let folder = std::env::temp_dir().join(format!("mcp-policy-names-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let named = read(&named_path());
    let mut names = named.funcs.iter().map(|function| function.name.as_deref());
    let place = names
        .position(|name| name.is_some_and(|name| name.contains(FUNCTION)))
        .expect("the function has its name");
    let log = log_of(&trapping(&named_path(), place, &folder));
    assert!(log.contains(FUNCTION), "{log}");
    let control = log_of(&trapping(&unnamed_path(), place, &folder));
    assert!(control.contains("unreachable"), "{control}");
    assert!(!control.contains("on_http_request_trailers"), "{control}");
    fs::remove_dir_all(&folder).expect("the folder goes");
}
