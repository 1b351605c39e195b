//! Compares the capacity figures in envoy/README.md with the module: the memory of a worker for each tool, grant and
//! held response.
//!
//! It measures no time.

use host_tests::abi::{Module, Request, Stream, Vm};
use host_tests::samples::requests::HEADERS;
use host_tests::{root, rpc, wasm};
use serde_json::{Map, Value, json};
use std::fs;

/// So many that pages of WebAssembly memory, 64 KiB each, do not distort the result.
const MANY: usize = 10_000;
const HELD: usize = 500;
const RESULT: usize = 16 << 10;

#[test]
fn capacity_figures_of_the_page_match_the_module() {
    let page = root().join("envoy/README.md");
    let page = fs::read_to_string(page).expect("the page can be read");
    let module = Module::new(&wasm()).expect("the plugin is a module");
    let figures = [
        ("a tool with a limit", each(&module, tools)),
        ("a grant", each(&module, grants)),
        ("a response that is held, beyond its bytes", held(&module)),
    ];
    for (what, bytes) in &figures {
        println!("{what}: {bytes:.0} bytes");
    }
    for (what, bytes) in figures {
        let row = format!("| {what} | ");
        let told = page
            .split(&row)
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        let told = told.and_then(|told| told.replace(',', "").parse::<f64>().ok());
        let told = told.unwrap_or_else(|| panic!("the page has no row `{row}`"));
        assert!(
            (bytes / told - 1.0).abs() < 0.1,
            "{what}: {bytes:.0} bytes, not {told}"
        );
    }
}

/// The memory of one more element of a policy.
fn each(module: &Module, policy: fn(usize) -> Value) -> f64 {
    let memory = |number| {
        module
            .configured(&policy(number).to_string())
            .memory_bytes()
    };
    (memory(MANY) - memory(1)) as f64 / MANY as f64
}

fn tools(number: usize) -> Value {
    let tool = |index| {
        (
            format!("tool_{index}"),
            json!({ "rate_limit": "10/minute" }),
        )
    };
    let tools: Map<_, _> = (0..number).map(tool).collect();
    json!({ "version": "1", "default": "deny", "tools": tools })
}

fn grants(number: usize) -> Value {
    let grant = |index| {
        let hash = format!("{index:064x}");
        (
            format!("caller_{index}"),
            json!({ "match": { "bearer_sha256": hash }, "policy": "main" }),
        )
    };
    let grants: Map<_, _> = (0..number).map(grant).collect();
    json!({ "version": "1", "default": "allow", "grants": grants })
}

/// The memory of one response whose result is read, besides its held bytes.
fn held(module: &Module) -> f64 {
    let policy = json!({ "version": "1", "default": "deny", "tools": { "run": { "result": { "redact": ["secrets"] } } } });
    let vm = module.configured(&policy.to_string());
    drop(begun(&vm));
    let before = vm.memory_bytes();
    let streams: Vec<_> = (0..HELD).map(|_| begun(&vm)).collect();
    (vm.memory_bytes() - before) as f64 / streams.len() as f64 - RESULT as f64
}

fn begun(vm: &Vm) -> Stream {
    let method = [(":method", "POST")];
    let mut stream = vm.stream(Request::with(method.iter().chain(&HEADERS)));
    stream.headers(false).expect("no trap");
    stream.body(&rpc::call("run"), true).expect("no trap");
    let head = [(":status", "200"), ("content-type", "application/json")];
    let head = head.map(|(name, value)| (name.into(), value.into())).into();
    stream.response_headers(head, false).expect("no trap");
    let start = br#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":""#;
    let piece = [&start[..], &vec![b'x'; RESULT - start.len()]].concat();
    stream.response_body(&piece, false).expect("no trap");
    stream
}
