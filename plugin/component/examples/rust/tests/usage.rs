//! Tests the program's arguments. `host-tests/tests/hosts/component/examples.rs` tests its gateway.

use std::process::Command;

#[test]
fn program_without_arguments_prints_its_usage() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_component-gateway"));
    let output = program.output().expect("it starts");
    assert!(!output.status.success());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("usage: component-gateway"), "{errors}");
}
