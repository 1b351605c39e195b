//! Tests the component's imports, exports and documentation.

use super::gateway::{POLICY, SHARED, wasm};
use host_tests::embedder::*;
use host_tests::root;

#[test]
fn component_imports_only_its_cells() {
    let engine = wasmtime::Engine::default();
    let component = wasmtime::component::Component::new(&engine, wasm()).expect("a component");
    let kind = component.component_type();
    let names: Vec<_> = kind.imports(&engine).map(|(name, _)| name).collect();
    assert_eq!(names, ["mcp-policy:engine/cells@0.1.0"]);
    let names: Vec<_> = kind.exports(&engine).map(|(name, _)| name).collect();
    assert_eq!(names, ["mcp-policy:engine/engine@0.1.0"]);
}

#[test]
fn policy_reports_its_needs() {
    let told = |policy: &str| {
        let gateway = SHARED.start(Shared::default(), policy.as_bytes(), (1, 2));
        gateway.unwrap().unwrap().policy().expect("no trap")
    };
    let (hash, needs, longest, held) = told(POLICY);
    assert_eq!((hash.len(), longest, held), (16, 768 * 1024, 64 << 20));
    assert!(needs.contains(Needs::PEER));
    let small = r#"{ "version": "1", "default": "allow", "host": { "max_request_bytes": 2048 } }"#;
    let (other, needs, longest, _) = told(small);
    assert!(other != hash && needs == Needs::empty() && longest == 2048);
}

#[test]
fn invalid_policy_reports_pointer_and_message() {
    let text = br#"{ "version": "1", "defualt": "deny" }"#;
    let Ok(Err(errors)) = SHARED.start(Shared::default(), text, (1, 2)) else {
        panic!("it is mistaken")
    };
    let pointers: Vec<_> = errors.iter().map(|error| &*error.pointer).collect();
    assert_eq!(pointers, ["/defualt", ""]);
    assert!(errors[0].message.contains("did you mean `default`?"));
}

/// The README shows the tested program.
#[test]
fn readme_shows_the_tested_program() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).expect("it can be read");
    let readme = read("plugin/component/README.md");
    let blocks: Vec<_> = readme.split("```rust\n").skip(1).collect();
    assert!(!blocks.is_empty());
    let program: Vec<_> = read("host-tests/src/embedder.rs")
        .lines()
        .map(str::trim)
        .map(str::to_owned)
        .collect();
    for block in blocks {
        let lines: Vec<_> = block
            .split("```")
            .next()
            .unwrap()
            .lines()
            .map(str::trim)
            .collect();
        assert!(
            program.windows(lines.len()).any(|window| window == lines),
            "the program has no\n{}",
            lines.join("\n")
        );
    }
}
