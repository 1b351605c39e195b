//! Turns the ways to build and run a program with the JavaScript package into a test: bundlers without a configuration file,
//! Node, a browser and a Worker.
//!
//! It never builds anything itself: `bundlers/bundles.mjs` does.

use host_tests::node::installed;
use host_tests::program::Program;
use host_tests::require::{BUNDLERS, CHROMIUM, NODE, PACKAGE, lacks};
use host_tests::root;
use serde_json::json;

/// The ways, as the program names them.
const WAYS: [&str; 11] = [
    "Cloudflare Workers",
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
    let program = root().join("host-tests/bundlers/bundles.mjs");
    let lines = Program::lines_of(&program, &options);
    let judged = json!(["forward", "reply", "run", "function", "function"]);
    let failures: Vec<_> = lines.iter().filter(|line| line["told"] != judged).collect();
    assert!(failures.is_empty(), "{failures:#?}");
    let mut ways: Vec<_> = lines
        .iter()
        .filter_map(|line| line["way"].as_str())
        .collect();
    ways.sort_unstable();
    assert_eq!(ways, WAYS);
}
