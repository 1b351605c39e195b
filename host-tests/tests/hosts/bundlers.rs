//! Turns the ways to build and run a program with the JavaScript package into tests: bundlers without a configuration file,
//! Node, a browser, and the runtimes that serve a handler of the Fetch API.
//!
//! It never builds anything itself: `bundlers/bundles.mjs` and `bundlers/runtimes.mjs` do.

use host_tests::node::installed;
use host_tests::program::Program;
use host_tests::require::{BUNDLERS, CHROMIUM, NODE, PACKAGE, lacks};
use host_tests::root;
use serde_json::{Value, json};

/// The ways, as the program names them.
const WAYS: [&str; 13] = [
    "Bun",
    "Cloudflare Workers",
    "Deno",
    "Node",
    "Node with require",
    "Vite",
    "Vite while developing",
    "esbuild for Node, CommonJS",
    "esbuild for Node, modules",
    "esbuild for browsers, modules",
    "esbuild for browsers, one script",
    "webpack for Node",
    "webpack for browsers",
];
/// The runtimes that serve a handler, as the program names them.
const RUNTIMES: [&str; 3] = ["Bun", "Cloudflare Workers", "Deno"];

/// Runs a program of `bundlers`, which tells the same of each of these ways.
fn tells(program: &str, options: &Value, told: &Value, expected_ways: &[&str]) {
    let program = root().join("host-tests/bundlers").join(program);
    let lines = Program::lines_of(&program, options);
    let failures: Vec<_> = lines.iter().filter(|line| line["told"] != *told).collect();
    assert!(failures.is_empty(), "{failures:#?}");
    let mut ways: Vec<_> = lines
        .iter()
        .filter_map(|line| line["way"].as_str())
        .collect();
    ways.sort_unstable();
    assert_eq!(ways, expected_ways);
}

#[test]
fn package_judges_calls_in_the_output_of_each_bundler() {
    if lacks(&[NODE, PACKAGE, CHROMIUM, BUNDLERS]) {
        return;
    }
    let options = json!({
        "folder": installed().join("bundlers"),
        "package": installed().join("node_modules/mcp-policy"),
        "chromium": root().join("target/chromium/chromium"),
    });
    let judged = json!(["forward", "reply", "run", "function", "function"]);
    tells("bundles.mjs", &options, &judged, &WAYS);
}

#[test]
fn fetch_handler_governs_calls_in_each_runtime() {
    if lacks(&[NODE, PACKAGE, BUNDLERS]) {
        return;
    }
    let options = json!({
        "folder": installed().join("runtimes"),
        "package": installed().join("node_modules/mcp-policy"),
    });
    // Whether the server's messages arrived, and how many messages the server got, are beside the outcomes.
    let governed = json!({
        "list": ["run", "watch"],
        "denied": ["not_allowed", 0],
        "counted": ["It ran.", "It ran.", "rate_limited", "rate_limited", 2],
        "pieces": ["It ran.", true],
        "letters": "It ran.",
        "addresses": ["http://public.example/public", []],
        "tooLong": ["unreadable", 0],
        "stream": [true, true, "done"],
        "left": true,
        "broken": [true, "broken"],
    });
    tells("runtimes.mjs", &options, &governed, &RUNTIMES);
}
